//! Suites: what must be decided, read from a file.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use super::remedy::{ExpectedRemedy, ExpectedStep};
use super::source::{CheckSource, SuiteSource, TableSource};
use crate::catalog::Catalog;
use crate::decision::{Effect, Reason};
use crate::diagnostic::{Code, Diagnostics, Problems};
use crate::document::{Name, Spanned};
use crate::domain::Domain;
use crate::engine::Engine;
use crate::request::{NamedAction, NamedChange, NamedContext, NamedRequest, NamedSubject, Resource, To};
use crate::word::Trigger;

/// What must be decided: checks, and the domain and catalog they are about.
///
/// The [module](super) shows the format and how a suite is run.
#[derive(Clone, Debug)]
pub struct Suite {
    name: String,
    domain: DomainOf,
    catalog_file: Option<String>,
    checks: Vec<Check>,
}

#[derive(Clone, Debug)]
enum DomainOf {
    File(String),
    InPlace(Domain),
}

/// One request and what must come of it.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Check {
    /// What it is called in reports; of a table's cell, the names of table, subject and action.
    pub name: String,
    /// The request, in names.
    pub request: NamedRequest,
    /// What must be decided.
    pub expected: Expected,
}

/// What a check expects; what it does not state may be anything.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Expected {
    /// Allow or deny.
    pub effect: Effect,
    /// The reason.
    pub reason: Option<Reason>,
    /// All obligations.
    pub obligations: Option<BTreeSet<String>>,
    /// Everybody who gets data.
    pub providers: Option<BTreeSet<String>>,
    /// All classes of data.
    pub data: Option<BTreeSet<String>>,
    /// What is served in the place of a denied feature.
    pub fallback: Option<String>,
    /// What would turn the deny into an allow.
    pub remedy: Option<ExpectedRemedy>,
}

impl Expected {
    /// An effect, whatever else.
    const fn effect(effect: Effect) -> Self {
        Self {
            effect,
            reason: None,
            obligations: None,
            providers: None,
            data: None,
            fallback: None,
            remedy: None,
        }
    }
}

impl Suite {
    /// Reads a suite.
    ///
    /// # Errors
    /// Every problem of the text, in its order: syntax, shape, checks without a name or an expectation, names
    /// that are used twice, expectations that no decision can meet, tables whose rows do not fit their subjects,
    /// a suite without checks. Mistakes of a domain in place come when its engine is compiled.
    ///
    /// ```
    /// use tollkeeper::check::Suite;
    ///
    /// let text = "
    /// [suite]
    /// name = 'guests'
    /// domain = 'acme.toml'
    /// [[check]]
    /// name = 'a guest creates no teams'
    /// subject = { roles = ['guest'] }
    /// action = { permission = 'create_teams' }
    /// expect = 'deny'
    /// reason = 'never-for-rule'
    /// ";
    /// let error = Suite::parse(text).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "10:10: unknown-value: unknown reason `never-for-rule`; did you mean `never-for-role`?"
    /// );
    /// ```
    pub fn parse(text: &str) -> Result<Self, Diagnostics> {
        let (source, problems) = SuiteSource::read(text);
        let mut reader = Reader { problems, checks: Vec::new(), names: BTreeSet::new() };
        let domain = reader.domain(&source);
        let name = reader.required(source.suite.name.as_ref(), None, "name").unwrap_or_default();
        for check in source.checks {
            let span = check.span();
            reader.check(check.into_inner(), &span);
        }
        for table in source.tables {
            let span = table.span();
            reader.table(table.into_inner(), &span);
        }
        if reader.checks.is_empty() {
            let message = "a suite without checks proves nothing; add a `[[check]]` or a `[[table]]`";
            reader.problems.add(Code::MissingKey, None, message);
        }
        reader.problems.into_result(Some(text))?;
        let domain = match source.domain {
            Some(in_place) => DomainOf::InPlace(Domain::of_text(in_place, text)),
            None => DomainOf::File(domain),
        };
        let catalog_file = source.suite.catalog.clone().map(Spanned::into_inner);
        Ok(Self { name, domain, catalog_file, checks: reader.checks })
    }

    /// What the suite is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file of the domain, as the suite writes it; `None` where the domain stands in place.
    pub fn domain_file(&self) -> Option<&str> {
        match &self.domain {
            DomainOf::File(file) => Some(file),
            DomainOf::InPlace(_) => None,
        }
    }

    /// The domain that stands in place, if one does.
    pub const fn domain(&self) -> Option<&Domain> {
        match &self.domain {
            DomainOf::File(_) => None,
            DomainOf::InPlace(domain) => Some(domain),
        }
    }

