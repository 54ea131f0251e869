//! Permissions: gates 2 to 10, routing, alternatives, and facts that are not stated.

use super::evaluate::Evaluation;
use super::gates::{Asked, Gates, conclude, failure};
use super::observer::{Nobody, Observer, Outcome};
use crate::catalog::model::Permission;
use crate::decision::{Because, Gate, Parameter, Reason, Verdict};
use crate::domain::Cell;
use crate::id::{bit, positions};
use crate::word::Level;

/// A permission that is held: by what, and what that obliges to.
#[derive(Clone, Copy)]
pub(super) struct Allow {
    pub(super) reason: Reason,
    pub(super) because: Because,
    pub(super) obligations: u64,
}

/// Whether a permission is held.
pub(super) type Held = Result<Allow, Verdict>;

/// One completion of what a request leaves open: which facts are so, and what the e-mail domain is.
#[derive(Clone, Copy)]
pub(super) struct World<'r> {
    so: u64,
    email: Email<'r>,
}

#[derive(Clone, Copy)]
enum Email<'r> {
    Stated(&'r str),
    /// Not stated, and taken to be on every list that has entries, or on none.
    Assumed {
        on_lists: bool,
    },
}

/// The decision about one permission, facts that are not stated included.
///
/// Every completion of the unstated facts that the question reads is decided. If all allow, it is an allow; if
/// none does, the ordinary deny with those facts false; if some do, `missing-fact` names each fact that matters.
pub(super) fn decide<O: Observer>(evaluation: &Evaluation<'_>, asked: u16, observer: &mut O) -> Held {
    let Some(row) = evaluation.model().permissions.get(asked) else {
        return Err(Verdict::new(Reason::MalformedRequest, Because::NOTHING));
    };
    let open = Open::of(evaluation, row);
    if open.is_nothing() {
        return question(evaluation, asked, open.world(0), observer);
    }
    open.decide(evaluation, asked, observer)
}

/// The decision with every unstated fact taken as false.
pub(super) fn decide_as_if_false(evaluation: &Evaluation<'_>, asked: u16) -> Held {
    let Some(row) = evaluation.model().permissions.get(asked) else {
        return Err(Verdict::new(Reason::MalformedRequest, Because::NOTHING));
    };
    question(evaluation, asked, Open::of(evaluation, row).world(0), &mut Nobody)
}

/// What a question reads and the request does not state.
struct Open<'r> {
    so: u64,
    unstated: u64,
    email: Option<&'r str>,
    email_matters: bool,
}

impl<'r> Open<'r> {
    fn of(evaluation: &Evaluation<'r>, row: &Permission) -> Self {
        let context = &evaluation.request.context;
        let so = context.facts.so.bits();
        let email = context.email_domain;
        Self {
            so,
            unstated: row.reads & !(so | context.facts.not_so.bits()),
            email,
            email_matters: row.reads_list && email.is_none(),
        }
    }

    const fn is_nothing(&self) -> bool {
        self.unstated == 0 && !self.email_matters
    }

    /// How many things are open; at most six facts and the e-mail domain.
    fn count(&self) -> u32 {
        self.unstated.count_ones().saturating_add(u32::from(self.email_matters)).min(7)
    }

