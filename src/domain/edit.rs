//! Edits: what a domain states, written again with one thing changed.
//!
//! Only the sections that a change is about are written entry by entry, the others are copied. Ids are those of an
//! engine with the domain as it was; so whoever makes several edits creates and deletes roles last, as custom roles
//! are numbered anew then.

use super::change::Change;
use super::compact::{Bytes, RoleRow, Section, Stated, Writer};
use super::names::write_counts;
use crate::catalog::{Model, is_id};
use crate::id::{AddOnId, PlanId, RoleId};
use crate::word::Switch;

/// What a file holds at most: its whole numbers are signed.
const HOLDERS_MAX: u64 = i64::MAX as u64;

/// Something to be stated otherwise.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Edit<'a> {
    /// What a change changes.
    Change(Change<'a>),
    /// Another plan.
    Plan(PlanId),
    /// One add-on more.
    AddOn(AddOnId),
    /// How many hold a role.
    Holders(RoleId, u64),
}

/// What is stated after an edit. `None` where that cannot be written: a role with a name that is no id or that the
/// catalog has, and a role gone that somebody is given by default.
pub(super) fn edited(stated: &[u8], model: &Model, edit: Edit<'_>) -> Option<Vec<u8>> {
    let view = Stated::read(stated)?;
    let plan = match edit {
        Edit::Plan(plan) => plan.position(),
        _ => view.plan,
    };
    let (mut to, editor) = (Writer::new(view.kind, plan, view.id), Editor { model, view, edit });
    for section in Section::ALL {
        let (start, old) = (to.open(), view.section(section));
        if !editor.write(&mut to, section, old)? {
            to.copy(old);
        }
        to.close_section(section, start);
    }
    Some(to.finish())
}

struct Editor<'a> {
    model: &'a Model,
    view: Stated<'a>,
    edit: Edit<'a>,
}

impl<'a> Editor<'a> {
    /// Writes a section, if the edit is about it.
    fn write(&self, to: &mut Writer, section: Section, old: Bytes<'a>) -> Option<bool> {
        match (section, self.edit) {
            (Section::Settings, Edit::Change(Change::Setting { setting, to: position })) => {
                put_switch(to, old, setting.position(), position);
            }
            (Section::OptIns, Edit::Change(Change::OptIn { feature, to: position })) => {
                put_switch(to, old, feature.position(), position);
            }
            (Section::AddOns, Edit::AddOn(add_on)) => {
                let parts = Parts::of(old, &add_on.position(), Bytes::position);
                parts.write(to, |to, _| to.number(add_on.position()));
            }
            (Section::Lists, Edit::Change(Change::List { list, to: entries })) => {
                let read = |bytes: &mut Bytes<'_>| bytes.position().filter(|_| bytes.part().is_some());
                let parts = Parts::of(old, &list.position(), read);
                parts.write(to, |to, _| write_list(to, list.position(), entries));
            }
            (Section::Roles, Edit::Change(Change::RolePermission { role, permission, to: position })) => {
                let role = role.position();
                if usize::from(role) >= self.model.roles.len() {
                    return Some(false);
                }
                let parts = Parts::of(old, &role, |bytes| RoleRow::read(bytes).map(|row| row.base));
                parts.write(to, |to, mut now| {
                    let row = RoleRow::read(&mut now);
                    to.number(role);
                    put_permission(to, row, permission.position(), position);
                });
            }
            (Section::CustomRoles, Edit::Change(change)) => return self.write_custom(to, old, change),
            (Section::Holders, _) => return self.write_holders(to),
            (Section::RoleDefaults, _) => return self.write_role_defaults(to),
            _ => return Some(false),
        }
        Some(true)
    }

    fn write_custom(&self, to: &mut Writer, old: Bytes<'a>, change: Change<'a>) -> Option<bool> {
        let parts = |name: &str| {
            Parts::of(old, &name, |bytes| bytes.text().filter(|_| RoleRow::read(bytes).is_some()))
        };
        match change {
            Change::CreateRole { name, based_on } => {
                if !is_id(name) || self.model.roles.position(name).is_some() {
                    return None;
                }
                parts(name).write(to, |to, _| {
                    to.text(name);
                    to.number(based_on.position());
                    let start = to.open();
                    to.close(start);
                });
            }
            Change::DeleteRole { role } => {
                let Some(name) = self.custom_name(role) else { return Some(false) };
                parts(name).write(to, |_, _| {});
            }
            Change::RolePermission { role, permission, to: position } => {
                let Some(name) = self.custom_name(role) else { return Some(false) };
                parts(name).write(to, |to, mut now| {
                    now.text();
                    let row = RoleRow::read(&mut now);
                    to.text(name);
                    to.number(row.map_or(0, |row| row.base));
                    put_permission(to, row, permission.position(), position);
                });
            }
            _ => return Some(false),
        }
        Some(true)
    }

