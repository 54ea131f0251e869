//! What roles are: what is fixed, what custom roles take from their base, and several roles at once.

mod common;

use std::collections::BTreeSet;

use common::{Customer, DIVISION, ORGANIZATION, Table, WORKSPACE, because, decide, problems, reason_for};
use serde_json::json;
use tollkeeper::catalog::Catalog;
use tollkeeper::id::PermissionId;

const CUSTOM: &str = "
    [roles.clerk]
    based_on = 'admin'
    [roles.contractor]
    based_on = 'member'
    [roles.visitor]
    based_on = 'guest'
";

// ROL-01 ROL-02 ROL-03 ROL-04 ROL-05 ROL-06 CRD-01
#[test]
fn what_a_role_holds_by_its_nature() {
    let table = Table::of(
        "
        permission                   super_admin  admin                member               guest
        access_admin_console         inherent     inherent             not-granted-to-role  not-granted-to-role
        manage_users                 inherent     inherent             not-granted-to-role  not-granted-to-role
        manage_team_membership       inherent     inherent             not-granted-to-role  not-granted-to-role
        maintain_trusted_domains     inherent     inherent             not-granted-to-role  not-granted-to-role
        view_roles                   inherent     inherent             not-granted-to-role  not-granted-to-role
        appoint_super_admins         inherent     not-granted-to-role  not-granted-to-role  not-granted-to-role
        configure_admin_permissions  inherent     not-granted-to-role  not-granted-to-role  not-granted-to-role
        control_apps                 inherent     not-granted-to-role  not-granted-to-role  not-granted-to-role
        export_domain                inherent     not-granted-to-role  not-granted-to-role  not-granted-to-role
        configure_sign_on            inherent     not-granted-to-role  not-granted-to-role  not-granted-to-role
        configure_provisioning       inherent     not-granted-to-role  not-granted-to-role  not-granted-to-role
        configure_data_residency     inherent     not-granted-to-role  not-granted-to-role  not-granted-to-role
        control_ai                   inherent     not-granted-to-role  not-granted-to-role  not-granted-to-role
        configure_org_settings       inherent     not-granted-to-role  not-granted-to-role  not-granted-to-role
        use_product                  inherent     inherent             inherent             not-granted-to-role
        view_shared_work             inherent     inherent             inherent             inherent
        trigger_ai_workflows         inherent     inherent             inherent             inherent
        build_ai_workflows           inherent     inherent             inherent             never-for-role
        create_goals                 inherent     inherent             inherent             never-for-role
        administer_team              inherent     inherent             inherent             never-for-role
        ",
    );
    let engine = Customer { tables: CUSTOM, ..ORGANIZATION }.engine();
    for (permission, column, expected) in table.cells() {
        let custom = match column {
            "admin" => Some("clerk"),
            "member" => Some("contractor"),
            "guest" => Some("visitor"),
            _ => None,
        };
        for role in std::iter::once(column).chain(custom) {
            assert_eq!(reason_for(&engine, &[role], permission), expected, "{role} {permission}");
        }
    }
    // ROL-02: whatever an admin has, and whatever else there is.
    let catalog = Catalog::builtin();
    let restriction = |name: &str| name == "restrict_guest_invites";
    for (permission, _) in catalog.all::<PermissionId>().filter(|(name, _)| !restriction(name)) {
        assert_eq!(reason_for(&engine, &["super_admin"], permission), "inherent", "{permission}");
    }
}

// ROL-02 ROL-03 ROL-04 ROL-05: what is fixed is no matter of configuration.
#[test]
fn what_is_fixed_cannot_be_configured() {
    let table = Table::of(
        "
        role         permission            to   code
        admin        access_admin_console  off  inherent-permission
        admin        access_admin_console  on   inherent-permission
        member       create_goals          off  inherent-permission
        guest        view_shared_work      off  inherent-permission
        guest        create_goals          on   never-for-role
        guest        build_ai_workflows    on   never-for-role
        guest        administer_team       on   never-for-role
        admin        export_domain         on   no-such-permission
        member       access_admin_console  on   no-such-permission
        super_admin  create_teams          off  immutable-role
        super_admin  create_teams          on   immutable-role
        ",
    );
    for row in &table.rows {
        let tables = format!("[roles.{}]\npermissions = {{ {} = '{}' }}", row[0], row[1], row[2]);
        let codes = Customer { tables: &tables, ..ORGANIZATION }.codes();
        assert!(codes.contains(&row[3].to_owned()), "{row:?}: {codes:?}");
    }
}