    /// The file of the catalog, as the suite writes it; `None` means the built-in one.
    pub fn catalog_file(&self) -> Option<&str> {
        self.catalog_file.as_deref()
    }

    /// The checks, those of tables after the others.
    pub fn checks(&self) -> impl ExactSizeIterator<Item = &Check> {
        self.checks.iter()
    }

    /// Compiles the engine that the suite is about; `read` gives the text of a file that the suite names.
    ///
    /// # Errors
    /// A file that could not be read, or everything that is wrong with one.
    ///
    /// ```
    /// use tollkeeper::check::Suite;
    ///
    /// # let text = "
    /// # [suite]
    /// # name = 'guests'
    /// # domain = 'acme.toml'
    /// # [[check]]
    /// # name = 'a guest creates no teams'
    /// # subject = { roles = ['guest'] }
    /// # action = { permission = 'create_teams' }
    /// # expect = 'deny'
    /// # ";
    /// let suite = Suite::parse(text)?;
    /// let error = suite.engine(|file| std::fs::read_to_string(format!("nowhere/{file}"))).unwrap_err();
    /// assert!(error.to_string().starts_with("file `acme.toml` cannot be read: "));
    /// # Ok::<(), tollkeeper::diagnostic::Diagnostics>(())
    /// ```
    pub fn engine<E: fmt::Display>(
        &self,
        mut read: impl FnMut(&str) -> Result<String, E>,
    ) -> Result<Engine, EngineError> {
        let mut text_of = |file: &str| {
            read(file)
                .map_err(|cause| EngineError::Unreadable { file: file.to_owned(), cause: cause.to_string() })
        };
        let broken = |file: &str| {
            let file = file.to_owned();
            move |problems| EngineError::Broken { file, problems: Box::new(problems) }
        };
        let catalog = match self.catalog_file() {
            None => Catalog::builtin(),
            Some(file) => Catalog::parse(&text_of(file)?).map_err(broken(file))?,
        };
        match &self.domain {
            DomainOf::InPlace(domain) => Engine::compile(&catalog, domain)
                .map_err(|problems| EngineError::BrokenInPlace { problems: Box::new(problems) }),
            DomainOf::File(file) => Engine::parse(&catalog, &text_of(file)?).map_err(broken(file)),
        }
    }
}

/// The engine of a suite cannot be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A file that the suite names could not be read.
    #[error("file `{file}` cannot be read: {cause}")]
    Unreadable {
        /// The file, as the suite names it.
        file: String,
        /// What whoever reads files says.
        cause: String,
    },
    /// A file that the suite names has mistakes.
    #[error("file `{file}`: {problems}")]
    Broken {
        /// The file, as the suite names it.
        file: String,
        /// Everything that is wrong with it.
        problems: Box<Diagnostics>,
    },
    /// The domain that stands in the suite has mistakes.
    #[error("domain of the suite: {problems}")]
    BrokenInPlace {
        /// Everything that is wrong with it.
        problems: Box<Diagnostics>,
    },
}

/// Reads checks, noting what is wrong with them.
struct Reader {
    problems: Problems,
    checks: Vec<Check>,
    names: BTreeSet<String>,
}

impl Reader {
    fn required(&mut self, name: Option<&Name>, at: Option<Range<usize>>, key: &str) -> Option<String> {
        let text = name.map(|name| name.get_ref().clone()).filter(|text| !text.is_empty());
        if text.is_none() {
            let at = name.map(Name::span).or(at);
            self.problems.add(Code::MissingKey, at, format!("missing key `{key}`"));
        }
        text
    }

    fn contradiction(&mut self, at: Range<usize>, message: impl Into<String>) {
        self.problems.add(Code::Contradiction, Some(at), message);
    }

    /// The file of the domain; empty where it stands in place.
    fn domain(&mut self, source: &SuiteSource) -> String {
        match (&source.suite.domain, &source.domain) {
            (Some(file), Some(_)) => {
                self.contradiction(
                    file.span(),
                    "a suite names a domain file or has a domain in place, not both",
                );
                String::new()
            }
            (None, Some(_)) => String::new(),
            (file, None) => self.required(file.as_ref(), None, "domain").unwrap_or_default(),
        }
    }

    /// The name of a check or table, which no other has.
    fn name(&mut self, name: Option<&Name>, span: &Range<usize>) -> String {
        let text = self.required(name, Some(span.clone()), "name").unwrap_or_default();
        if !text.is_empty() && !self.names.insert(text.clone()) {
            let message = format!("two checks are called `{text}`");
            self.problems.add(Code::Duplicate, name.map(Name::span), message);
        }
        text
    }

    fn missing_action(&mut self, span: &Range<usize>) {
        self.problems.add(Code::MissingKey, Some(span.clone()), "missing key `action`");
    }

