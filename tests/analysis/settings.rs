use tollkeeper::analysis::{Actor, SettingView};
use tollkeeper::decision::Effect;
use tollkeeper::request::{NamedAction, NamedChange, NamedRequest, To};
use tollkeeper::word::{Level, Switch};

use super::worlds;

fn change(view: &SettingView, list: bool, to: &To) -> NamedChange {
    let mut change = NamedChange::default();
    match &view.role {
        Some(role) => (change.role, change.permission) = (Some(role.clone()), Some(view.name.clone())),
        None if list => change.list = Some(view.name.clone()),
        None => change.setting = Some(view.name.clone()),
    }
    change.to = Some(to.clone());
    change
}

// P7, ADM-06
#[test]
fn each_possible_change_equals_its_evaluation() {
    for text in [worlds::CONFIGURED, worlds::UNVERIFIED, worlds::WORKSPACE] {
        let engine = worlds::engine(text);
        let subject = Actor::Role("admin".to_owned()).subject();
        let settings = engine.settings(&subject);
        assert_eq!(settings.settings.len(), 8);
        let views = settings.settings.iter().chain(&settings.role_permissions).map(|view| (view, false));
        for (view, list) in views.chain(settings.lists.iter().map(|view| (view, true))) {
            for possible in &view.changes {
                let mut action = NamedAction::default();
                action.change = Some(change(view, list, &possible.to));
                let request = NamedRequest::new(subject.clone(), action);
                assert_eq!(engine.decide(&request), possible.decision);
                let warns = possible.decision.obligations.iter().any(|one| one == "warn_irreversible");
                assert_eq!(possible.warning, warns);
                let found = engine.remedies_named(&request);
                assert_eq!(found.remedies.first(), possible.remedy.as_ref());
                assert!(possible.decision.effect == Effect::Deny || possible.remedy.is_none());
            }
        }
    }
}

#[test]
fn a_value_comes_with_the_level_that_decided_it() {
    let engine = worlds::engine(worlds::CONFIGURED);
    let settings = engine.settings(&Actor::Role("super_admin".to_owned()).subject());
    let of = |name: &str| settings.settings.iter().find(|view| view.name == name).unwrap();
    for (name, value, level) in [
        ("uploads", Switch::Off, Level::Domain),
        ("mobile_downloads", Switch::Off, Level::Locked),
        ("ml", Switch::On, Level::CatalogDefault),
    ] {
        assert_eq!(
            (of(name).value.clone(), of(name).level),
            (Some(To::Switch(value)), Some(level)),
            "{name}"
        );
    }
    let cells = settings.role_permissions.iter().filter(|view| view.name == "create_teams");
    let cells: Vec<_> = cells.map(|view| (view.role.as_deref().unwrap(), view.level.unwrap())).collect();
    assert_eq!(
        cells,
        [("admin", Level::CatalogDefault), ("member", Level::CatalogDefault), ("helper", Level::Role)]
    );
}
