//! Stored bytes back to what they state: whether an engine could have written them, and in names again.

use super::compact::{Bytes, RoleRow, Section, Stated};
use super::names::{asks_for, is_anchor, is_email_domain};
use super::source::{DomainSource, Heading, ResidencySource, RoleSource};
use crate::catalog::source::{LimitSource, Map};
use crate::catalog::{Model, Numbering, is_id, limit, too_many_cells};
use crate::diagnostic::Problems;
use crate::document::{Name, Spanned};
use crate::id::COUNT_MAX;
use crate::word::Switch;

/// Whether `bytes` state something in the one way in which it is written. What must hold of a domain as a whole is
/// asked apart from that.
pub(super) fn is_canonical(bytes: &[u8], model: &Model) -> bool {
    Stated::read(bytes).and_then(|stated| canonical(&stated, model)).is_some()
}

fn canonical(stated: &Stated<'_>, model: &Model) -> Option<()> {
    so(usize::from(stated.kind) < model.kinds.len() && usize::from(stated.plan) < model.plans.len())?;
    so(u32::from(stated.present).checked_shr(Section::COUNT) == Some(0))?;
    let mut left = stated.sections;
    for _ in 0..stated.present.count_ones() {
        so(!left.part()?.is_empty())?;
    }
    so(left.is_empty())?;
    positions(stated, Section::Regimes, model.regimes.len())?;
    positions(stated, Section::AddOns, model.add_ons.len())?;
    switches(stated.section(Section::OptIns), model.features.len())?;
    switches(stated.section(Section::Settings), model.settings.len())?;
    switches(stated.section(Section::Locked), model.settings.len())?;
    let roles = roles(stated, model)?;
    counts(stated, Section::Holders, roles)?;
    counts(stated, Section::Seats, model.plans.len().checked_add(model.add_ons.len())?)?;
    let named_twice = |product: u64| {
        let add_on = usize::try_from(product).ok()?.checked_sub(model.plans.len())?;
        model.plans.position(model.add_ons.name(u16::try_from(add_on).ok()?))
    };
    so(stated.counts(Section::Seats).all(|(product, _)| named_twice(product).is_none()))?;
    ascending(stated.section(Section::RoleDefaults), |bytes| {
        let (of, role) = (bytes.position()?, bytes.position()?);
        so(usize::from(of) < model.role_defaults.len() && usize::from(role) < roles)?;
        Some(of)
    })?;
    ascending(stated.section(Section::Limits), |bytes| {
        let (of, row) = (bytes.position()?, bytes.limit()?);
        so(usize::from(of) < model.limits.len() && is_sound(&row))?;
        Some(of)
    })?;
    ascending(stated.section(Section::Lists), |bytes| {
        let (list, entries) = (bytes.position()?, bytes.part()?);
        so(usize::from(list) < model.lists.len())?;
        texts(entries, is_email_domain)?;
        Some(list)
    })?;
    texts(stated.section(Section::Attested), |name| asks_for(model, name))?;
    let mut residency = stated.section(Section::Residency);
    if !residency.is_empty() {
        so(residency.byte()? <= 1)?;
        // Without a region there is nothing to state: having moved takes one.
        residency.text()?;
    }
    so(residency.is_empty())
}

fn so(holds: bool) -> Option<()> {
    holds.then_some(())
}

/// Reads every entry to the end; their keys ascend.
fn ascending<'b, K: Ord>(
    mut bytes: Bytes<'b>,
    mut read: impl FnMut(&mut Bytes<'b>) -> Option<K>,
) -> Option<()> {
    let mut last = None;
    while !bytes.is_empty() {
        let key = read(&mut bytes)?;
        so(last.as_ref().is_none_or(|last| *last < key))?;
        last = Some(key);
    }
    Some(())
}

fn positions(stated: &Stated<'_>, section: Section, count: usize) -> Option<()> {
    ascending(stated.section(section), |bytes| bytes.position().filter(|one| usize::from(*one) < count))
}

fn switches(bytes: Bytes<'_>, count: usize) -> Option<()> {
    ascending(bytes, |bytes| bytes.switch().map(|(one, _)| one).filter(|one| usize::from(*one) < count))
}

fn counts(stated: &Stated<'_>, section: Section, count: usize) -> Option<()> {
    ascending(stated.section(section), |bytes| {
        let (of, _) = (bytes.number()?, bytes.number()?);
        usize::try_from(of).ok().filter(|of| *of < count)
    })
}