    fn write_holders(&self, to: &mut Writer) -> Option<bool> {
        let mut holders: Vec<(u64, u64)> = Vec::new();
        for (role, count) in self.view.counts(Section::Holders) {
            let role = u16::try_from(role).ok()?;
            let count = match self.edit {
                Edit::Change(Change::AssignRole { role: given, from }) => {
                    let held = if given.position() == role {
                        count.saturating_add(1).min(HOLDERS_MAX)
                    } else {
                        count
                    };
                    let left = from.is_some_and(|from| from.position() == role);
                    if left { held.saturating_sub(1) } else { held }
                }
                _ => count,
            };
            holders.extend(self.renumbered(role).map(|role| (u64::from(role), count)));
        }
        let stated = match self.edit {
            Edit::Holders(role, count) => Some((role.position().into(), count)),
            Edit::Change(Change::CreateRole { name, .. }) => Some((self.place_of(name).into(), 0)),
            _ => None,
        };
        if let Some((role, _)) = stated {
            holders.retain(|(other, _)| *other != role);
        }
        holders.extend(stated);
        write_counts(to, holders);
        Some(true)
    }

    fn write_role_defaults(&self, to: &mut Writer) -> Option<bool> {
        for (of, role) in self.view.role_defaults() {
            to.number(of);
            to.number(self.renumbered(role)?);
        }
        Some(true)
    }

    /// The number of a role after the edit; none for the one that is gone.
    fn renumbered(&self, role: u16) -> Option<u16> {
        match self.edit {
            Edit::Change(Change::CreateRole { name, .. })
                if self.is_new(name) && role >= self.place_of(name) =>
            {
                role.checked_add(1)
            }
            Edit::Change(Change::DeleteRole { role: gone }) if role == gone.position() => None,
            Edit::Change(Change::DeleteRole { role: gone }) if role > gone.position() => role.checked_sub(1),
            _ => Some(role),
        }
    }

    fn is_new(&self, name: &str) -> bool {
        self.view.custom_roles().all(|(other, _)| other != name)
    }

    /// The number that a custom role of this name has once it is there.
    fn place_of(&self, name: &str) -> u16 {
        let before = self.view.custom_roles().filter(|(other, _)| *other < name).count();
        u16::try_from(self.model.roles.len().saturating_add(before)).unwrap_or(u16::MAX)
    }

    fn custom_name(&self, role: RoleId) -> Option<&'a str> {
        let index = usize::from(role.position()).checked_sub(self.model.roles.len())?;
        self.view.custom_roles().nth(index).map(|(name, _)| name)
    }
}

/// The entries of a section around the one of a key.
struct Parts<'b> {
    before: Bytes<'b>,
    /// Empty where there is none.
    own: Bytes<'b>,
    after: Bytes<'b>,
}

impl<'b> Parts<'b> {
    /// Entries stand in the order of their keys, of which `read` reads one with all that belongs to it.
    fn of<K: Ord>(all: Bytes<'b>, key: &K, read: impl Fn(&mut Bytes<'b>) -> Option<K>) -> Self {
        let mut rest = all;
        loop {
            let mut after = rest;
            match read(&mut after) {
                Some(other) if other < *key => rest = after,
                Some(other) if other == *key => {
                    return Self { before: all.up_to(rest), own: rest.up_to(after), after };
                }
                _ => return Self { before: all.up_to(rest), own: Bytes::default(), after: rest },
            }
        }
    }

    /// Writes them with another entry in the place of that one, which is handed over.
    fn write(self, to: &mut Writer, entry: impl FnOnce(&mut Writer, Bytes<'b>)) {
        to.copy(self.before);
        entry(to, self.own);
        to.copy(self.after);
    }
}

fn put_switch(to: &mut Writer, old: Bytes<'_>, key: u16, position: Switch) {
    let parts = Parts::of(old, &key, |bytes| bytes.switch().map(|(key, _)| key));
    parts.write(to, |to, _| to.switch(key, position));
}

fn put_permission(to: &mut Writer, row: Option<RoleRow<'_>>, permission: u16, position: Switch) {
    let start = to.open();
    put_switch(to, row.map_or_else(Bytes::default, |row| row.permissions), permission, position);
    to.close(start);
}

fn write_list(to: &mut Writer, list: u16, entries: &[&str]) {
    to.number(list);
    let start = to.open();
    lower_case(entries).iter().for_each(|entry| to.text(entry));
    to.close(start);
}

/// Entries of a list as they are compared: lower case, each once, in order.
pub(crate) fn lower_case(entries: &[&str]) -> Vec<String> {
    let mut entries: Vec<String> = entries.iter().map(|entry| entry.to_ascii_lowercase()).collect();
    entries.sort_unstable();
    entries.dedup();
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Bind, Catalog};
    use crate::domain::Domain;
    use crate::domain::names;
    use crate::domain::read::is_canonical;

    const TEXT: &str = "
