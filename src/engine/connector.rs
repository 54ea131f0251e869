//! Connectors: connecting, disconnecting and reading, and how old what is read may be.
//!
//! Which facts each of these needs, who may connect, how far back is read: all of it are rows of the catalog.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Engine;
use super::authority;
use super::completion::{Completed, complete, ordinary};
use super::evaluate::Evaluation;
use super::gates::{Asked, Gates};
use super::observer::{Nobody, Observer, Outcome};
use crate::catalog::Model;
use crate::catalog::model::{ChangeRule, Connect, Connector, Mode, Window};
use crate::decision::{Because, Decision, Gate, Parameter, Reason, Verdict};
use crate::id::{ConnectorId, ModeId, bit};
use crate::request::{Action, Read};
use crate::word::Scope;

/// The gates of plans, add-ons and kinds of domain.
const SCOPE: [Gate; 2] = [Gate::Plan, Gate::Kind];

const NANOSECONDS_OF_AN_HOUR: i128 = 3_600_000_000_000;

/// How old what is read through a connector may be, and how far back it reads (CON-07).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Staleness {
    /// How long it takes after connecting until everything is found.
    pub initial_sync: Option<Duration>,
    /// How long it takes until something new is found.
    pub new_content: Option<Duration>,
    /// How long a permission that was taken away may still count.
    pub permission_sync: Option<Duration>,
    /// What was not created, viewed or modified for so long is not read.
    pub look_back: Option<Duration>,
}

impl Engine {
    /// How old what is read through a connector may be; `None` for a connector that the catalog does not have.
    ///
    /// An allowed read obliges with `may_be_stale`, and its [record](Engine::record) names the same windows.
    ///
    /// ```
    /// # use tollkeeper::{catalog::Catalog, domain::Domain, engine::Engine, id::ConnectorId};
    /// # let catalog = Catalog::builtin();
    /// # let text = "[domain]\nid = 'acme'\nkind = 'workspace'\nplan = 'starter'";
    /// # let engine = Engine::compile(&catalog, &Domain::parse(text)?)?;
    /// let connector: ConnectorId = catalog.find("notion_ai").unwrap_or(ConnectorId::UNKNOWN);
    /// let hours = engine.staleness(connector).and_then(|stale| stale.new_content).map(|it| it.as_secs() / 3600);
    /// assert_eq!(hours, Some(2));
    /// # Ok::<(), tollkeeper::diagnostic::Diagnostics>(())
    /// ```
    pub fn staleness(&self, connector: ConnectorId) -> Option<Staleness> {
        self.catalog.name(connector)?;
        let row = self.catalog.model().connectors.get(connector.position())?;
        let duration = |window: &Window| Duration::from_secs(u64::from(window.hours).saturating_mul(3600));
        Some(Staleness {
            initial_sync: row.initial_sync.as_ref().map(duration),
            new_content: row.new_content.as_ref().map(duration),
            permission_sync: row.permission_sync.as_ref().map(duration),
            look_back: row.look_back.as_ref().map(|look_back| duration(&look_back.within)),
        })
    }
}

/// The windows of the connector that an allowed read went through, by name.
pub(super) fn stale(model: &Model, decision: &Decision) -> BTreeMap<String, String> {
    let because = decision.because();
    let read = because.get(Parameter::Object).filter(|_| decision.is_allow());
    let connector = read.and(because.get(Parameter::Connector));
    let Some(row) = connector.and_then(|connector| model.connectors.get(connector)) else {
        return BTreeMap::new();
    };
    let mut stale = BTreeMap::new();
    for (name, window) in windows(row) {
        stale.extend(window.as_ref().map(|window| (name.to_owned(), String::from(&*window.text))));
    }
    stale
}