    /// The completion with this number: one bit a fact, then one for the e-mail domain.
    fn world(&self, number: u32) -> World<'r> {
        let mut so = self.so;
        for (index, fact) in (0..7_u32).zip(positions(self.unstated)) {
            if number >> index & 1 == 1 {
                so |= bit(fact);
            }
        }
        let on_lists = self.email_matters && number >> self.unstated.count_ones().min(6) & 1 == 1;
        World { so, email: self.email.map_or(Email::Assumed { on_lists }, Email::Stated) }
    }

    fn decide<O: Observer>(&self, evaluation: &Evaluation<'_>, asked: u16, observer: &mut O) -> Held {
        let count = self.count();
        let worlds = 1_u32 << count;
        let (mut allowing, mut obligations) = (0_u128, 0_u64);
        for number in 0..worlds {
            if let Ok(allow) = question(evaluation, asked, self.world(number), &mut Nobody) {
                allowing |= 1_u128 << number;
                obligations |= allow.obligations;
            }
        }
        let ordinary = question(evaluation, asked, self.world(0), observer);
        match allowing.count_ones() {
            0 => ordinary,
            // Hiding a fact hides no obligation.
            all if all == worlds => ordinary.map(|allow| Allow { obligations, ..allow }),
            _ => {
                let missing = self.missing(allowing, count);
                observer.undecided(missing);
                Err(missing)
            }
        }
    }

    /// Names what matters: whatever, changed alone in some completion, changes the effect.
    fn missing(&self, allowing: u128, count: u32) -> Verdict {
        let allows = |number: u32| allowing >> number & 1;
        let matters = |index: u32| {
            let flipped = |number: u32| number ^ (1_u32 << index);
            (0..1_u32 << count).any(|number| allows(number) != allows(flipped(number)))
        };
        let facts = (0..7_u32).zip(positions(self.unstated)).filter(|(index, _)| matters(*index));
        let facts = facts.fold(0, |bits, (_, fact)| bits | bit(fact));
        let email = self.email_matters && matters(count.saturating_sub(1));
        let because = Because::NOTHING.and_maybe(Parameter::EmailDomain, email.then_some(0));
        Verdict::new(Reason::MissingFact, because).with_facts(facts)
    }
}

/// The decision about one permission when everything is known.
fn question<O: Observer>(
    evaluation: &Evaluation<'_>,
    asked: u16,
    world: World<'_>,
    observer: &mut O,
) -> Held {
    let (decider, obligations) = routed(evaluation, asked, world);
    let allow = direct(evaluation, decider, world, observer)?;
    if decider == asked {
        return Ok(allow);
    }
    let own = direct(evaluation, asked, world, &mut Nobody);
    let despite = own.err().map(|deny| deny.reason());
    let obligations = obligations | allow.obligations;
    Ok(Allow { obligations, ..by_other(asked, decider, despite, allow) })
}

/// The permission that true `instead` facts hand the question to, and the obligations of those passed by.
fn routed(evaluation: &Evaluation<'_>, asked: u16, world: World<'_>) -> (u16, u64) {
    let permissions = &evaluation.model().permissions;
    let (mut at, mut obligations) = (asked, 0);
    // Catalogs with circles are refused, so this ends.
    while let Some(row) = permissions.get(at) {
        let Some((_, other)) = row.instead.iter().find(|(fact, _)| world.so & bit(*fact) != 0) else { break };
        obligations |= row.obligations;
        at = *other;
    }
    (at, obligations)
}

/// An allow that another permission decided.
fn by_other(asked: u16, decider: u16, despite: Option<Reason>, allow: Allow) -> Allow {
    let because = Because::one(Parameter::Permission, asked)
        .and(Parameter::DecidedBy, decider)
        .and_maybe(Parameter::Despite, despite.map(|reason| reason as u16))
        .and_maybe(Parameter::Role, allow.because.get(Parameter::Role));
    Allow { reason: Reason::DecidedByOtherPermission, because, ..allow }
}

/// The decision about one permission without `instead`.
fn direct<O: Observer>(evaluation: &Evaluation<'_>, asked: u16, world: World<'_>, observer: &mut O) -> Held {
    let state = &evaluation.state;
    let permissions = &evaluation.model().permissions;
    let Some(row) = permissions.get(asked) else {
        return Err(Verdict::new(Reason::UnknownPermission, Because::NOTHING));
    };
    let exempt = row.exempt & world.so != 0;
    let last = if exempt { Gate::Compliance } else { Gate::Setting };
    let permission = Because::one(Parameter::Permission, asked);
    if O::WATCHES {
        observer.alternative(Some(asked), None);
    }
    let mut gates = Gates::new(observer);
    let asked_static = gates.ask_static(state, usize::from(asked), &row.conditions, Gate::Plan..=last);
    let blocked = failure(&gates, asked_static);
    match blocked {
        Some(deny) if exempt || !O::WATCHES => Err(deny),
        None if exempt => {
            Ok(Allow { reason: Reason::Exempt, because: permission, obligations: row.obligations })
        }
        _ => {
            let by_role = alternatives(evaluation, asked, row, world, observer);
            blocked.map_or(by_role, Err)
        }
    }
}

