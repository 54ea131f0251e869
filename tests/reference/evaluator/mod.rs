//! A second opinion: decides and explains from names and text alone, slowly and obviously.
//!
//! Whatever is not stated (a fact, the e-mail domain, a balance) is tried in every way, and the answers are
//! laid side by side. Inside of one such case everything is known and a decision is a plain question: some
//! conditions, each of a gate, of which the first that does not hold says why not.

mod authority;
mod change;
mod connector;
mod feature;
mod known;
mod permission;
mod scope;
mod usage;

use std::collections::{BTreeMap, BTreeSet};

use tollkeeper::request::{NamedAction, NamedChange, NamedRequest};

pub(crate) use usage::limit_names;

use crate::model::{Catalog, Domain};

/// What is compared with a decision of the engine.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Answer<'a> {
    pub(crate) allow: bool,
    pub(crate) reason: &'a str,
    pub(crate) because: Because<'a>,
    pub(crate) obligations: BTreeSet<&'a str>,
    pub(crate) providers: BTreeSet<&'a str>,
    pub(crate) data: BTreeSet<&'a str>,
    pub(crate) fallback: Option<&'a str>,
    pub(crate) charge: BTreeMap<&'a str, u64>,
    pub(crate) stale: BTreeMap<&'a str, &'a str>,
}

/// What a reason is about: names by the word for what they name.
pub(crate) type Because<'a> = BTreeMap<&'a str, Vec<&'a str>>;

/// The same as it is found: a word may come several times.
type About<'a> = Vec<(&'static str, &'a str)>;

/// The code of why something fails.
type Failure = &'static str;

/// Why a condition does not hold, and what that is about.
type Denial<'a> = (Failure, About<'a>);

/// What a condition comes to.
type Asked<'a> = Result<About<'a>, Denial<'a>>;

/// Every gate and every way to fail it, in order.
const GATES: [(&str, &[Failure]); 12] = [
    (
        "known",
        &[
            "unknown-role",
            "unknown-standing",
            "unknown-permission",
            "unknown-feature",
            "unknown-setting",
            "unknown-list",
            "unknown-data",
            "unknown-fact",
            "unknown-limit",
            "unknown-model",
            "unknown-quantity",
            "unknown-connector",
            "unknown-mode",
            "unknown-object",
            "malformed-request",
        ],
    ),
    ("plan", &["not-in-plan"]),
    ("kind", &["not-for-domain-kind"]),
    ("compliance", &["provider-barred", "service-barred", "data-barred", "not-readable"]),
    ("setting", &["setting-off", "setting-absent", "setting-locked"]),
    ("role", &["never-for-role", "not-granted-to-role"]),
    ("role-setting", &["off-for-role", "off-by-default"]),
    (
        "authority",
        &[
            "not-authorized",
            "needs-role",
            "needs-verification",
            "last-holder",
            "role-in-use",
            "role-immutable",
            "invalid-change",
        ],
    ),
    ("facts", &["out-of-scope", "fact-false", "fact-true", "missing-fact"]),
    ("list", &["not-on-list", "list-empty"]),
    ("opt-in", &["opt-in-missing"]),
    ("usage", &["limit-reached", "credits-exhausted", "unpriced", "balance-unknown"]),
];

/// The number of the gate of this name.
fn gate(name: &str) -> usize {
    GATES.iter().position(|(own, _)| *own == name).expect("a gate")
}

/// The number of the gate that fails in this way.
fn gate_of(failure: Failure) -> usize {
    GATES.iter().position(|(_, codes)| codes.contains(&failure)).expect("a code of some gate")
}

/// One gate of an explanation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Step<'a> {
    pub(crate) gate: &'a str,
    pub(crate) outcome: &'a str,
    pub(crate) reason: Option<&'a str>,
    pub(crate) permission: Option<&'a str>,
    pub(crate) role: Option<&'a str>,
    pub(crate) because: Because<'a>,
}