/// Texts in order; the same may be stated twice.
fn texts(mut bytes: Bytes<'_>, good: impl Fn(&str) -> bool) -> Option<()> {
    let mut last = "";
    while !bytes.is_empty() {
        let text = bytes.text().filter(|text| last <= *text && good(text))?;
        last = text;
    }
    Some(())
}

/// How many roles there are, custom ones included.
fn roles(stated: &Stated<'_>, model: &Model) -> Option<usize> {
    let configured = |row: RoleRow<'_>| {
        switches(row.permissions, model.permissions.len())?;
        Some(row.base).filter(|base| usize::from(*base) < model.roles.len())
    };
    ascending(stated.section(Section::Roles), |bytes| configured(RoleRow::read(bytes)?))?;
    let mut count = model.roles.len();
    ascending(stated.section(Section::CustomRoles), |bytes| {
        let name = bytes.text().filter(|name| is_id(name) && model.roles.position(name).is_none())?;
        configured(RoleRow::read(bytes)?)?;
        count = count.checked_add(1)?;
        Some(name)
    })?;
    so(count <= COUNT_MAX && too_many_cells(count, model.permissions.len()).is_none())?;
    Some(count)
}

fn is_sound(row: &LimitSource) -> bool {
    let mut problems = Problems::default();
    limit(row, 0..0, &mut problems);
    let anchored = row.anchor.as_ref().is_none_or(|anchor| is_anchor(anchor.get_ref()));
    anchored && problems.into_result(None).is_ok()
}

/// What is stated, in names.
pub(super) fn source(stated: &Stated<'_>, model: &Model) -> DomainSource {
    let mut source = DomainSource::default();
    let role_names: Vec<&str> =
        model.roles.names().chain(stated.custom_roles().map(|(name, _)| name)).collect();
    let role = |position: u64| {
        let index = usize::try_from(position).ok();
        name(index.and_then(|index| role_names.get(index)).copied().unwrap_or_default())
    };
    let names = |section: Section, of: &dyn Fn(u16) -> Name| stated.positions(section).map(of).collect();
    *source.domain = Heading {
        id: Some(name(stated.id)),
        kind: Some(named(&model.kinds, stated.kind)),
        plan: Some(named(&model.plans, stated.plan)),
        add_ons: names(Section::AddOns, &|one| named(&model.add_ons, one)),
        regimes: names(Section::Regimes, &|one| named(&model.regimes, one)),
        attested: stated.attested().map(name).collect(),
    };
    source.holders = stated.counts(Section::Holders).map(|(of, count)| (role(of), count)).collect();
    source.settings = in_names(stated.section(Section::Settings), &model.settings);
    source.locked = in_names(stated.section(Section::Locked), &model.settings);
    source.opt_ins = in_names(stated.section(Section::OptIns), &model.features);
    let lists = stated
        .lists()
        .map(|(list, entries)| (named(&model.lists, list), entries.entries(Bytes::text).map(name).collect()));
    source.lists = lists.collect();
    let permissions = |row: &RoleRow<'_>| in_names(row.permissions, &model.permissions);
    let own = stated.roles().map(|row| {
        let stated = RoleSource { based_on: None, permissions: permissions(&row) };
        (named(&model.roles, row.base), stated)
    });
    let custom = stated.custom_roles().map(|(role, row)| {
        let based_on = Some(named(&model.roles, row.base));
        (name(role), RoleSource { based_on, permissions: permissions(&row) })
    });
    source.roles = own.chain(custom).collect();
    let defaults = stated.role_defaults();
    source.role_defaults =
        defaults.map(|(of, to)| (named(&model.role_defaults, of), role(to.into()))).collect();
    source.limits = stated.limits().map(|(limit, row)| (named(&model.limits, limit), row)).collect();
    let products: Vec<&str> = model.plans.names().chain(model.add_ons.names()).collect();
    let product = |index: u64| usize::try_from(index).ok().and_then(|index| products.get(index)).copied();
    let seats = stated.counts(Section::Seats);
    source.seats = seats.map(|(of, count)| (name(product(of).unwrap_or_default()), count)).collect();
    let (region, migrated) = stated.residency();
    *source.residency = ResidencySource { region: region.map(name), migrated };
    source
}

/// A name that no text has.
fn name(text: &str) -> Name {
    Spanned::new(0..0, text.to_owned())
}

fn named(rows: &Numbering, position: u16) -> Name {
    name(rows.name(position))
}

fn in_names(switches: Bytes<'_>, rows: &Numbering) -> Map<Switch> {
    switches.entries(Bytes::switch).map(|(position, to)| (named(rows, position), to)).collect()
}
