//! Permissions: what each role starts with, and how they lead to each other.

use super::{Checker, Names, READS_MAX, numbering, too_many_cells};
use crate::catalog::graph;
use crate::catalog::model::{Cell, Condition, Permission, Positions, Restricts};
use crate::catalog::rows::Rows;
use crate::catalog::source::{CatalogSource, ChangerSource, DefaultSource, PermissionSource};
use crate::diagnostic::Code;
use crate::document::{Name, Set};
use crate::id::bit;

impl Checker {
    pub(in crate::catalog) fn permissions(
        &mut self,
        source: &CatalogSource,
        names: &Names,
    ) -> Rows<Permission> {
        let (roles, permissions) = (source.roles.len(), source.permissions.len());
        if let Some(message) = too_many_cells(roles, permissions) {
            self.problems.add(Code::TooMany, None, message);
            return Rows::default();
        }
        let mut rows: Vec<Permission> = Vec::new();
        for (name, row) in &source.permissions {
            let permission = self.permission(name, row, source, names);
            rows.push(permission);
        }
        self.route(source, names, &mut rows);
        Rows::new(numbering(&source.permissions.names()), rows.into())
    }

    fn permission(
        &mut self,
        name: &Name,
        row: &PermissionSource,
        source: &CatalogSource,
        names: &Names,
    ) -> Permission {
        let restricts = row.restricts.as_ref().and_then(|restricts| {
            let permission = self.required(name, restricts.permission.as_ref(), "permission");
            let list = self.required(name, restricts.to.as_ref(), "to");
            Some(Restricts {
                permission: self.find(&names.permissions, permission?, "permission")?,
                list: self.find(&names.lists, list?, "list")?,
                besides: self.find_all(&names.roles, &restricts.besides, "role"),
            })
        });
        if let Some(category) = &row.category {
            self.grammar(category);
        }
        let setting = self.find_maybe(&names.settings, row.setting.as_ref(), "setting");
        let mut conditions = self.scope(&row.plans, &row.add_ons, &row.kinds, names);
        if row.restricts.is_none() {
            conditions.extend(setting.map(|setting| Condition::Settings([setting].into())));
        } else if !(row.needs.is_empty()
            && row.exempt.is_empty()
            && row.instead.is_empty()
            && row.otherwise.is_none())
        {
            let message =
                "a restriction is not asked for, so it has no `needs`, `exempt`, `instead`, `otherwise`";
            self.contradiction(name.span(), message);
        }
        Permission {
            guard: 0,
            slot: None,
            category: row.category.as_ref().map(|category| category.get_ref().as_str().into()),
            conditions: conditions.into(),
            cells: self.cells(name, row, source, names),
            setting,
            needs: self.bits(&names.facts, &row.needs, "fact"),
            exempt: self.bits(&names.facts, &row.exempt, "fact"),
            instead: row
                .instead
                .iter()
                .filter_map(|(fact, other)| {
                    let fact = self.find(&names.facts, fact, "fact");
                    let other = self.find(&names.permissions, other, "permission");
                    fact.zip(other)
                })
                .collect(),
            otherwise: self
                .find_maybe(&names.permissions, row.otherwise.as_ref(), "permission")
                .into_iter()
                .collect(),
            restricts,
            restricted_by: Positions::default(),
            supreme_change: row.change == Some(ChangerSource::Supreme),
            obligations: self.bits(&names.obligations, &row.obligations, "obligation"),
            reads: 0,
            reads_list: false,
            is_plain: false,
        }
    }

    /// What each base role starts with.
    fn cells(
        &mut self,
        name: &Name,
        row: &PermissionSource,
        source: &CatalogSource,
        names: &Names,
    ) -> Box<[Cell]> {
        for (role, _) in &row.default {
            self.find(&names.roles, role, "role");
        }
        let mut cells = Vec::with_capacity(source.roles.len());
        for (role, role_row) in &source.roles {
            let default = row.default.get(role.get_ref().as_str());
            let inherent = stated(&role_row.inherent, name);
            let never = stated(&role_row.never, name);
            if let Some(inherent) = inherent {
                if never.is_some() || default.is_some() {
                    let message = format!(
                        "`{}` is inherent for role `{}` and configurable or forbidden as well",
                        name.get_ref(),
                        role.get_ref()
                    );
                    self.contradiction(inherent.span(), message);
                }
            }
            if role_row.supreme && default.is_some() {
                let message = format!("role `{}` is supreme and has no default", role.get_ref());
                self.contradiction(name.span(), message);
            }
            cells.push(match (inherent, never, default) {
                (Some(_), _, _) => Cell::Inherent,
                (_, Some(_), _) | (_, _, Some(DefaultSource::Never)) => Cell::Never,
                (_, _, Some(DefaultSource::On)) => Cell::OnByDefault,
                (_, _, Some(DefaultSource::Off)) => Cell::OffByDefault,
                // A supreme role holds every permission; a restriction is none.
                _ if role_row.supreme && row.restricts.is_none() => Cell::Inherent,
                _ => Cell::Absent,
            });
        }
        cells.into()
    }

