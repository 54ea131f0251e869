//! The content hash of a domain: the same for equal domains, whatever the order and layout of their files.
//!
//! Hashing what a domain states is cheaper than printing it, and nothing can be left out unnoticed: every struct
//! is taken apart completely.

use std::hash::Hasher;

use super::source::{DomainSource, Heading, ResidencySource, RoleSource};
use crate::catalog::source::{LimitSource, Map};
use crate::document::{Name, Spanned};
use crate::hash::Fnv;
use crate::word::Switch;

/// Bytes that no UTF-8 text has: they end a text, end a group, and stand for what is not stated.
const END_OF_TEXT: u8 = 0xFF;
const END_OF_GROUP: u8 = 0xFE;
const NOT_STATED: u8 = 0xFD;

/// The content hash of what a domain states.
pub(super) fn digest(source: &DomainSource) -> u64 {
    let DomainSource {
        domain,
        holders,
        settings,
        locked,
        opt_ins,
        lists,
        roles,
        role_defaults,
        limits,
        seats,
        residency,
    } = source;
    let Heading { id, kind, plan, add_ons, regimes, attested } = &**domain;
    let ResidencySource { region, migrated } = &**residency;
    let mut digest = Digest(Fnv::default());
    for name in [id, kind, plan, region] {
        digest.maybe(name.as_ref());
    }
    for names in [add_ons, regimes, attested] {
        digest.names(names);
    }
    for counts in [holders, seats] {
        digest.map(counts, |digest, count| digest.number(*count));
    }
    for switches in [settings, locked, opt_ins] {
        digest.switches(switches);
    }
    digest.map(lists, |digest, entries| digest.names(entries));
    digest.map(roles, |digest, RoleSource { based_on, permissions }| {
        digest.maybe(based_on.as_ref());
        digest.switches(permissions);
    });
    digest.map(role_defaults, |digest, role| digest.text(role.get_ref()));
    digest.map(limits, Digest::limit);
    digest.byte(u8::from(*migrated));
    digest.0.finish()
}

struct Digest(Fnv);

impl Digest {
    fn byte(&mut self, byte: u8) {
        self.0.write(&[byte]);
    }

    fn number(&mut self, number: u64) {
        self.0.write(&number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.0.write(text.as_bytes());
        self.byte(END_OF_TEXT);
    }

    fn maybe(&mut self, name: Option<&Name>) {
        match name {
            Some(name) => self.text(name.get_ref()),
            None => self.byte(NOT_STATED),
        }
    }

    fn names(&mut self, names: &[Name]) {
        for name in names {
            self.text(name.get_ref());
        }
        self.byte(END_OF_GROUP);
    }

    fn map<T>(&mut self, map: &Map<T>, mut value: impl FnMut(&mut Self, &T)) {
        for (name, row) in map {
            self.text(name.get_ref());
            value(self, row);
        }
        self.byte(END_OF_GROUP);
    }

    fn switches(&mut self, switches: &Map<Switch>) {
        self.map(switches, |digest, to| digest.byte(u8::from(*to == Switch::On)));
    }

    fn limit(&mut self, limit: &LimitSource) {
        let LimitSource { limit, every, anchor, stop, ceiling_percent } = limit;
        let numbers = [*limit, ceiling_percent.as_ref().map(Spanned::get_ref).copied()];
        for number in numbers {
            match number {
                Some(number) => {
                    self.byte(END_OF_TEXT);
                    self.number(number);
                }
                None => self.byte(NOT_STATED),
            }
        }
        self.maybe(anchor.as_ref());
        self.byte(every.map_or(NOT_STATED, |every| every as u8));
        self.byte(*stop as u8);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::Domain;

    fn hash(text: &str) -> u64 {
        Domain::parse(text).unwrap().hash()
    }

    #[test]
    fn order_layout_and_comments_do_not_matter() {
        let one = "[settings]\na = 'on'\nb = 'off'\n[domain]\nid = 'x'\nregimes = ['r', 's']";
        let same =
            "# the same\ndomain = { regimes = ['s', 'r'], id = \"x\" }\nsettings = { b = 'off', a = 'on' }";
        assert_eq!(hash(one), hash(same));
        assert_eq!(hash(one), hash(&Domain::parse(one).unwrap().to_toml()));
    }

    #[test]
    fn whatever_a_domain_states_makes_it_another_one() {
        let texts = [
            "",
            "[domain]\nid = 'x'",
            "[domain]\nkind = 'x'",
            "[domain]\nplan = 'x'",
            "[domain]\nadd_ons = ['x']",
            "[domain]\nadd_ons = ['x', 'y']",
            "[domain]\nadd_ons = ['xy']",
            "[domain]\nregimes = ['x']",
            "[domain]\nattested = ['x']",
            "[holders]\nx = 1",
            "[holders]\nx = 2",
            "[seats]\nx = 1",
            "[settings]\nx = 'on'",
            "[settings]\nx = 'off'",
            "[locked]\nx = 'on'",
            "[opt_ins]\nx = 'on'",
            "[lists]\nx = []",
            "[lists]\nx = ['y']",
            "[roles.x]",
            "[roles.x]\nbased_on = 'y'",
            "[roles.x]\npermissions = { y = 'on' }",
            "[roles.x]\npermissions = { y = 'off' }",
            "[role_defaults]\nx = 'y'",
            "[role_defaults]\nx = 'z'",
            "[limits.x]",
            "[limits.x]\nlimit = 1",
            "[limits.x]\nceiling_percent = 1",
            "[limits.x]\nevery = 'month'",
            "[limits.x]\nevery = 'year'",
            "[limits.x]\nanchor = '2026-01-31'",
            "[limits.x]\nstop = 'none'",
            "[residency]\nregion = 'x'",
            "[residency]\nmigrated = true",
        ];
        let hashes: BTreeSet<u64> = texts.iter().map(|text| hash(text)).collect();
        assert_eq!(hashes.len(), texts.len());
    }
}