/// Every gate of a request, in order, and what is not stated and would decide.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Explanation<'a> {
    pub(crate) steps: Vec<Step<'a>>,
    pub(crate) undecided: Because<'a>,
}

/// What was asked so far, and of which permission for which role it is being asked.
#[derive(Default)]
struct Steps<'a> {
    permission: Option<&'a str>,
    role: Option<&'a str>,
    asked: Vec<AskedStep<'a>>,
}

struct AskedStep<'a> {
    gate: usize,
    permission: Option<&'a str>,
    role: Option<&'a str>,
    /// None where there is nothing to ask.
    outcome: Option<Asked<'a>>,
}

impl<'a> Steps<'a> {
    fn turn_to(&mut self, permission: Option<&'a str>, role: Option<&'a str>) {
        (self.permission, self.role) = (permission, role);
    }

    fn push(&mut self, gate: usize, outcome: Option<Asked<'a>>) {
        let Self { permission, role, .. } = *self;
        self.asked.push(AskedStep { gate, permission, role, outcome });
    }

    /// A condition of this gate.
    fn ask(&mut self, name: &str, outcome: Asked<'a>) {
        self.push(gate(name), Some(outcome));
    }

    fn fail(&mut self, denial: Denial<'a>) {
        self.push(gate_of(denial.0), Some(Err(denial)));
    }

    /// All conditions of a gate, or that there are none.
    fn ask_all_or_open(&mut self, name: &str, outcomes: Vec<Asked<'a>>) {
        if outcomes.is_empty() {
            self.push(gate(name), None);
        }
        self.ask_all(name, outcomes);
    }

    fn ask_all(&mut self, name: &str, outcomes: impl IntoIterator<Item = Asked<'a>>) {
        outcomes.into_iter().for_each(|outcome| self.ask(name, outcome));
    }

    fn len(&self) -> usize {
        self.asked.len()
    }

    /// Of what was asked since: the failure of the first gate that fails, inside of one gate the first.
    fn first_failure(&self, since: usize) -> Option<Denial<'a>> {
        let failures = self.asked[since..].iter().filter_map(|step| match &step.outcome {
            Some(Err(denial)) => Some((step.gate, denial)),
            _ => None,
        });
        failures.min_by_key(|(gate, _)| *gate).map(|(_, denial)| denial.clone())
    }

    fn explained(self) -> Vec<Step<'a>> {
        let step = |AskedStep { gate, permission, role, outcome }| {
            let (word, reason, about) = match outcome {
                None => ("open", None, vec![]),
                Some(Ok(about)) => ("pass", None, about),
                Some(Err((failure, about))) => ("fail", Some(failure), about),
            };
            Step { gate: GATES[gate].0, outcome: word, reason, permission, role, because: because(about) }
        };
        self.asked.into_iter().map(step).collect()
    }
}

fn because(about: About<'_>) -> Because<'_> {
    let mut because = Because::new();
    for (word, name) in about {
        because.entry(word).or_default().push(name);
    }
    because
}

/// One way in which everything that was not stated may be.
#[derive(Clone, Debug)]
struct Case<'a> {
    catalog: &'a Catalog,
    domain: &'a Domain,
    request: &'a NamedRequest,
    /// The unstated facts that are taken to be true.
    supposed: BTreeSet<&'a str>,
    /// Whether the e-mail domain is on lists, where it is not stated.
    on_lists: Option<bool>,
    /// Whether a balance that is not stated is taken to cover the charge; neither way for an explanation.
    balance_covers: Option<bool>,
    /// A change that is taken as made, whether it can be made or not.
    as_if: Option<&'a NamedChange>,
}

/// The completions of what a request leaves open.
struct Open<'a> {
    facts: Vec<&'a str>,
    /// An e-mail domain that is not stated is on no list, or on every one that has entries.
    emails: &'static [Option<bool>],
    balances: &'static [Option<bool>],
}