    /// Links permissions to each other: chains, restrictions, and what a question may read.
    fn route(&mut self, source: &CatalogSource, names: &Names, rows: &mut [Permission]) {
        for (role, row) in &source.roles {
            self.find_all(&names.permissions, &row.inherent, "permission");
            self.find_all(&names.permissions, &row.never, "permission");
            if row.verified_by.is_some() && !row.supreme {
                self.contradiction(role.span(), "only a supreme role is verified");
            }
        }
        let next: Vec<Positions> = rows
            .iter()
            .map(|row| {
                row.otherwise.iter().copied().chain(row.instead.iter().map(|(_, other)| *other)).collect()
            })
            .collect();
        let reached = self.chains(&source.permissions.names(), &next, "permission", "instead` or `otherwise");
        let otherwise: Vec<Positions> = rows.iter().map(|row| row.otherwise.clone()).collect();
        // Part of the chains above: what is wrong with these was noted there.
        for (row, chain) in rows.iter_mut().zip(graph::chains(&otherwise).unwrap_or_default()) {
            row.otherwise = chain;
        }
        self.link_restrictions(source, rows);
        self.check_targets(source, names, rows);
        self.collect_reads(source, rows, reached);
    }

    fn link_restrictions(&mut self, source: &CatalogSource, rows: &mut [Permission]) {
        let links: Vec<(u16, u16)> = (0..=u16::MAX)
            .zip(rows.iter())
            .filter_map(|(position, row)| Some((position, row.restricts.as_ref()?.permission)))
            .collect();
        for (restriction, target) in links {
            let Some(row) = rows.get_mut(usize::from(target)) else { continue };
            if row.restricts.is_some() {
                if let Some(name) = source.permissions.names().get(usize::from(restriction)) {
                    self.contradiction(name.span(), "a restriction cannot restrict another restriction");
                }
            }
            row.restricted_by = row.restricted_by.iter().copied().chain([restriction]).collect();
        }
    }

    /// The targets of `instead` and `otherwise` must be permissions; those of `otherwise` must not route on.
    fn check_targets(&mut self, source: &CatalogSource, names: &Names, rows: &[Permission]) {
        let row_of = |name: &Name| rows.get(usize::from(names.permissions.position(name.get_ref())?));
        for row in source.permissions.values() {
            for target in row.instead.values().chain(&row.otherwise) {
                if row_of(target).is_some_and(|row| row.restricts.is_some()) {
                    self.contradiction(target.span(), "a restriction is not asked for");
                }
            }
            if let Some(target) = &row.otherwise {
                if row_of(target).is_some_and(|row| row.exempt != 0 || !row.instead.is_empty()) {
                    let message = format!(
                        "`{}` has `exempt` or `instead`, which `otherwise` would skip",
                        target.get_ref()
                    );
                    self.contradiction(target.span(), message);
                }
            }
        }
    }

    fn collect_reads(&mut self, source: &CatalogSource, rows: &mut [Permission], reached: Vec<Positions>) {
        let own: Vec<(u64, bool)> = rows
            .iter()
            .map(|row| {
                let routed = row.instead.iter().fold(0, |bits, (fact, _)| bits | bit(*fact));
                (row.needs | row.exempt | routed, !row.restricted_by.is_empty())
            })
            .collect();
        for (((name, _), row), (own_reads, reached)) in
            source.permissions.iter().zip(rows).zip(own.iter().zip(reached))
        {
            let further = reached.iter().filter_map(|other| own.get(usize::from(*other)));
            let (reads, list) = further.fold(*own_reads, |all, one| (all.0 | one.0, all.1 | one.1));
            if reads.count_ones() > READS_MAX {
                let message = format!(
                    "a question about `{}` reads {} facts, at most {READS_MAX} are possible",
                    name.get_ref(),
                    reads.count_ones()
                );
                self.problems.add(Code::TooMany, Some(name.span()), message);
            }
            (row.reads, row.reads_list) = (reads, list);
            row.is_plain = reads == 0 && !list && row.otherwise.is_empty() && row.restricts.is_none();
        }
    }
}

/// The name as it stands in a set, with its place there.
fn stated<'s>(set: &'s Set<Name>, name: &Name) -> Option<&'s Name> {
    set.binary_search(name).ok().and_then(|index| set.get(index))
}