/// The best of what the subject's roles give, each by itself or through an `otherwise` permission.
struct Best {
    held: Held,
    /// The smaller, the better: denies by how far they got, allows before denies; then the chain, then the role.
    rank: (u8, u16, u16),
}

fn alternatives<O: Observer>(
    evaluation: &Evaluation<'_>,
    asked: u16,
    row: &Permission,
    world: World<'_>,
    observer: &mut O,
) -> Held {
    if let ([role], []) = (evaluation.request.subject.all_roles(), &*row.otherwise) {
        // One alternative is the best there is.
        return alternative(evaluation, asked, asked, row, role.position(), world, observer);
    }
    let permission = Because::one(Parameter::Permission, asked);
    let mut best: Option<Best> = None;
    for role in evaluation.roles() {
        chain(evaluation, asked, row, role, world, observer, &mut best);
    }
    match best {
        Some(best) => best.held,
        None => {
            let deny = Verdict::new(Reason::NotGrantedToRole, permission);
            if O::WATCHES {
                observer.gate(Gate::Role, Err(deny));
            }
            Err(deny)
        }
    }
}

/// One role: the permission asked for, then those that suffice as well, as long as what failed lets them.
fn chain<O: Observer>(
    evaluation: &Evaluation<'_>,
    asked: u16,
    row: &Permission,
    role: u16,
    world: World<'_>,
    observer: &mut O,
    best: &mut Option<Best>,
) {
    let own = alternative(evaluation, asked, asked, row, role, world, observer);
    keep(best, own, 0, role);
    let mut last = own;
    for (link, permission) in (1..=u16::MAX).zip(row.otherwise.iter()) {
        if !leads_on(last) {
            return;
        }
        let Some(row) = evaluation.model().permissions.get(*permission) else { return };
        last = alternative(evaluation, asked, *permission, row, role, world, observer);
        let despite = own.err().map(|deny| deny.reason());
        keep(best, last.map(|allow| by_other(asked, *permission, despite, allow)), link, role);
    }
}

/// `otherwise` follows what a role lacks and facts that are not so; never `never-for-role`.
fn leads_on(last: Held) -> bool {
    let Err(deny) = last else { return false };
    let lacking = matches!(deny.reason().gate(), Some(Gate::Role | Gate::RoleSetting | Gate::Facts));
    lacking && deny.reason() != Reason::NeverForRole
}

fn keep(best: &mut Option<Best>, held: Held, link: u16, role: u16) {
    // Gates count up to twelve.
    let gate = held.err().and_then(|deny| deny.reason().gate());
    let progress = gate.map_or(0, |gate| 255_u8.saturating_sub(gate as u8));
    let rank = (progress, link, role);
    if best.as_ref().is_none_or(|best| rank < best.rank) {
        *best = Some(Best { held, rank });
    }
}

/// One permission for one role: gates 6 to 10. Those before bind the whole chain where the permission is the one
/// asked for, and were asked already; another permission that suffices as well has its own.
fn alternative<O: Observer>(
    evaluation: &Evaluation<'_>,
    asked: u16,
    permission: u16,
    row: &Permission,
    role: u16,
    world: World<'_>,
    observer: &mut O,
) -> Held {
    let state = &evaluation.state;
    if O::WATCHES {
        observer.alternative(Some(permission), Some(role));
    }
    let mut gates = Gates::new(observer);
    let own = match permission == asked {
        true => Asked::Continue(()),
        false => {
            let of_access = Gate::Plan..=Gate::Setting;
            gates.ask_static(state, usize::from(permission), &row.conditions, of_access)
        }
    };
    let outcome = match own {
        Asked::Continue(()) => ask_role(evaluation, permission, row, role, world, &mut gates),
        failed @ Asked::Break(_) => failed,
    };
    conclude(&gates, outcome, || allow(evaluation, permission, row, role))
}