fn windows(row: &Connector) -> [(&'static str, &Option<Window>); 3] {
    [
        ("initial_sync", &row.initial_sync),
        ("new_content", &row.new_content),
        ("permission_sync", &row.permission_sync),
    ]
}

/// May this subject connect this way (CON-01, CON-02)?
///
/// Of who may and what must be so, what is known to be in the way comes before what is not stated. Where who may depends
/// on facts as well, every completion of them is decided.
#[inline(never)]
pub(super) fn connect<O: Observer>(
    evaluation: Evaluation<'_>,
    observer: &mut O,
) -> Result<Decision, Verdict> {
    let own = fact_reads(evaluation);
    let of_rules = evaluation.model().reads(rules(evaluation));
    let facts = &evaluation.request.context.facts;
    let unstated = (own | of_rules) & !(facts.so | facts.not_so);
    if unstated & of_rules == 0 {
        return evaluation.known_decision(observer);
    }
    let stated = evaluation.known_decision(&mut Nobody);
    let Some(missing) = stated.err().filter(|deny| deny.reason() == Reason::MissingFact) else {
        return evaluation.known_decision(observer);
    };
    let completed = complete(evaluation, unstated);
    let Completed::Open { facts } = completed else {
        return ordinary(evaluation, unstated, &completed, observer);
    };
    let because = if facts & own == 0 { Because::NOTHING } else { missing.because() };
    let mattering = Verdict::new(Reason::MissingFact, because).with_facts(facts);
    let stated = evaluation.known_decision(observer);
    if stated != Err(mattering) {
        observer.undecided(mattering);
    }
    Err(mattering)
}

/// The decision about connecting as far as it is known.
pub(super) fn known<O: Observer>(
    evaluation: Evaluation<'_>,
    connector: u16,
    mode: u16,
    observer: &mut O,
) -> Result<Decision, Verdict> {
    let Some((row, of_mode)) = rows(evaluation.model(), connector, mode) else {
        return Err(Verdict::new(Reason::UnknownMode, Because::NOTHING));
    };
    let mut gates = Gates::new(observer);
    let asked = ask_connect(evaluation, row, of_mode, connector, &mut gates);
    let because = Because::one(Parameter::Connector, connector).and(Parameter::Mode, mode);
    gates.conclude(asked)?;
    Ok(permitted(evaluation, because, &row.connect))
}

/// May this subject disconnect (CON-10)?
#[inline(never)]
pub(super) fn disconnect<O: Observer>(
    evaluation: Evaluation<'_>,
    connector: u16,
    observer: &mut O,
) -> Result<Decision, Verdict> {
    let Some(row) = evaluation.model().connectors.get(connector) else {
        return Err(Verdict::new(Reason::UnknownConnector, Because::NOTHING));
    };
    let mut gates = Gates::new(observer);
    let because = Because::one(Parameter::Connector, connector);
    let Connect { needs, unless, .. } = row.disconnect;
    let asked = gates.ask(Gate::Facts, hold(evaluation, needs, unless, because));
    gates.conclude(asked)?;
    Ok(permitted(evaluation, because, &row.disconnect))
}

/// May an object of this type be read for this subject (CON-03 to CON-08, CON-11)?
#[inline(never)]
pub(super) fn read<O: Observer>(
    evaluation: Evaluation<'_>,
    read: Read,
    observer: &mut O,
) -> Result<Decision, Verdict> {
    let Some(row) = evaluation.model().connectors.get(read.connector.position()) else {
        return Err(Verdict::new(Reason::UnknownConnector, Because::NOTHING));
    };
    let mut gates = Gates::new(observer);
    let asked = ask_read(evaluation, row, read, &mut gates);
    gates.conclude(asked)?;
    let ages = windows(row).iter().any(|(_, window)| window.is_some());
    let stale = if ages { evaluation.model().own_obligations.may_be_stale } else { 0 };
    let because = about(read).and_maybe(Parameter::Mode, read.mode.map(ModeId::position));
    let allow = evaluation.state().decide(Reason::ConnectorPermitted, because);
    Ok(allow.with_obligations(row.obligations | stale))
}

fn permitted(evaluation: Evaluation<'_>, because: Because, connect: &Connect) -> Decision {
    let state = evaluation.state();
    let under = connect.under.iter().filter(|(regime, _)| state.regimes().any(|(own, _)| own == *regime));
    let obligations = under.fold(connect.obligations, |bits, (_, more)| bits | more);
    state.decide(Reason::ConnectorPermitted, because).with_obligations(obligations)
}

fn ask_connect<O: Observer>(
    evaluation: Evaluation<'_>,
    row: &Connector,
    mode: &Mode,
    connector: u16,
    gates: &mut Gates<'_, O>,
) -> Asked {
    let state = evaluation.state();
    let scope = authority::scope(state, &mode.connect);
    let conditions = || row.conditions.iter().chain(&mode.conditions).chain(scope);
    for gate in SCOPE {
        gates.ask_all(state, conditions().filter(|condition| condition.gate() == gate))?;
    }
    // Out of scope there is nobody who may, which is all there is to say.
    let in_scope = authority::is_in_scope(state, &mode.connect);
    let authority =
        if in_scope { authority::ask(evaluation, &mode.connect, None) } else { Ok(Because::NOTHING) };
    let open = authority.err().filter(|deny| deny.reason().gate() == Some(Gate::Facts));
    if open.is_none() {
        gates.ask(Gate::Authority, authority)?;
    }
    let because = Because::one(Parameter::Connector, connector);
    let own = hold(evaluation, row.connect.needs | mode.needs, row.connect.unless, because);
    let facts = match (own, open) {
        (Ok(_), Some(open)) => Err(open),
        (Err(deny), Some(open)) if deny.reason() == Reason::MissingFact => {
            Err(deny.with_facts(deny.fact_bits() | open.fact_bits()))
        }
        (own, _) => own,
    };
    gates.ask(Gate::Facts, facts)
}

fn ask_read<O: Observer>(
    evaluation: Evaluation<'_>,
    row: &Connector,
    read: Read,
    gates: &mut Gates<'_, O>,
) -> Asked {
    let state = evaluation.state();
    // If the domain as it is cannot be connected that way, the conditions of the modes say why not.
    let unconnectable = modes(evaluation, row, read).next().is_none();
    let wanted = || row.modes.iter().filter(|(mode, _)| unconnectable && is_wanted(read, *mode));
    for gate in SCOPE {
        let conditions = row.conditions.iter().chain(wanted().flat_map(|(_, mode)| &mode.conditions));
        gates.ask_all(state, conditions.filter(|condition| condition.gate() == gate))?;
    }
    let because = about(read);
    let common = facts_for(&row.read, read);
    let readable = common.map(|_| because).ok_or(Verdict::new(Reason::NotReadable, because));
    gates.ask(Gate::Compliance, readable)?;
    let somebody = match evaluation.roles().next() {
        Some(role) => Ok(Because::one(Parameter::Role, role)),
        None => Err(Verdict::new(Reason::NotGrantedToRole, because)),
    };
    gates.ask(Gate::Role, somebody)?;
    let in_scope = match read.scope {
        Scope::Everything | Scope::Source => Ok(because),
        Scope::Host => Err(Verdict::new(Reason::OutOfScope, because)),
    };
    gates.ask(Gate::Facts, in_scope)?;
    let needs = read_needs(evaluation, row, read);
    gates.ask(Gate::Facts, hold(evaluation, needs, 0, because))
}

/// The facts that a read needs. Without a stated mode, those of every mode that the domain can have: then the
/// read is permitted whichever it is.
fn read_needs(evaluation: Evaluation<'_>, row: &Connector, read: Read) -> u64 {
    let common = facts_for(&row.read, read).unwrap_or(0);
    modes(evaluation, row, read).fold(common, |bits, mode| bits | facts_for(&mode.read, read).unwrap_or(0))
}

/// The modes that a read may go through in this domain.
fn modes<'r>(evaluation: Evaluation<'r>, row: &'r Connector, read: Read) -> impl Iterator<Item = &'r Mode> {
    let wanted = row.modes.iter().filter(move |(mode, _)| is_wanted(read, *mode)).map(|(_, mode)| mode);
    wanted.filter(move |mode| evaluation.state().hold(&mode.conditions))
}

fn is_wanted(read: Read, mode: u16) -> bool {
    read.mode.is_none_or(|wanted| wanted.position() == mode)
}

fn about(read: Read) -> Because {
    Because::one(Parameter::Object, read.object.position())
        .and(Parameter::Connector, read.connector.position())
}

fn facts_for(rows: &[(u16, u64)], read: Read) -> Option<u64> {
    rows.iter().find(|(object, _)| *object == read.object.position()).map(|(_, needs)| *needs)
}

fn rows(model: &Model, connector: u16, mode: u16) -> Option<(&Connector, &Mode)> {
    let row = model.connectors.get(connector)?;
    row.modes.iter().find(|(own, _)| *own == mode).map(|(_, mode)| (row, mode))
}

/// Whether these facts are so and those are not. One that is not stated decides wherever nothing else does.
fn hold(evaluation: Evaluation<'_>, needs: u64, unless: u64, because: Because) -> Outcome {
    let Stated { so, not_so } = facts(evaluation);
    let deny = |reason, facts| Err(Verdict::new(reason, because).with_facts(facts));
    let unstated = (needs | unless) & !so & !not_so;
    if needs & not_so != 0 {
        deny(Reason::FactFalse, needs & !so)
    } else if unless & so != 0 {
        deny(Reason::FactTrue, unless & so)
    } else if unstated != 0 {
        deny(Reason::MissingFact, unstated)
    } else {
        Ok(because)
    }
}

/// Facts that are so and facts that are not.
pub(super) struct Stated {
    pub(super) so: u64,
    pub(super) not_so: u64,
}

/// The facts of a request, and what its times come to: whether a connector looks back as far as the object.
///
/// Windows are half-open: what was touched exactly so long ago is no longer within.
#[inline]
pub(super) fn facts(evaluation: Evaluation<'_>) -> Stated {
    let facts = &evaluation.request.context.facts;
    let stated = Stated { so: facts.so, not_so: facts.not_so };
    match evaluation.request.action {
        Action::Read(read) => with_look_back(evaluation, read, stated),
        _ => stated,
    }
}

#[inline(never)]
fn with_look_back(evaluation: Evaluation<'_>, read: Read, mut stated: Stated) -> Stated {
    let context = &evaluation.request.context;
    let row = evaluation.model().connectors.get(read.connector.position());
    let look_back = row.and_then(|row| row.look_back.as_ref());
    if let (Some(look_back), Some(at), Some(touched_at)) = (look_back, context.at, context.touched_at) {
        let age = i128::from(at.nanoseconds()).saturating_sub(i128::from(touched_at.nanoseconds()));
        let within = i128::from(look_back.within.hours).saturating_mul(NANOSECONDS_OF_AN_HOUR);
        let set = if age < within { &mut stated.so } else { &mut stated.not_so };
        *set |= look_back.fact.map_or(0, bit);
    }
    stated
}

/// Every fact that an action on a connector reads.
pub(super) fn fact_reads(evaluation: Evaluation<'_>) -> u64 {
    let row = |connector: ConnectorId| evaluation.model().connectors.get(connector.position());
    match evaluation.request.action {
        Action::Connect { connector, mode } => {
            let rows = rows(evaluation.model(), connector.position(), mode.position());
            rows.map_or(0, |(row, mode)| row.connect.needs | row.connect.unless | mode.needs)
        }
        Action::Disconnect { connector } => {
            row(connector).map_or(0, |row| row.disconnect.needs | row.disconnect.unless)
        }
        Action::Read(read) => row(read.connector).map_or(0, |row| read_needs(evaluation, row, read)),
        _ => 0,
    }
}

/// The rules about who may connect.
pub(super) fn rules(evaluation: Evaluation<'_>) -> &[ChangeRule] {
    let Action::Connect { connector, mode } = evaluation.request.action else { return &[] };
    rows(evaluation.model(), connector.position(), mode.position()).map_or(&[], |(_, mode)| &mode.connect)
}
