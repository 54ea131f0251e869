//! Connectors: from the shape of their rows to the model.

use super::model::{Connect, Connector, LookBack, Mode, Window};
use super::source::{ChangeSource, ConnectSource, ConnectorSource, LookBackSource, Map, ModeSource};
use super::validate::{Checker, Names};
use crate::diagnostic::Code;
use crate::document::{Name, Set};

impl Checker {
    pub(super) fn connector(&mut self, name: &Name, row: &ConnectorSource, names: &Names) -> Connector {
        if row.modes.is_empty() {
            self.missing(name.span(), "modes");
        }
        Connector {
            conditions: self.scope(&row.plans, &row.add_ons, &row.kinds, names).into(),
            connect: self.connect(&row.connect, names),
            disconnect: self.connect(&row.disconnect, names),
            read: self.read(&row.read, names),
            modes: row
                .modes
                .iter()
                .filter_map(|(mode, of)| {
                    let position = names.modes.position(mode.get_ref())?;
                    Some((position, self.mode(mode, of, row, names)))
                })
                .collect(),
            look_back: self.look_back(name, &row.look_back, names),
            initial_sync: self.window(row.initial_sync.as_ref()),
            new_content: self.window(row.new_content.as_ref()),
            permission_sync: self.window(row.permission_sync.as_ref()),
            obligations: self.bits(&names.obligations, &row.obligations, "obligation"),
        }
    }

    fn connect(&mut self, row: &ConnectSource, names: &Names) -> Connect {
        let both = row.needs.iter().find(|name| row.unless.contains(name));
        if let Some(both) = both {
            let message = format!("fact `{}` is in `needs` and in `unless`", both.get_ref());
            self.contradiction(both.span(), message);
        }
        Connect {
            needs: self.bits(&names.facts, &row.needs, "fact"),
            unless: self.bits(&names.facts, &row.unless, "fact"),
            obligations: self.bits(&names.obligations, &row.obligations, "obligation"),
            under: row
                .under
                .iter()
                .filter_map(|(regime, obligations)| {
                    let obligations = self.bits(&names.obligations, obligations, "obligation");
                    Some((self.find(&names.regimes, regime, "regime")?, obligations))
                })
                .collect(),
        }
    }

    /// Facts by type of object.
    fn read(&mut self, rows: &Map<Set<Name>>, names: &Names) -> Box<[(u16, u64)]> {
        let read = rows.iter().filter_map(|(object, needs)| {
            let needs = self.bits(&names.facts, needs, "fact");
            Some((names.objects.position(object.get_ref())?, needs))
        });
        read.collect()
    }

    fn mode(&mut self, name: &Name, row: &ModeSource, of: &ConnectorSource, names: &Names) -> Mode {
        for fact in row.needs.iter().filter(|fact| of.connect.unless.contains(fact)) {
            let message = format!("the connector is not connected where fact `{}` is so", fact.get_ref());
            self.contradiction(fact.span(), message);
        }
        for (object, _) in row.read.iter().filter(|(object, _)| !of.read.contains_key(object.get_ref())) {
            let message = format!("the connector does not read `{}` in any mode", object.get_ref());
            self.contradiction(object.span(), message);
        }
        for to in row.connect.iter().filter(|rule: &&ChangeSource| !rule.to.is_empty()) {
            let at = to.roles.first().unwrap_or(name).span();
            self.contradiction(at, "connecting has no position, so a rule about it has no `to`");
        }
        Mode {
            conditions: self.scope(&row.plans, &row.add_ons, &row.kinds, names).into(),
            needs: self.bits(&names.facts, &row.needs, "fact"),
            connect: self.change_rules(name, &row.connect, names),
            read: self.read(&row.read, names),
        }
    }

    fn look_back(&mut self, name: &Name, row: &LookBackSource, names: &Names) -> Option<LookBack> {
        let fact = self.find_maybe(&names.facts, row.fact.as_ref(), "fact");
        if row.within.is_none() && row.fact.is_some() {
            self.missing(name.span(), "within");
        }
        Some(LookBack { within: self.window(row.within.as_ref())?, fact })
    }

    fn window(&mut self, text: Option<&Name>) -> Option<Window> {
        let name = text?;
        let window = hours(name.get_ref());
        if window.is_none() {
            self.problems.add_with_help(
                Code::OutOfRange,
                Some(name.span()),
                format!("`{}` is no length of time", name.get_ref().escape_debug()),
                Some("write whole hours or days, such as `72h` or `365d`".to_owned()),
            );
        }
        window.map(|hours| Window { text: name.get_ref().as_str().into(), hours })
    }
}

/// A length of time in whole hours or days, at least one, in hours.
fn hours(text: &str) -> Option<u32> {
    let (count, each) = match text.strip_suffix('h') {
        Some(count) => (count, 1),
        None => (text.strip_suffix('d')?, 24),
    };
    let digits = count.bytes().all(|byte| byte.is_ascii_digit()) && !count.starts_with('0');
    count.parse::<u32>().ok().filter(|_| digits)?.checked_mul(each)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_whole_hours_or_days() {
        for (text, expected) in [
            ("72h", Some(72)),
            ("365d", Some(8760)),
            ("1h", Some(1)),
            ("0h", None),
            ("01h", None),
            ("h", None),
            ("1", None),
            ("1w", None),
            ("+1h", None),
            ("1.5h", None),
            ("4294967295h", Some(4_294_967_295)),
            ("4294967295d", None),
        ] {
            assert_eq!(hours(text), expected, "{text}");
        }
    }
}