// ROL-06: the copy is one of the defaults, not of what the domain made of the base.
#[test]
fn a_custom_role_does_not_follow_later_edits_of_its_base() {
    let tables = "
        [roles.member]
        permissions = { create_teams = 'off', share_portfolios = 'off' }
        [roles.contractor]
        based_on = 'member'
        [roles.trainee]
        based_on = 'member'
        permissions = { create_teams = 'off' }
        [roles.admin]
        permissions = { manage_roles = 'on' }
        [roles.clerk]
        based_on = 'admin'
        [roles.guest]
        permissions = { upload_files = 'off' }
        [roles.visitor]
        based_on = 'guest'
    ";
    let engine = Customer { tables, ..ORGANIZATION }.engine();
    let table = Table::of(
        "
        role        permission        result
        member      create_teams      off-for-role
        member      share_portfolios  off-for-role
        contractor  create_teams      on-by-default
        contractor  share_portfolios  on-by-default
        trainee     create_teams      off-for-role
        trainee     share_portfolios  on-by-default
        admin       manage_roles      on-for-role
        clerk       manage_roles      off-by-default
        guest       upload_files      off-for-role
        visitor     upload_files      on-by-default
        visitor     create_teams      never-for-role
        ",
    );
    for row in &table.rows {
        assert_eq!(reason_for(&engine, &[row[0]], row[1]), row[2], "{row:?}");
    }
}

// ROL-06
#[test]
fn custom_roles_are_based_on_admin_member_or_guest() {
    for (base, expected) in [
        ("admin", &[][..]),
        ("member", &[]),
        ("guest", &[]),
        ("super_admin", &["immutable-role"]),
        ("nobody", &["unknown-name"]),
    ] {
        let tables = format!("[roles.clerk]\nbased_on = '{base}'");
        assert_eq!(Customer { tables: &tables, ..ORGANIZATION }.codes(), expected, "{base}");
    }
    // One custom role is no base for another.
    let tables = "[roles.clerk]\nbased_on = 'admin'\n[roles.trainee]\nbased_on = 'clerk'";
    assert_eq!(Customer { tables, ..ORGANIZATION }.codes(), ["unknown-name"]);
}

// ROL-07
#[test]
fn custom_roles_take_a_plan_with_configurable_roles() {
    let table = Table::of(
        "
        plan               bought                  result
        personal           -                       not-in-plan
        starter            -                       not-in-plan
        starter            permissions_management  not-in-plan
        advanced           permissions_management  not-in-plan
        enterprise         -                       not-in-plan
        enterprise         compliance_management   not-in-plan
        enterprise         permissions_management  -
        enterprise_plus    -                       -
        premium            -                       not-in-plan
        business           -                       not-in-plan
        legacy_enterprise  -                       -
        ",
    );
    for row in &table.rows {
        let heading = if row[1] == "-" { String::new() } else { format!("add_ons = ['{}']", row[1]) };
        let customer = Customer { plan: row[0], heading: &heading, tables: CUSTOM, ..ORGANIZATION };
        let expected: BTreeSet<&str> = [row[2]].into_iter().filter(|code| *code != "-").collect();
        let codes = customer.codes();
        assert_eq!(codes.iter().map(String::as_str).collect::<BTreeSet<_>>(), expected, "{row:?}");
    }
}

// ROL-10: an organization says how many super admins there are; other kinds have none to count.
#[test]
fn an_organization_states_its_super_admins() {
    let table = Table::of(
        "
        kind          holders          result
        organization  -                missing-count
        organization  super_admin=0    -
        organization  super_admin=1    -
        division      -                -
        workspace     -                -
        ",
    );
    for row in &table.rows {
        let holders = row[1].replace('-', "");
        let codes = Customer { kind: row[0], holders: &holders, ..ORGANIZATION }.codes();
        assert_eq!(
            codes.join(" "),
            row[2].replace('-', "").replace("missingcount", "missing-count"),
            "{row:?}"
        );
    }
}

// ROL-09: a division admin is the admin role; neither kind of domain changes what a role holds by its nature.
#[test]
fn roles_are_the_same_in_every_kind_of_domain() {
    let everywhere = [ORGANIZATION.engine(), DIVISION.engine(), WORKSPACE.engine()];
    let catalog = Catalog::builtin();
    for (permission, _) in catalog.all::<PermissionId>() {
        for role in ["admin", "member", "guest"] {
            let mut reasons: Vec<_> =
                everywhere.iter().map(|engine| reason_for(engine, &[role], permission)).collect();
            reasons.dedup();
            assert_eq!(reasons.len(), 1, "{role} {permission}: {reasons:?}");
        }
    }
}