impl<'a> Open<'a> {
    fn of(catalog: &'a Catalog, request: &'a NamedRequest) -> Self {
        let facts = known::facts_read(catalog, &request.action);
        let stated = &request.context.facts;
        let by_times = connector::by_times(catalog, request).map(|(fact, _)| fact);
        Self {
            facts: facts
                .into_iter()
                .filter(|fact| !stated.contains_key(*fact) && by_times != Some(*fact))
                .collect(),
            emails: match request.context.email_domain {
                Some(_) => &[None],
                None => &[Some(false), Some(true)],
            },
            // A balance is read by runs alone.
            balances: match request.action.feature {
                Some(_) => &[Some(true), Some(false)],
                None => &[Some(true)],
            },
        }
    }

    /// The facts that are so in the completion of this number.
    fn supposed(&self, number: u64) -> BTreeSet<&'a str> {
        let so = self.facts.iter().enumerate().filter(|(at, _)| number >> at & 1 == 1);
        so.map(|(_, fact)| *fact).collect()
    }
}

/// Decides the request.
pub(crate) fn decide<'a>(catalog: &'a Catalog, domain: &'a Domain, request: &'a NamedRequest) -> Answer<'a> {
    let action = &request.action;
    if let Some(denial) = known::unknown(catalog, domain, request) {
        return deny(catalog, action, denial);
    }
    // DEC-02, design: every completion of what is not stated is decided. The first is the ordinary one: nothing
    // that is not stated is so, but a balance is not to blame.
    let open = Open::of(catalog, request);
    let case = |number: u64, on_lists: Option<bool>, balance_covers: Option<bool>| {
        let supposed = open.supposed(number);
        Case { catalog, domain, request, supposed, on_lists, balance_covers, as_if: None }
    };
    let ordinary = case(0, open.emails[0], open.balances[0]).answer();
    let completions = 1_u64 << open.facts.len();
    if completions == 1 && open.emails.len() == 1 && open.balances.len() == 1 {
        return ordinary;
    }
    let mut obligations = BTreeSet::new();
    // Which completions allow: by facts, by e-mail domain, by balance.
    let mut allows = BTreeMap::new();
    for number in 0..completions {
        for email in open.emails {
            for balance in open.balances {
                let answer = case(number, *email, *balance).answer();
                allows.insert((number, *email, *balance), answer.allow);
                obligations.extend(answer.obligations);
            }
        }
    }
    if allows.values().all(|allow| *allow) {
        return Answer { obligations, ..ordinary };
    }
    if allows.values().all(|allow| !*allow) {
        // Connecting: of who may and what is so, what is known to be in the way comes before what is not stated.
        let known = case(0, open.emails[0], None).answer();
        let in_the_way = connector::concerns(action) && known.reason != "missing-fact";
        return if in_the_way { known } else { ordinary };
    }
    // Only a balance is to blame.
    if allows.iter().all(|((.., balance), allow)| *allow || *balance == Some(false)) {
        let unknown = case(0, open.emails[0], None);
        let feature = &catalog.features[action.feature.as_ref().expect("a run")];
        let Some(Err(denial)) = unknown.usage(feature) else { unreachable!("a balance decides") };
        return deny(catalog, action, denial);
    }
    // Whatever, changed alone in some completion, changes the answer.
    let flips = |other: &dyn Fn(u64, Option<bool>) -> (u64, Option<bool>)| {
        allows.iter().any(|((number, email, balance), allow)| {
            let (number, email) = other(*number, *email);
            allows[&(number, email, *balance)] != *allow
        })
    };
    let decides = |(at, _): &(usize, &&str)| flips(&|number, email| (number ^ 1 << at, email));
    let facts: Vec<&str> = open.facts.iter().enumerate().filter(decides).map(|(_, fact)| *fact).collect();
    let mut about = connector::about_missing(catalog, action, &facts);
    about.extend(facts.into_iter().map(|fact| ("facts", fact)));
    if flips(&|number, email| (number, email.map(|on| !on))) {
        about.push(("email_domain", "not_stated"));
    }
    deny(catalog, action, ("missing-fact", about))
}

