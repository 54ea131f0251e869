//! Change rules: who may change what.

use super::{Checker, Names};
use crate::catalog::model::{ChangeRule, Changes};
use crate::catalog::source::{CatalogSource, ChangeSource, ChangesSource};
use crate::diagnostic::Code;
use crate::document::{Name, Set};

impl Checker {
    pub(in crate::catalog) fn change_rules(
        &mut self,
        of: &Name,
        rows: &Set<ChangeSource>,
        names: &Names,
    ) -> Box<[ChangeRule]> {
        let mut rules: Vec<ChangeRule> = rows.iter().map(|row| self.change_rule(of, row, names)).collect();
        rules.sort();
        rules.into()
    }

    pub(in crate::catalog) fn change_rule(
        &mut self,
        of: &Name,
        row: &ChangeSource,
        names: &Names,
    ) -> ChangeRule {
        let rule = ChangeRule {
            conditions: self.scope(&row.plans, &row.add_ons, &row.kinds, names).into(),
            roles: self.find_all(&names.roles, &row.roles, "role"),
            standings: self.find_all(&names.standings, &row.standings, "standing"),
            permission: self.find_maybe(&names.permissions, row.permission.as_ref(), "permission"),
            to: row.to.iter().copied().collect(),
            when_unheld: self.find_maybe(&names.roles, row.when_unheld.as_ref(), "role"),
        };
        if row.roles.is_empty() && row.standings.is_empty() && row.permission.is_none() {
            let message =
                "a change rule names `roles`, `standings` or a `permission`: this one is for nobody";
            self.problems.add(Code::MissingKey, Some(of.span()), message);
        }
        rule
    }

    pub(in crate::catalog) fn changes(&mut self, source: &CatalogSource, names: &Names) -> Changes {
        const WORDS: [&str; 5] = ["role_permission", "create_role", "delete_role", "assign_role", "opt_in"];
        for (name, _) in &source.changes {
            if !WORDS.contains(&name.get_ref().as_str()) {
                self.problems.add_with_help(
                    Code::UnknownName,
                    Some(name.span()),
                    format!("unknown change `{}`", name.get_ref()),
                    Some(format!("use one of `{}`", WORDS.join("`, `"))),
                );
            }
        }
        let mut rule = |word: &str| {
            source.changes.get_key_value(word).map(|(name, row): (&Name, &ChangesSource)| {
                let row = ChangeSource {
                    roles: row.roles.clone(),
                    permission: row.permission.clone(),
                    plans: row.plans.clone(),
                    kinds: row.kinds.clone(),
                    add_ons: row.add_on.iter().cloned().collect(),
                    ..ChangeSource::default()
                };
                self.change_rule(name, &row, names)
            })
        };
        Changes {
            role_permission: rule("role_permission"),
            create_role: rule("create_role"),
            delete_role: rule("delete_role"),
            assign_role: rule("assign_role"),
            opt_in: rule("opt_in"),
        }
    }
}