// ROL-09: a standing is no role, and opens nothing but what a rule names it for.
#[test]
fn a_standing_holds_no_permission() {
    for customer in [ORGANIZATION, WORKSPACE] {
        let engine = customer.engine();
        for (permission, _) in Catalog::builtin().all::<PermissionId>() {
            let record = decide(
                &engine,
                json!({
                    "subject": { "standings": ["billing_owner", "workspace_creator"] },
                    "action": { "permission": permission },
                    "context": { "facts": { "draft": false, "via_app": false, "from_email": false } },
                }),
            );
            let expected = if permission == "restrict_guest_invites" {
                "malformed-request"
            } else {
                "not-granted-to-role"
            };
            assert_eq!(record.reason.to_string(), expected, "{permission}");
        }
    }
}

// A subject with several roles may do what any one of them may do, in whatever order they are stated.
#[test]
fn several_roles_add_up() {
    let tables = "
        [roles.member]
        permissions = { create_teams = 'off' }
        [roles.contractor]
        based_on = 'member'
        [roles.guest]
        permissions = { upload_files = 'off' }
    ";
    let engine = Customer { tables, ..ORGANIZATION }.engine();
    let table = Table::of(
        "
        roles               permission         result               by
        guest+contractor    create_teams       on-by-default        contractor
        guest+member        create_teams       off-for-role         member
        guest+admin         create_teams       on-by-default        admin
        guest+super_admin   create_teams       inherent             super_admin
        guest+member        upload_files       on-by-default        member
        guest+member        create_goals       inherent             member
        guest+guest         create_goals       never-for-role       guest
        guest+member        manage_roles       not-granted-to-role  guest
        guest+admin         manage_roles       off-by-default       admin
        member+contractor   export_domain      not-granted-to-role  contractor
        ",
    );
    for row in &table.rows {
        let roles: Vec<&str> = row[0].split('+').collect();
        let reversed: Vec<&str> = roles.iter().rev().copied().collect();
        let doubled: Vec<&str> = roles.iter().chain(&roles).copied().collect();
        let ask = |roles: &[&str]| {
            decide(&engine, json!({ "subject": { "roles": roles }, "action": { "permission": row[1] } }))
        };
        let record = ask(&roles);
        assert_eq!(record.reason.to_string(), row[2], "{row:?}");
        if row[1] != "export_domain" {
            assert_eq!(because(&record, "role"), Some(row[3]), "{row:?}");
        }
        assert_eq!(ask(&reversed), record, "{row:?}");
        assert_eq!(ask(&doubled), record, "{row:?}");
    }
}

// Adding a role takes nothing away; having none is legal and holds nothing.
#[test]
fn every_pair_of_roles_may_do_what_either_may() {
    let tables = "
        [settings]
        uploads = 'off'
        guest_invites_trusted_only = 'on'
        [lists]
        trusted_domains = ['partner.example']
        [roles.member]
        permissions = { delete_tasks = 'off', delete_self_created_tasks = 'off' }
        [roles.clerk]
        based_on = 'admin'
        permissions = { manage_roles = 'on', assign_roles = 'off', use_apps = 'off' }
        [roles.visitor]
        based_on = 'guest'
        permissions = { restrict_guest_invites = 'on', import_files = 'off' }
    ";
    let engine = Customer { tables, ..ORGANIZATION }.engine();
    let roles = ["super_admin", "admin", "member", "guest", "clerk", "visitor"];
    let allows = |roles: &[&str], permission| {
        let reason = reason_for(&engine, roles, permission);
        tollkeeper::decision::Reason::ALL.iter().any(|one| one.as_str() == reason && one.gate().is_none())
    };
    for (permission, _) in Catalog::builtin().all::<PermissionId>() {
        for one in roles {
            for other in roles {
                let either = allows(&[one], permission) || allows(&[other], permission);
                assert_eq!(allows(&[one, other], permission), either, "{one} {other} {permission}");
            }
        }
        let expected =
            if permission == "restrict_guest_invites" { "malformed-request" } else { "not-granted-to-role" };
        if permission != "upload_files" {
            assert_eq!(reason_for(&engine, &[], permission), expected, "{permission}");
        }
    }
}

