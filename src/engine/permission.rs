//! Permissions: gates 2 to 10, routing, alternatives, and facts that are not stated.

#![expect(clippy::inline_always, reason = "one permission asked of one role is one straight stretch of code")]

use super::completion::{mattering, so_in};
use super::evaluate::Evaluation;
use super::gates::{Asked, Gates};
use super::observer::{Nobody, Observer, Outcome};
use crate::catalog::model::Permission;
use crate::decision::{Because, Gate, Parameter, Reason, Verdict};
use crate::domain::Cell;
use crate::id::{PermissionId, bit, positions};
use crate::request::Context;
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
struct World {
    so: u64,
    /// Whether an e-mail domain that is not stated is taken to be on every list that has entries, or on none.
    on_lists: bool,
}

/// The decision about one permission, facts that are not stated included.
///
/// Every completion of the unstated facts that the question reads is decided. If all allow, it is an allow; if
/// none does, the ordinary deny with those facts false; if some do, `missing-fact` names each fact that matters.
#[inline(always)]
pub(super) fn decide<O: Observer>(evaluation: Evaluation<'_>, asked: u16, observer: &mut O) -> Held {
    let Some(row) = evaluation.model().permissions.get(asked) else {
        return Err(Verdict::new(Reason::MalformedRequest, Because::NOTHING));
    };
    match Open::of(evaluation, row).is_nothing() {
        true => question(evaluation, asked, row, World::ordinary(evaluation), observer),
        false => decide_open(evaluation, asked, row, observer),
    }
}

/// The same of a permission that asks for nothing but static conditions and a role, and of somebody with one role;
/// `None` where there is more to ask.
#[inline(always)]
pub(super) fn decide_plain(evaluation: Evaluation<'_>, asked: PermissionId) -> Option<Held> {
    let asked = Some(asked).filter(|asked| asked.is_of(evaluation.model().tag))?.position();
    let row = evaluation.model().permissions.get(asked).filter(|row| row.is_plain)?;
    let role = evaluation.request.subject.only_role()?.position();
    let observer = &mut Nobody;
    let mut gates = Gates::new(observer);
    let state = evaluation.state();
    let cell = state.cell_of(role, asked, row);
    let asked_all = gates
        .ask_static(evaluation, row.guard, &row.conditions, (Gate::Plan, Gate::Setting))
        .and_then(|()| ask_cell(asked, role, cell, &mut gates));
    Some(asked_all.map(|()| held(asked, role, cell, row)))
}

/// Whether the subject has a permission that a feature or a change takes.
#[inline(never)]
pub(super) fn is_held<O: Observer>(evaluation: Evaluation<'_>, permission: u16, observer: &mut O) -> Held {
    decide(evaluation, permission, observer)
}

/// The decision with every unstated fact taken as false.
pub(super) fn decide_as_if_false(evaluation: Evaluation<'_>, asked: u16) -> Held {
    let Some(row) = evaluation.model().permissions.get(asked) else {
        return Err(Verdict::new(Reason::MalformedRequest, Because::NOTHING));
    };
    question(evaluation, asked, row, World::ordinary(evaluation), &mut Nobody)
}

impl World {
    /// The completion with everything that is not stated false.
    fn ordinary(evaluation: Evaluation<'_>) -> Self {
        Self { so: evaluation.request.context.facts.so, on_lists: false }
    }
}

/// What a question reads and the request does not state.
struct Open {
    so: u64,
    unstated: u64,
    email_matters: bool,
}

/// Decides every completion of what is open.
#[inline(never)]
fn decide_open<O: Observer>(
    evaluation: Evaluation<'_>,
    asked: u16,
    row: &Permission,
    observer: &mut O,
) -> Held {
    Open::of(evaluation, row).decide(evaluation, asked, row, observer)
}