[domain]
id = 'acme'
kind = 'organization'
plan = 'enterprise'
add_ons = ['permissions_management']
[holders]
super_admin = 2
contractor = 3
manager = 4
[settings]
apps = 'off'
[role_defaults]
members = 'contractor'
[roles.member.permissions]
create_teams = 'off'
[roles.contractor]
based_on = 'guest'
[roles.contractor.permissions]
upload_files = 'off'
[roles.manager]
based_on = 'admin'
";

    fn stated(catalog: &Catalog, text: &str) -> Vec<u8> {
        let domain = Domain::parse(text).unwrap();
        let mut problems = crate::diagnostic::Problems::default();
        let stated = names::write(domain.source(), catalog.model(), &mut problems);
        problems.into_result(Some(text)).unwrap();
        assert!(is_canonical(&stated, catalog.model()), "{text}");
        stated
    }

    fn id<T: Bind>(catalog: &Catalog, name: &str) -> T {
        catalog.find(name).unwrap()
    }

    /// What edits do to the text of the file: the part that is replaced, and by what.
    #[test]
    #[rustfmt::skip]
    fn an_edit_states_what_the_file_states_with_it() {
        let catalog = &Catalog::builtin();
        let model = catalog.model();
        let before = stated(catalog, TEXT);
        let engine = crate::engine::Engine::parse(catalog, TEXT).unwrap();
        let role = |name: &str| engine.role(name).unwrap();
        let setting = |name, to| Change::Setting { setting: id(catalog, name), to };
        let cell = |of, name, to| Change::RolePermission { role: role(of), permission: id(catalog, name), to };
        let create = |name| Change::CreateRole { name, based_on: role("guest") };
        let assign = |to, from: Option<&str>| Change::AssignRole { role: role(to), from: from.map(role) };
        let list = |to| Change::List { list: id(catalog, "trusted_domains"), to };
        let (admin, member) = ("[roles.member.p", "[roles.admin.permissions]\nmanage_roles = 'on'\n[roles.member.p");
        let new = |name: &str| format!("[holders]\n{name} = 0\n\0[roles.{name}]\nbased_on = 'guest'\n");
        for (change, replaced, by) in [
            (setting("apps", Switch::On), "apps = 'off'", "apps = 'on'"),
            (setting("ml", Switch::Off), "[settings]", "[settings]\nml = 'off'"),
            (setting("uploads", Switch::Off), "[settings]", "[settings]\nuploads = 'off'"),
            (cell("member", "create_teams", Switch::On), "create_teams = 'off'", "create_teams = 'on'"),
            (cell("member", "use_apps", Switch::On), "create_teams", "use_apps = 'on'\ncreate_teams"),
            (cell("admin", "manage_roles", Switch::On), admin, member),
            (cell("contractor", "upload_files", Switch::On), "upload_files = 'off'", "upload_files = 'on'"),
            (cell("contractor", "use_apps", Switch::Off), "upload_files", "use_apps = 'off'\nupload_files"),
            (cell("manager", "manage_roles", Switch::On), "[roles.manager]", "[roles.manager]\npermissions = { manage_roles = 'on' }"),
            (list(&["B.example", "a.example"]), "[settings]", "[lists]\ntrusted_domains = ['a.example', 'b.example']\n[settings]"),
            (list(&[]), "[settings]", "[lists]\ntrusted_domains = []\n[settings]"),
            (assign("manager", Some("super_admin")), "super_admin = 2\ncontractor = 3\nmanager = 4", "super_admin = 1\ncontractor = 3\nmanager = 5"),
            (assign("member", None), "", ""),
            (create("auditor"), "[holders]\n\0[roles.contractor]", &new("auditor")),
            (create("editor"), "[holders]\n\0[roles.contractor]", &new("editor")),
            (create("owner"), "[holders]\n\0[roles.contractor]", &new("owner")),
            (Change::DeleteRole { role: role("manager") }, "manager = 4\n\0[roles.manager]\nbased_on = 'admin'\n", "\0"),
        ] {
            let mut text = TEXT.to_owned();
            for (replaced, by) in replaced.split('\0').zip(by.split('\0')) {
                let keep = if replaced == "[roles.contractor]" { replaced } else { "" };
                text = text.replacen(replaced, &format!("{by}{keep}"), 1);
            }
            let after = edited(&before, model, Edit::Change(change));
            assert_eq!(after, Some(stated(catalog, &text)), "{change:?}");
        }
        let upgraded = TEXT.replace("plan = 'enterprise'", "plan = 'enterprise_plus'");
        let bought = TEXT.replace("['permissions_management']", "['key_management', 'permissions_management']");
        let vacated = TEXT.replace("manager = 4", "manager = 0");
        for (edit, text) in [
            (Edit::Plan(id(catalog, "enterprise_plus")), upgraded),
            (Edit::AddOn(id(catalog, "key_management")), bought),
            (Edit::AddOn(id(catalog, "permissions_management")), TEXT.to_owned()),
            (Edit::Holders(role("manager"), 0), vacated),
        ] {
            assert_eq!(edited(&before, model, edit), Some(stated(catalog, &text)), "{edit:?}");
        }
        // A role that new members get by default, and names that no custom role can have.
        for change in [Change::DeleteRole { role: role("contractor") }, create("guest"), create("No Id")] {
            assert_eq!(edited(&before, model, Edit::Change(change)), None, "{change:?}");
        }
    }
}