// The mistakes of a domain file, each at its place.
#[test]
fn a_domain_file_with_many_mistakes_reports_each_where_it_stands() {
    let text = "\
[domain]
id = 'acme'
kind = 'organisation'
plan = 'enterprise_plus'
add_ons = ['permission_management']
regimes = ['key_management', 'gdpr']
attested = ['keys']
[holders]
super_admin = 2
contracter = 1
[settings]
upload = 'off'
apps = 'maybe'
[lists]
trusted_domains = ['partner.example', '*.example', 'a@b.example', 'example.']
[roles.super_admin]
permissions = { create_teams = 'off' }
[roles.guest]
based_on = 'member'
permissions = { create_teams = 'on', manage_roles = 'on', view_shared_work = 'off', fly = 'on' }
[roles.contractor]
permissions = { upload_files = 'off' }
[roles.Clerk]
based_on = 'admin'
[roles.boss]
based_on = 'super_admin'
[limits.ai_output]
limit = 3
[limits.ai_outputs]
limit = 1000
every = 'month'
anchor = '2026-13-31'
[opt_ins]
smart_editor = 'on'
[seats]
enterprize = 3
";
    let table = Table::of(
        "
        place  code
        3:8    unknown-name
        5:12   unknown-name
        6:12   regime-not-in-force
        6:30   unknown-name
        7:13   unknown-name
        10:1   unknown-name
        12:1   unknown-name
        15:39  unknown-value
        15:52  unknown-value
        15:67  unknown-value
        16:8   immutable-role
        19:12  contradiction
        20:17  never-for-role
        20:38  no-such-permission
        20:59  inherent-permission
        20:85  unknown-name
        21:8   missing-key
        23:8   malformed-id
        26:12  immutable-role
        27:9   unknown-name
        32:10  out-of-range
        34:1   contradiction
        36:1   unknown-name
        ",
    );
    let found = problems(&text.replace("apps = 'maybe'", "apps = 'on'"));
    let found: Vec<String> = found.iter().map(|(place, code)| format!("{place} {code}")).collect();
    let expected: Vec<String> = table.rows.iter().map(|row| row.join(" ")).collect();
    assert_eq!(found, expected);
    // What is no domain file at all is reported before names are looked at.
    assert_eq!(problems(text), [("13:8".to_owned(), "unknown-value".to_owned())]);
}

#[test]
fn what_a_domain_leaves_out_or_says_twice_is_reported() {
    for (text, expected) in [
        ("", &[("", "missing-key"), ("", "missing-key"), ("", "missing-key")][..]),
        ("[domain]\nid = 'a'\nkind = 'workspace'\n", &[("1:2", "missing-key")]),
        ("[domain]\nid = 'a'\nkind = 'workspace'\nplan = 'starter'\nplan = 'x'", &[("5:1", "syntax")]),
        ("[domain]\nid = 3\nkind = 'workspace'\nplan = 'starter'", &[("2:6", "wrong-type")]),
        ("[domain]\nid = 'a'\nkind = 'workspace'\nplan = 'starter'\n[role.x]", &[("5:2", "unknown-table")]),
        (
            "[domain]\nid = 'a'\nkind = 'workspace'\nplan = 'starter'\nregimes = ['hipaa', 'hipaa']",
            &[("5:21", "duplicate")],
        ),
        ("[domain]\nid = 'a'\nkind = 'organization'\nplan = 'starter'", &[("3:8", "missing-count")]),
        (
            "[domain]\nid = 'a'\nkind = 'workspace'\nplan = 'starter'\n[limits.ai_outputs]\nevery = 'month'",
            &[("5:9", "missing-key")],
        ),
        (
            "[domain]\nid = 'a'\nkind = 'workspace'\nplan = 'starter'\n[limits.ai_outputs]\nlimit = 3\nstop = 'soft'",
            &[("5:9", "missing-key")],
        ),
        (
            "[domain]\nid = 'a'\nkind = 'workspace'\nplan = 'starter'\n[limits.ai_outputs]\nlimit = 3\nstop = 'soft'\nceiling_percent = 99",
            &[("8:19", "out-of-range")],
        ),
        (
            "[domain]\nid = 'a'\nkind = 'workspace'\nplan = 'starter'\n[residency]\nmigrated = true",
            &[("5:2", "missing-key")],
        ),
    ] {
        let found = problems(text);
        let found: Vec<(&str, &str)> =
            found.iter().map(|(place, code)| (place.as_str(), code.as_str())).collect();
        assert_eq!(found, expected, "{text}");
    }
}