/// Explains the request: facts that are not stated are taken as false, and what they would decide stands beside.
pub(crate) fn explain<'a>(
    catalog: &'a Catalog,
    domain: &'a Domain,
    request: &'a NamedRequest,
    decided: &Answer<'a>,
) -> Explanation<'a> {
    let mut steps = Steps::default();
    if let Some((failure, _)) = known::unknown(catalog, domain, request) {
        steps.fail((failure, vec![]));
        return Explanation { steps: steps.explained(), undecided: Because::new() };
    }
    steps.ask("known", Ok(vec![]));
    let open = Open::of(catalog, request);
    let case = |balance_covers: Option<bool>| Case {
        catalog,
        domain,
        request,
        supposed: BTreeSet::new(),
        on_lists: open.emails[0],
        balance_covers,
        as_if: None,
    };
    let stated = case(None).answer();
    let missing = decided.reason == "missing-fact";
    // What a connector lacks is a gate of its own, unless some of it cannot matter.
    let of_connector = connector::concerns(&request.action);
    let cannot_matter = of_connector && stated.reason == "missing-fact" && !missing;
    case(cannot_matter.then_some(true)).decide(&mut steps);
    let overrules = missing && (!of_connector || stated != *decided);
    let undecided = if overrules { decided.because.clone() } else { Because::new() };
    Explanation { steps: steps.explained(), undecided }
}

/// AI-08: a denied run of a feature names its fallback.
fn deny<'a>(catalog: &'a Catalog, action: &'a NamedAction, (failure, about): Denial<'a>) -> Answer<'a> {
    let run = action.process.is_none().then_some(action.feature.as_ref()).flatten();
    let fallback = run.and_then(|name| catalog.features.get(name)?.fallback.as_deref());
    Answer { reason: failure, because: because(about), fallback, ..Answer::default() }
}

fn allow<'a>(reason: &'a str, about: About<'a>, obligations: BTreeSet<&'a str>) -> Answer<'a> {
    Answer { allow: true, reason, because: because(about), obligations, ..Answer::default() }
}

impl<'a> Case<'a> {
    /// The answer where everything is known.
    fn answer(&self) -> Answer<'a> {
        self.decide(&mut Steps::default())
    }

    /// The same, and every gate on the way.
    fn decide(&self, steps: &mut Steps<'a>) -> Answer<'a> {
        let action = &self.request.action;
        let decided = match action {
            NamedAction { permission: Some(name), .. } => {
                self.permission(name, steps).map(|held| allow(held.reason, held.about, held.obligations))
            }
            NamedAction { process: Some(data), feature: Some(feature), .. } => {
                self.process(data, feature, steps)
            }
            NamedAction { feature: Some(feature), .. } => self.run(feature, steps),
            NamedAction { store: Some(data), .. } => self.store(data, steps),
            NamedAction { change: Some(change), .. } => self.change(change, steps),
            NamedAction { connect: Some(connector), mode: Some(mode), .. } => {
                self.connect(connector, mode, steps)
            }
            NamedAction { disconnect: Some(connector), .. } => self.disconnect(connector, steps),
            NamedAction { read: Some(object), through: Some(connector), .. } => {
                self.read(object, connector, steps)
            }
            _ => Err(("malformed-request", vec![])),
        };
        decided.unwrap_or_else(|denial| deny(self.catalog, action, denial))
    }

    fn fact(&self, name: &str) -> bool {
        self.request.context.facts.get(name).copied().unwrap_or_else(|| self.supposed.contains(name))
    }
}

fn strs(names: &BTreeSet<String>) -> impl Iterator<Item = &str> + Clone {
    names.iter().map(String::as_str)
}