impl Open {
    fn of(evaluation: Evaluation<'_>, row: &Permission) -> Self {
        let Context { facts, email_domain, .. } = evaluation.request.context;
        Self {
            so: facts.so,
            unstated: row.reads & !(facts.so | facts.not_so),
            email_matters: row.reads_list && email_domain.is_none(),
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
    fn world(&self, number: usize) -> World {
        let on_lists = self.email_matters && number >> self.unstated.count_ones().min(6) & 1 == 1;
        World { so: self.so | so_in(self.unstated, number), on_lists }
    }

    fn decide<O: Observer>(
        &self,
        evaluation: Evaluation<'_>,
        asked: u16,
        row: &Permission,
        observer: &mut O,
    ) -> Held {
        let count = self.count();
        let worlds = 1_usize << count;
        let ordinary = question(evaluation, asked, row, self.world(0), observer);
        let (mut allowing, mut obligations) = ordinary.map_or((0, 0), |allow| (1_u128, allow.obligations));
        for number in 1..worlds {
            if let Ok(allow) = question(evaluation, asked, row, self.world(number), &mut Nobody) {
                allowing |= 1_u128 << number;
                obligations |= allow.obligations;
            }
        }
        if allowing == 0 {
            return ordinary;
        }
        let mattering = mattering(count, |number| allowing >> number & 1 == 1);
        if mattering == 0 {
            // All allow. Hiding a fact hides no obligation.
            return ordinary.map(|allow| Allow { obligations, ..allow });
        }
        let missing = self.missing(mattering);
        observer.undecided(missing);
        Err(missing)
    }

    /// Names what matters: one bit a fact, then one for the e-mail domain.
    fn missing(&self, mattering: usize) -> Verdict {
        let email = self.world(mattering).on_lists;
        let because = Because::NOTHING.and_maybe(Parameter::EmailDomain, email.then_some(0));
        Verdict::new(Reason::MissingFact, because).with_facts(so_in(self.unstated, mattering))
    }
}

/// The decision about one permission when everything is known.
#[inline(always)]
fn question<O: Observer>(
    evaluation: Evaluation<'_>,
    asked: u16,
    row: &Permission,
    world: World,
    observer: &mut O,
) -> Held {
    match instead(row, world) {
        None => direct(evaluation, asked, row, world, observer),
        Some(other) => routed(evaluation, (asked, row), other, world, observer),
    }
}

/// The permission that a true fact hands the question to.
#[inline]
fn instead(row: &Permission, world: World) -> Option<u16> {
    row.instead.iter().find(|(fact, _)| world.so & bit(*fact) != 0).map(|(_, other)| *other)
}

/// The decision of the permission that the question is handed on to, with the obligations of those passed by.
#[inline(never)]
fn routed<O: Observer>(
    evaluation: Evaluation<'_>,
    (asked, row): (u16, &Permission),
    other: u16,
    world: World,
    observer: &mut O,
) -> Held {
    let unknown = Verdict::new(Reason::UnknownPermission, Because::NOTHING);
    let (mut decider, mut obligations) = (other, row.obligations);
    // Catalogs with circles are refused, so this ends.
    let last = loop {
        let row = evaluation.model().permissions.get(decider).ok_or(unknown)?;
        match instead(row, world) {
            Some(next) => decider = next,
            None => break row,
        }
        obligations |= row.obligations;
    };
    let allow = direct(evaluation, decider, last, world, observer)?;
    let own = direct(evaluation, asked, row, world, &mut Nobody);
    let despite = own.err().map(|deny| deny.reason());
    let obligations = obligations | allow.obligations;
    Ok(Allow { obligations, ..by_other(asked, decider, despite, allow) })
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
#[inline(always)]
fn direct<O: Observer>(
    evaluation: Evaluation<'_>,
    asked: u16,
    row: &Permission,
    world: World,
    observer: &mut O,
) -> Held {
    let exempt = row.exempt & world.so != 0;
    let last = if exempt { Gate::Compliance } else { Gate::Setting };
    let permission = Because::one(Parameter::Permission, asked);
    if O::WATCHES {
        observer.alternative(Some(asked), None);
    }
    let mut gates = Gates::new(observer);
    let asked_static = gates.ask_static(evaluation, row.guard, &row.conditions, (Gate::Plan, last));
    let blocked = gates.conclude(asked_static);
    if exempt {
        let exempted = Allow { reason: Reason::Exempt, because: permission, obligations: row.obligations };
        return blocked.map(|()| exempted);
    }
    if O::WATCHES {
        // Who watches sees what the roles give as well.
        let by_role = alternatives(evaluation, asked, row, world, observer);
        return blocked.and(by_role);
    }
    blocked?;
    alternatives(evaluation, asked, row, world, observer)
}

/// The best of what the subject's roles give, each by itself or through an `otherwise` permission.
struct Best {
    held: Held,
    /// The smaller, the better: denies by how far they got, allows before denies; then the chain, then the role.
    rank: (u8, u16, u16),
}

#[inline(always)]
fn alternatives<O: Observer>(
    evaluation: Evaluation<'_>,
    asked: u16,
    row: &Permission,
    world: World,
    observer: &mut O,
) -> Held {
    if let (Some(role), []) = (evaluation.request.subject.only_role(), &*row.otherwise) {
        // One alternative is the best there is.
        return alternative(evaluation, asked, asked, row, role.position(), world, observer);
    }
    best(evaluation, asked, row, world, observer)
}

/// The best of several alternatives, each asked.
#[inline(never)]
fn best<O: Observer>(
    evaluation: Evaluation<'_>,
    asked: u16,
    row: &Permission,
    world: World,
    observer: &mut O,
) -> Held {
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
    evaluation: Evaluation<'_>,
    asked: u16,
    row: &Permission,
    role: u16,
    world: World,
    observer: &mut O,
    best: &mut Option<Best>,
) {
    let own = alternative(evaluation, asked, asked, row, role, world, observer);
    keep(best, own, 0, role);
    let mut last = own;
    for (link, permission) in (1..=u16::MAX).zip(row.otherwise.iter()) {
        if !last.is_err_and(|deny| deny.reason().leads_on()) {
            return;
        }
        let Some(row) = evaluation.model().permissions.get(*permission) else { return };
        last = alternative(evaluation, asked, *permission, row, role, world, observer);
        let despite = own.err().map(|deny| deny.reason());
        keep(best, last.map(|allow| by_other(asked, *permission, despite, allow)), link, role);
    }
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
#[inline(always)]
fn alternative<O: Observer>(
    evaluation: Evaluation<'_>,
    asked: u16,
    permission: u16,
    row: &Permission,
    role: u16,
    world: World,
    observer: &mut O,
) -> Held {
    let state = evaluation.state();
    if O::WATCHES {
        observer.alternative(Some(permission), Some(role));
    }
    let mut gates = Gates::new(observer);
    let cell = state.cell_of(role, permission, row);
    let asked_all = if permission == asked {
        ask_role(evaluation, permission, row, role, cell, world, &mut gates)
    } else {
        let own = (Gate::Plan, Gate::Setting);
        gates
            .ask_static(evaluation, row.guard, &row.conditions, own)
            .and_then(|()| ask_role(evaluation, permission, row, role, cell, world, &mut gates))
    };
    gates.conclude(asked_all)?;
    Ok(held(permission, role, cell, row))
}

fn held(permission: u16, role: u16, cell: Cell, row: &Permission) -> Allow {
    Allow { reason: reason(cell), because: held_by(permission, role), obligations: row.obligations }
}

fn held_by(permission: u16, role: u16) -> Because {
    Because::one(Parameter::Role, role).and(Parameter::Permission, permission)
}

/// By cell: why a role holds a permission or does not, as far as gates 6 and 7 go.
const REASONS: [Reason; 7] = [
    Reason::NotGrantedToRole,
    Reason::NeverForRole,
    Reason::OffByDefault,
    Reason::OffForRole,
    Reason::OnByDefault,
    Reason::OnForRole,
    Reason::Inherent,
];

fn reason(cell: Cell) -> Reason {
    REASONS.get(cell as usize).copied().unwrap_or(Reason::NotGrantedToRole)
}

/// Who turned a permission on or off for a role; nobody what is fixed.
pub(super) const fn level(cell: Cell) -> Option<Level> {
    match cell {
        Cell::OffByDefault | Cell::OnByDefault => Some(Level::CatalogDefault),
        Cell::OffForRole | Cell::OnForRole => Some(Level::Role),
        Cell::Absent | Cell::Never | Cell::Inherent => None,
    }
}

#[inline(always)]
fn ask_role<O: Observer>(
    evaluation: Evaluation<'_>,
    permission: u16,
    row: &Permission,
    role: u16,
    cell: Cell,
    world: World,
    gates: &mut Gates<'_, O>,
) -> Asked {
    ask_cell(permission, role, cell, gates)?;
    match row.needs & !world.so {
        0 if row.needs == 0 => {}
        0 => gates.pass(Gate::Facts, || facts(row.needs)),
        lacking => {
            let because = Because::one(Parameter::Permission, permission);
            gates.fail(Gate::Facts, Verdict::new(Reason::FactFalse, because).with_facts(lacking))?;
        }
    }
    for restriction in &row.restricted_by {
        if let Some(outcome) = restricted(evaluation, *restriction, role, world) {
            gates.ask(Gate::List, outcome)?;
        }
    }
    Ok(())
}

/// Gates 6 and 7.
#[inline(always)]
fn ask_cell<O: Observer>(permission: u16, role: u16, cell: Cell, gates: &mut Gates<'_, O>) -> Asked {
    let because = held_by(permission, role);
    let by_setting = || because.and_maybe(Parameter::Level, level(cell).map(|level| level as u16));
    match (cell.is_on(), cell.is_configurable()) {
        (true, configurable) => {
            gates.pass(Gate::Role, || because);
            if configurable {
                gates.pass(Gate::RoleSetting, by_setting);
            }
            Ok(())
        }
        (false, true) => {
            gates.pass(Gate::Role, || because);
            gates.fail(Gate::RoleSetting, Verdict::new(reason(cell), by_setting()))
        }
        (false, false) => gates.fail(Gate::Role, Verdict::new(reason(cell), because)),
    }
}

/// Facts as what decided; the first four.
fn facts(bits: u64) -> Because {
    positions(bits).fold(Because::NOTHING, |because, fact| because.and(Parameter::Fact, fact))
}

/// A restriction that is on for the domain or for the role, asked of the e-mail domain; `None` where it is off.
#[inline(never)]
fn restricted(evaluation: Evaluation<'_>, restriction: u16, role: u16, world: World) -> Option<Outcome> {
    let state = evaluation.state();
    let row = evaluation.model().permissions.get(restriction)?;
    let list = row.restricts.as_ref()?.list;
    if !state.hold(&row.conditions) {
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
    let stated = evaluation.request.context.email_domain;
    let on_list = stated.map_or(world.on_lists, |domain| is_on(entries, domain));
    Some(if on_list { Ok(because) } else { Err(Verdict::new(Reason::NotOnList, because)) })
}

/// Whether sorted, lower-case entries have this one, whatever its ASCII case (PRM-23).
fn is_on(entries: &[Box<str>], domain: &str) -> bool {
    let wanted = || domain.bytes().map(|byte| byte.to_ascii_lowercase());
    entries.binary_search_by(|entry| entry.bytes().cmp(wanted())).is_ok()
}