    fn check(&mut self, source: CheckSource, span: &Range<usize>) {
        let name = self.name(source.name.as_ref(), span);
        if source.action.is_none() {
            self.missing_action(span);
        }
        if source.expect.is_none() {
            self.problems.add(Code::MissingKey, Some(span.clone()), "missing key `expect`");
        }
        let reason = source.reason.as_ref().and_then(|reason| self.reason(reason, "reason", &[]));
        if let Some(remedy) = &source.remedy {
            self.remedy(&remedy.get_ref().0, remedy.span());
        }
        let Some(effect) = source.expect else { return };
        self.possible(&source, effect, reason);
        let Some(action) = source.action else { return };
        let set =
            |names: Option<Spanned<Vec<String>>>| names.map(|names| names.into_inner().into_iter().collect());
        let expected = Expected {
            reason,
            obligations: set(source.obligations),
            providers: set(source.providers),
            data: set(source.data),
            fallback: source.fallback.map(Spanned::into_inner),
            remedy: source.remedy.map(|remedy| remedy.into_inner().0),
            ..Expected::effect(effect)
        };
        let mut request = NamedRequest::new(source.subject, action);
        (request.resource, request.context) = (source.resource, source.context);
        self.checks.push(Check { name, request, expected });
    }

    /// Notes what no decision with this effect can be.
    fn possible(&mut self, source: &CheckSource, effect: Effect, reason: Option<Reason>) {
        if let (Some(at), Some(reason)) = (&source.reason, reason) {
            if reason.effect() != effect {
                self.contradiction(at.span(), format!("no {} has the reason `{reason}`", word(effect)));
            }
        }
        let lists =
            [("obligations", &source.obligations), ("providers", &source.providers), ("data", &source.data)];
        for (key, names) in lists {
            let Some(names) = names else { continue };
            if effect == Effect::Deny && !names.get_ref().is_empty() {
                self.contradiction(names.span(), format!("no deny has `{key}`"));
            }
        }
        if let (Effect::Allow, Some(fallback)) = (effect, &source.fallback) {
            self.contradiction(fallback.span(), "no allow has a `fallback`");
        }
        if let (Effect::Allow, Some(remedy)) = (effect, &source.remedy) {
            self.contradiction(remedy.span(), "no allow has a `remedy`");
        }
    }

    fn remedy(&mut self, remedy: &ExpectedRemedy, at: Range<usize>) {
        let ExpectedRemedy::Steps(steps) = remedy else { return };
        if steps.is_empty() {
            self.contradiction(
                at,
                "a deny is lifted by no less than one step; write `impossible` where nothing lifts it",
            );
        } else if let Some(problem) = steps.iter().find_map(ExpectedStep::problem) {
            self.contradiction(at, problem);
        }
    }

    /// A reason by its code; if it is none, `what` was expected, one of `besides` perhaps.
    fn reason(&mut self, code: &Name, what: &str, besides: &[&str]) -> Option<Reason> {
        let reason = Reason::ALL.iter().copied().find(|reason| reason.as_str() == code.get_ref());
        if reason.is_none() {
            let message = format!("unknown {what} `{}`", code.get_ref());
            let codes = besides.iter().copied().chain(Reason::ALL.iter().map(|reason| reason.as_str()));
            self.problems.add_unknown(Code::UnknownValue, Some(code.span()), message, code.get_ref(), codes);
        }
        reason
    }

    fn table(&mut self, source: TableSource, span: &Range<usize>) {
        let name = self.name(source.name.as_ref(), span);
        if source.subjects.is_empty() {
            self.problems.add(Code::MissingKey, Some(span.clone()), "missing key `subjects`");
        }
        let subjects = source.subjects.into_iter().map(|subject| subject.0).collect();
        let table = Table { name, subjects, resource: source.resource, context: source.context };
        let (mut labels, mut twice) = (BTreeSet::new(), BTreeSet::new());
        for label in table.subjects.iter().map(label_of_subject) {
            if let Some(label) = labels.replace(label) {
                twice.insert(label);
            }
        }
        for label in twice {
            let message = format!("subject `{label}` stands in the table twice");
            self.problems.add(Code::Duplicate, Some(span.clone()), message);
        }
        let permissions = source.permissions.into_iter().map(|(permission, cells)| {
            let at = permission.span();
            let permission = Some(permission.into_inner());
            (NamedAction { permission, ..NamedAction::default() }, cells, at)
        });
        let features = source.features.into_iter().map(|(feature, cells)| {
            let at = feature.span();
            let feature = Some(feature.into_inner());
            (NamedAction { feature, ..NamedAction::default() }, cells, at)
        });
        let mut rows: Vec<_> = permissions.chain(features).collect();
        for row in source.rows {
            let at = row.span();
            let row = row.into_inner();
            match row.action {
                Some(action) => rows.push((action, row.expect, at)),
                None => self.missing_action(&at),
            }
        }
        if rows.is_empty() {
            let message = "a table without `permissions`, `features` or `rows` proves nothing";
            self.problems.add(Code::MissingKey, Some(span.clone()), message);
        }
        for (action, cells, at) in rows {
            self.row(&table, &action, &cells, at);
        }
    }