fn ask_role<O: Observer>(
    evaluation: &Evaluation<'_>,
    permission: u16,
    row: &Permission,
    role: u16,
    world: World<'_>,
    gates: &mut Gates<'_, O>,
) -> Asked {
    let state = &evaluation.state;
    let cell = state.cell(role, permission);
    let because = Because::one(Parameter::Role, role).and(Parameter::Permission, permission);
    let deny = |reason| Err(Verdict::new(reason, because));
    gates.ask(
        Gate::Role,
        match cell {
            Cell::Absent => deny(Reason::NotGrantedToRole),
            Cell::Never => deny(Reason::NeverForRole),
            _ => Ok(because),
        },
    )?;
    let by = |level: Level| because.and(Parameter::Level, level as u16);
    let off = |reason, level| Err(Verdict::new(reason, by(level)));
    match cell {
        Cell::OffByDefault => {
            gates.ask(Gate::RoleSetting, off(Reason::OffByDefault, Level::CatalogDefault))?;
        }
        Cell::OffForRole => gates.ask(Gate::RoleSetting, off(Reason::OffForRole, Level::Role))?,
        Cell::OnByDefault => gates.ask(Gate::RoleSetting, Ok(by(Level::CatalogDefault)))?,
        Cell::OnForRole => gates.ask(Gate::RoleSetting, Ok(by(Level::Role)))?,
        Cell::Absent | Cell::Never | Cell::Inherent => {}
    }
    let lacking = row.needs & !world.so;
    if row.needs != 0 {
        let deny = Verdict::new(Reason::FactFalse, Because::one(Parameter::Permission, permission));
        let so = if lacking == 0 { Ok(facts(row.needs)) } else { Err(deny.with_facts(lacking)) };
        gates.ask(Gate::Facts, so)?;
    }
    row.restricted_by.iter().try_for_each(|restriction| {
        match restricted(evaluation, *restriction, role, world.email) {
            Some(outcome) => gates.ask(Gate::List, outcome),
            None => Asked::Continue(()),
        }
    })
}

/// Facts as what decided; the first four.
fn facts(bits: u64) -> Because {
    positions(bits).fold(Because::NOTHING, |because, fact| because.and(Parameter::Fact, fact))
}

fn allow(evaluation: &Evaluation<'_>, permission: u16, row: &Permission, role: u16) -> Allow {
    let reason = match evaluation.state.cell(role, permission) {
        Cell::OnByDefault => Reason::OnByDefault,
        Cell::OnForRole => Reason::OnForRole,
        Cell::Inherent => Reason::Inherent,
        // Turned away by gates 6 and 7.
        Cell::Absent | Cell::Never | Cell::OffByDefault | Cell::OffForRole => Reason::NotGrantedToRole,
    };
    let because = Because::one(Parameter::Role, role).and(Parameter::Permission, permission);
    Allow { reason, because, obligations: row.obligations }
}

/// A restriction that is on for the domain or for the role, asked of the e-mail domain; `None` where it is off.
fn restricted(evaluation: &Evaluation<'_>, restriction: u16, role: u16, email: Email<'_>) -> Option<Outcome> {
    let state = &evaluation.state;
    let row = evaluation.model().permissions.get(restriction)?;
    let list = row.restricts.as_ref()?.list;
    if state.check_all(&row.conditions).is_err() {
        return None;
    }
    let by_setting = row.setting.filter(|setting| state.check_setting(*setting).is_ok());
    let by_role = state.cell(role, restriction).is_on();
    let because = Because::one(Parameter::List, list);
    let because = match by_setting {
        Some(setting) => because.and(Parameter::Setting, setting),
        None if by_role => because.and(Parameter::Role, role).and(Parameter::Permission, restriction),
        None => return None,
    };
    let entries = state.list(list);
    if entries.is_empty() {
        return Some(Err(Verdict::new(Reason::ListEmpty, because)));
    }
    let on_list = match email {
        Email::Stated(domain) => is_on(entries, domain),
        Email::Assumed { on_lists } => on_lists,
    };
    Some(if on_list { Ok(because) } else { Err(Verdict::new(Reason::NotOnList, because)) })
}

/// Whether sorted, lower-case entries have this one, whatever its ASCII case (PRM-23).
fn is_on(entries: &[Box<str>], domain: &str) -> bool {
    let wanted = || domain.bytes().map(|byte| byte.to_ascii_lowercase());
    entries.binary_search_by(|entry| entry.bytes().cmp(wanted())).is_ok()
}
