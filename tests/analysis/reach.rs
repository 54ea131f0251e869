use tollkeeper::analysis::{Lever, Reach};
use tollkeeper::decision::Reason;

use super::worlds;

fn cell(role: &str, permission: &str) -> Lever {
    Lever::RolePermission { role: role.to_owned(), permission: permission.to_owned() }
}

// ROL-05, PRM-29, PRM-30
#[test]
fn reach_names_what_decides() {
    let configured = worlds::engine(worlds::CONFIGURED);
    let starter = worlds::engine(worlds::UNVERIFIED);
    let reach = |levers: &[Lever]| Reach::Configurable(levers.to_vec());
    let uploads = Lever::Setting("uploads".to_owned());
    for (engine, role, permission, expected) in [
        (&configured, "super_admin", "use_product", Some(Reach::Always)),
        (&configured, "guest", "use_product", None),
        (&configured, "guest", "create_teams", None),
        (&configured, "helper", "create_teams", Some(reach(&[cell("helper", "create_teams")]))),
        (
            &configured,
            "guest",
            "upload_files",
            Some(reach(&[uploads.clone(), cell("guest", "upload_files")])),
        ),
        (&configured, "super_admin", "upload_files", Some(reach(std::slice::from_ref(&uploads)))),
        // Locked from above: no setting of this domain reopens it.
        (&configured, "guest", "download_files_mobile", None),
        // Without the add-on roles stand at their defaults.
        (&starter, "guest", "upload_files", Some(reach(&[uploads]))),
        (&starter, "guest", "delete_tasks", Some(Reach::Always)),
        (
            &configured,
            "member",
            "invite_guests",
            Some(reach(&[
                Lever::Setting("guest_invites_trusted_only".to_owned()),
                cell("member", "invite_guests"),
                cell("member", "restrict_guest_invites"),
                Lever::List("trusted_domains".to_owned()),
            ])),
        ),
    ] {
        let found = engine.reach(role, permission);
        match expected {
            Some(expected) => assert_eq!(found, expected, "{role} {permission}"),
            None => assert!(matches!(found, Reach::Never(_)), "{role} {permission}: {found:?}"),
        }
    }
}

#[test]
fn never_says_what_is_in_the_way() {
    let engine = worlds::engine(worlds::CONFIGURED);
    let Reach::Never(decision) = engine.reach("guest", "create_teams") else { panic!("a guest never does") };
    assert_eq!(decision.reason, Reason::NeverForRole);
}