    fn row(&mut self, table: &Table, action: &NamedAction, cells: &[Name], at: Range<usize>) {
        if cells.len() != table.subjects.len() {
            let (cells, subjects) = (cells.len(), table.subjects.len());
            let message = format!("the row has {cells} cells, the table {subjects} subjects");
            self.contradiction(at, message);
        }
        for (subject, cell) in table.subjects.iter().zip(cells) {
            let Some(expected) = self.cell(cell) else { continue };
            let name = format!("{}: {}, {}", table.name, label_of_subject(subject), label_of_action(action));
            let mut request = NamedRequest::new(subject.clone(), action.clone());
            (request.resource, request.context) = (table.resource.clone(), table.context.clone());
            self.checks.push(Check { name, request, expected });
        }
    }

    /// An effect, or a reason that means one.
    fn cell(&mut self, cell: &Name) -> Option<Expected> {
        match cell.get_ref().as_str() {
            "allow" => Some(Expected::effect(Effect::Allow)),
            "deny" => Some(Expected::effect(Effect::Deny)),
            _ => self
                .reason(cell, "effect or reason", &["allow", "deny"])
                .map(|reason| Expected { reason: Some(reason), ..Expected::effect(reason.effect()) }),
        }
    }
}

/// What all cells of a table share.
struct Table {
    name: String,
    subjects: Vec<NamedSubject>,
    resource: Option<Resource>,
    context: NamedContext,
}

/// `allow` or `deny`, as in files.
pub(super) const fn word(effect: Effect) -> &'static str {
    match effect {
        Effect::Allow => "allow",
        Effect::Deny => "deny",
    }
}

/// A subject in a few words.
fn label_of_subject(subject: &NamedSubject) -> String {
    let roles = if subject.roles.is_empty() { "nobody".to_owned() } else { subject.roles.join("+") };
    let standings = subject.standings.iter().map(|standing| format!("as {standing}"));
    [roles].into_iter().chain(standings).chain(subject.id.clone()).collect::<Vec<_>>().join(" ")
}

/// An action in a few words: the keys it states.
fn label_of_action(action: &NamedAction) -> String {
    let keys = [
        ("permission", &action.permission),
        ("process", &action.process),
        ("feature", &action.feature),
        ("store", &action.store),
        ("model", &action.model),
        ("connect", &action.connect),
        ("disconnect", &action.disconnect),
        ("read", &action.read),
        ("through", &action.through),
        ("mode", &action.mode),
    ];
    let change = action.change.as_ref().map(label_of_change);
    let trigger = action.trigger.and_then(label_of_trigger).map(str::to_owned);
    words(keys).chain(change).chain(trigger).collect::<Vec<_>>().join(" ")
}

/// A trigger as in files; the usual one goes without saying.
const fn label_of_trigger(trigger: Trigger) -> Option<&'static str> {
    match trigger {
        Trigger::Requested => None,
        Trigger::Proactive => Some("proactive"),
        Trigger::FollowUp => Some("follow_up"),
        Trigger::FollowUpCounted => Some("follow_up_counted"),
        Trigger::Recurring => Some("recurring"),
    }
}

fn label_of_change(change: &NamedChange) -> String {
    let keys = [
        ("setting", &change.setting),
        ("role", &change.role),
        ("permission", &change.permission),
        ("list", &change.list),
        ("create role", &change.create_role),
        ("based on", &change.based_on),
        ("delete role", &change.delete_role),
        ("assign role", &change.assign_role),
        ("from", &change.from),
        ("opt in", &change.opt_in),
    ];
    let to = change.to.as_ref().map(|to| match to {
        To::Switch(switch) => format!("to {}", switch.as_str()),
        To::Entries(entries) => format!("to [{}]", entries.join(", ")),
    });
    let words: Vec<_> = words(keys).chain(to).collect();
    format!("change {}", words.join(" "))
}

fn words<'k, const N: usize>(keys: [(&'k str, &'k Option<String>); N]) -> impl Iterator<Item = String> + 'k {
    keys.into_iter().filter_map(|(key, name)| Some(format!("{key} {}", name.as_ref()?)))
}
