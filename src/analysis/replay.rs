//! Replay: logged requests put to a candidate, and which decisions flip.

use serde::{Deserialize, Serialize};

use super::diff::same;
use crate::decision::Effect;
use crate::engine::{Engine, Record};
use crate::request::NamedRequest;

/// A request with the decision it got: one line of a decision log.
///
/// The decision carries domain and version, so that the line by itself says what decided it.
///
/// # Example: a line, and whether it still holds
///
/// ```
/// use tollkeeper::{analysis::{Actor, Logged, Question}, catalog::Catalog, domain::Domain, engine::Engine};
///
/// # let text = "[domain]\nid = 'acme'\nkind = 'workspace'\nplan = 'starter'";
/// let engine = Engine::compile(&Catalog::builtin(), &Domain::parse(text)?)?;
/// let question = Question::Permission("create_teams".to_owned());
/// let logged = engine.log(question.asked_by(Actor::Role("guest".to_owned()).subject()));
/// let line = serde_json::to_string(&logged)?;
/// let again: Logged = serde_json::from_str(&line)?;
/// assert!(engine.confirms(&again));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Logged {
    /// What was asked.
    pub request: NamedRequest,
    /// What was decided; none where only the request was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Record>,
}

impl From<NamedRequest> for Logged {
    fn from(request: NamedRequest) -> Self {
        Self { request, decision: None }
    }
}

impl Engine {
    /// Decides a request and keeps both as one line of a log.
    pub fn log(&self, request: NamedRequest) -> Logged {
        let decision = Some(self.decide(&request));
        Logged { request, decision }
    }

    /// Whether a logged decision was made by this version and is the one that it makes.
    pub fn confirms(&self, logged: &Logged) -> bool {
        logged.decision.as_ref() == Some(&self.decide(&logged.request))
    }
}

/// One logged request that the candidate decides differently.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Flip {
    /// Which request of the log it is, counted from one.
    pub number: u64,
    /// In which way it differs.
    pub kind: FlipKind,
    /// The request.
    pub request: NamedRequest,
    /// The decision before.
    pub old: Record,
    /// The decision of the candidate.
    pub new: Record,
}

/// In which way a decision differs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FlipKind {
    /// Denied before, allowed now.
    DenyToAllow,
    /// Allowed before, denied now.
    AllowToDeny,
    /// The same effect for another reason, or with other obligations.
    ReasonOnly,
}

impl FlipKind {
    /// The spelling in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DenyToAllow => "deny to allow",
            Self::AllowToDeny => "allow to deny",
            Self::ReasonOnly => "reason only",
        }
    }
}

/// How many requests were replayed so far, and what came of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Counts {
    /// Requests replayed.
    pub requests: u64,
    /// Denied before, allowed now.
    pub deny_to_allow: u64,
    /// Allowed before, denied now.
    pub allow_to_deny: u64,
    /// The same effect for another reason, or with other obligations.
    pub reason_only: u64,
    /// Logged by the old version with another decision than it makes: the log was altered, or is of another
    /// release of this library.
    pub unconfirmed: u64,
}

impl Counts {
    /// Requests that the candidate decides like before.
    pub const fn unchanged(&self) -> u64 {
        let flips = self.deny_to_allow.saturating_add(self.allow_to_deny).saturating_add(self.reason_only);
        self.requests.saturating_sub(flips)
    }

    fn count(&mut self, kind: FlipKind) {
        let count = match kind {
            FlipKind::DenyToAllow => &mut self.deny_to_allow,
            FlipKind::AllowToDeny => &mut self.allow_to_deny,
            FlipKind::ReasonOnly => &mut self.reason_only,
        };
        *count = count.saturating_add(1);
    }
}

/// Puts logged requests to an old and a new engine and yields what differs.
///
/// An iterator over a log of whatever length, in constant memory: a request is read, decided twice and dropped.
/// The old engine decides what was before; a logged decision that it made itself is checked against that.
///
/// # Example: turning a switch off
///
/// ```
/// use tollkeeper::{analysis::{Actor, Question, replay}, catalog::Catalog, domain::Domain, engine::Engine};
///
/// # let catalog = Catalog::builtin();
/// let now = Domain::parse("domain = { id = 'acme', kind = 'workspace', plan = 'starter' }")?;
/// let then = Domain::parse("
///     domain = { id = 'acme', kind = 'workspace', plan = 'starter' }
///     settings = { ai_partners = 'off' }
/// ")?;
/// let (old, new) = (Engine::compile(&catalog, &now)?, Engine::compile(&catalog, &then)?);
/// let member = Actor::Role("member".to_owned()).subject();
/// let log = ["smart_editor", "priority_inbox"]
///     .map(|feature| Question::Feature(feature.to_owned()).asked_by(member.clone()));
///
/// let mut replay = replay(log, &old, &new);
/// let flips: Vec<_> = replay.by_ref().collect();
/// assert_eq!((flips.len(), replay.counts().requests, replay.counts().allow_to_deny), (1, 2, 1));
/// # Ok::<(), tollkeeper::diagnostic::Diagnostics>(())
/// ```
pub fn replay<'e, I>(log: I, old: &'e Engine, new: &'e Engine) -> Replay<'e, I::IntoIter>
where
    I: IntoIterator,
    I::Item: Into<Logged>,
{
    Replay { log: log.into_iter(), old, new, counts: Counts::default() }
}

/// A replay on its way: yields [`Flip`]s and counts.
#[derive(Clone, Debug)]
#[must_use = "a replay does nothing until it is iterated over"]
pub struct Replay<'e, I> {
    log: I,
    old: &'e Engine,
    new: &'e Engine,
    counts: Counts,
}

impl<I> Replay<'_, I> {
    /// The counts so far.
    pub const fn counts(&self) -> Counts {
        self.counts
    }
}

impl<I: Iterator> Iterator for Replay<'_, I>
where
    I::Item: Into<Logged>,
{
    type Item = Flip;

    fn next(&mut self) -> Option<Flip> {
        loop {
            let logged: Logged = self.log.next()?.into();
            self.counts.requests = self.counts.requests.saturating_add(1);
            if let Some(flip) = self.one(logged) {
                self.counts.count(flip.kind);
                return Some(flip);
            }
        }
    }
}

impl<I> Replay<'_, I> {
    fn one(&mut self, logged: Logged) -> Option<Flip> {
        let Logged { request, decision } = logged;
        let (old, new) = (self.old.decide(&request), self.new.decide(&request));
        if decision.is_some_and(|logged| logged.version == old.version && logged != old) {
            self.counts.unconfirmed = self.counts.unconfirmed.saturating_add(1);
        }
        let kind = match (old.effect, new.effect) {
            (Effect::Deny, Effect::Allow) => FlipKind::DenyToAllow,
            (Effect::Allow, Effect::Deny) => FlipKind::AllowToDeny,
            _ if same(&old, &new) => return None,
            _ => FlipKind::ReasonOnly,
        };
        Some(Flip { number: self.counts.requests, kind, request, old, new })
    }
}
