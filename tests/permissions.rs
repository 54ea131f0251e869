//! What each role has of each configurable permission, and what the organization makes of it.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::format_push_string,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::panic,
    clippy::string_slice,
    clippy::too_many_lines,
    clippy::unwrap_used,
    reason = "a test fails by panicking; a table is as long as it is"
)]

mod common;

use common::{Customer, ORGANIZATION, Table, because, decide, facts, problems, reason_for};
use serde_json::{Value, json};
use tollkeeper::catalog::Catalog;
use tollkeeper::engine::Engine;
use tollkeeper::id::{FactId, PermissionId};

/// One custom role for each role that one can be based on.
const CUSTOM: [(&str, &str); 3] = [("admin", "clerk"), ("member", "contractor"), ("guest", "visitor")];

/// The customer with its custom roles, and the same permissions stated for a role and the one based on it.
fn configured(base: &str, permissions: &str) -> String {
    let mut tables = String::new();
    for (standard, custom) in CUSTOM {
        let stated = if standard == base { permissions } else { "" };
        tables += &format!("[roles.{standard}]\npermissions = {{ {stated} }}\n");
        tables += &format!("[roles.{custom}]\nbased_on = '{standard}'\npermissions = {{ {stated} }}\n");
    }
    tables
}

/// The role of a column, and the custom one based on it.
fn roles_of(column: &str) -> Vec<&str> {
    let custom = CUSTOM.iter().find(|(base, _)| *base == column).map(|(_, custom)| *custom);
    std::iter::once(column).chain(custom).collect()
}

// PRM-01 PRM-03 PRM-04 PRM-05 PRM-06 PRM-07 PRM-08 PRM-09 PRM-10 PRM-11 PRM-12 PRM-13 PRM-14 PRM-15 PRM-16
// PRM-21 PRM-30 ROL-01 ROL-06
#[test]
fn an_untouched_domain_has_the_defaults() {
    let table = Table::of(
        "
        permission                  super_admin  admin           member               guest
        invite_guests               inherent     on-by-default   on-by-default        on-by-default
        create_company_goals        inherent     on-by-default   on-by-default        never-for-role
        add_field_to_library        inherent     on-by-default   on-by-default        on-by-default
        create_teams                inherent     on-by-default   on-by-default        never-for-role
        share_portfolios            inherent     on-by-default   on-by-default        on-by-default
        delete_tasks                inherent     on-by-default   on-by-default        on-by-default
        delete_self_created_tasks   inherent     on-by-default   on-by-default        on-by-default
        export_project_data         inherent     on-by-default   on-by-default        on-by-default
        import_files                inherent     on-by-default   on-by-default        on-by-default
        upload_files                inherent     on-by-default   on-by-default        on-by-default
        download_files_mobile       inherent     on-by-default   on-by-default        on-by-default
        use_personal_access_tokens  inherent     on-by-default   on-by-default        on-by-default
        use_apps                    inherent     on-by-default   on-by-default        on-by-default
        manage_roles                inherent     off-by-default  not-granted-to-role  not-granted-to-role
        assign_roles                inherent     on-by-default   not-granted-to-role  not-granted-to-role
        ",
    );
    let tables = configured("", "");
    let engine = Customer { tables: &tables, ..ORGANIZATION }.engine();
    for (permission, column, expected) in table.cells() {
        for role in roles_of(column) {
            assert_eq!(reason_for(&engine, &[role], permission), expected, "{role} {permission}");
        }
    }
}

// PRM-03 PRM-05 PRM-15 PRM-16 PRM-21 PRM-22: what is not for a role makes the whole file wrong.
#[test]
fn each_role_can_be_given_what_exists_for_it_and_nothing_else() {
    let table = Table::of(
        "
        permission                  admin        member              guest
        invite_guests               on-for-role  on-for-role         on-for-role
        create_company_goals        on-for-role  on-for-role         !never-for-role
        add_field_to_library        on-for-role  on-for-role         on-for-role
        create_teams                on-for-role  on-for-role         !never-for-role
        share_portfolios            on-for-role  on-for-role         on-for-role
        delete_tasks                on-for-role  on-for-role         on-for-role
        delete_self_created_tasks   on-for-role  on-for-role         on-for-role
        export_project_data         on-for-role  on-for-role         on-for-role
        import_files                on-for-role  on-for-role         on-for-role
        upload_files                on-for-role  on-for-role         on-for-role
        download_files_mobile       on-for-role  on-for-role         on-for-role
        use_personal_access_tokens  on-for-role  on-for-role         on-for-role
        use_apps                    on-for-role  on-for-role         on-for-role
        manage_roles                on-for-role  !no-such-permission !no-such-permission
        assign_roles                on-for-role  !no-such-permission !no-such-permission
        ",
    );
    for (permission, column, expected) in table.cells() {
        let tables = configured(column, &format!("{permission} = 'on'"));
        let customer = Customer { tables: &tables, ..ORGANIZATION };
        if let Some(code) = expected.strip_prefix('!') {
            assert_eq!(customer.codes(), [code, code], "{column} {permission}");
            continue;
        }
        let engine = customer.engine();
        for role in roles_of(column) {
            assert_eq!(reason_for(&engine, &[role], permission), expected, "{role} {permission}");
        }
    }
}

// PRM-01 PRM-03 PRM-04 PRM-05 PRM-06 PRM-07 PRM-08 PRM-09 PRM-10 PRM-11 PRM-12 PRM-13 PRM-14 PRM-15 PRM-16
// PRM-30
#[test]
fn what_is_turned_off_for_a_role_is_off_for_it_alone() {
    let table = Table::of(
        "
        permission                  admin         member               guest
        invite_guests               off-for-role  off-for-role         off-for-role
        create_company_goals        off-for-role  off-for-role         never-for-role
        add_field_to_library        off-for-role  off-for-role         off-for-role
        create_teams                off-for-role  off-for-role         never-for-role
        share_portfolios            off-for-role  off-for-role         off-for-role
        delete_self_created_tasks   off-for-role  off-for-role         off-for-role
        export_project_data         off-for-role  off-for-role         off-for-role
        import_files                off-for-role  off-for-role         off-for-role
        upload_files                off-for-role  off-for-role         off-for-role
        download_files_mobile       off-for-role  off-for-role         off-for-role
        use_personal_access_tokens  off-for-role  off-for-role         off-for-role
        use_apps                    off-for-role  off-for-role         off-for-role
        manage_roles                off-for-role  !no-such-permission  !no-such-permission
        assign_roles                off-for-role  !no-such-permission  !no-such-permission
        ",
    );
    let untouched = Customer { tables: &configured("", ""), ..ORGANIZATION }.engine();
    for (permission, column, expected) in table.cells() {
        let tables = configured(column, &format!("{permission} = 'off'"));
        let customer = Customer { tables: &tables, ..ORGANIZATION };
        if let Some(code) = expected.strip_prefix('!') {
            assert_eq!(customer.codes(), [code, code], "{column} {permission}");
            continue;
        }
        let engine = customer.engine();
        for role in ["super_admin", "admin", "clerk", "member", "contractor", "guest", "visitor"] {
            let concerned = roles_of(column).contains(&role);
            let expected =
                if concerned { expected.to_owned() } else { reason_for(&untouched, &[role], permission) };
            assert_eq!(reason_for(&engine, &[role], permission), expected, "{role} {permission}");
        }
    }
}

// PRM-11 PRM-12 PRM-13 PRM-14 PRM-29 PRM-30
#[test]
fn no_role_reopens_what_the_organization_closed() {
    let ceilings = [
        ("upload_files", "uploads"),
        ("download_files_mobile", "mobile_downloads"),
        ("use_personal_access_tokens", "personal_access_tokens"),
        ("use_apps", "apps"),
    ];
    let table = Table::of(
        "
        organization  role  super_admin  member
        on            on    inherent     on-for-role
        on            off   inherent     off-for-role
        off           on    setting-off  setting-off
        off           off   setting-off  setting-off
        ",
    );
    for (permission, setting) in ceilings {
        for row in &table.rows {
            for table in ["settings", "locked"] {
                let tables = format!(
                    "[{table}]\n{setting} = '{}'\n{}",
                    row[0],
                    configured("member", &format!("{permission} = '{}'", row[1]))
                );
                let engine = Customer { tables: &tables, ..ORGANIZATION }.engine();
                assert_eq!(reason_for(&engine, &["super_admin"], permission), row[2], "{row:?} {permission}");
                assert_eq!(reason_for(&engine, &["member"], permission), row[3], "{row:?} {permission}");
                assert_eq!(reason_for(&engine, &["contractor"], permission), row[3], "{row:?} {permission}");
            }
        }
    }
}

// PRM-29: a setting closes its own permission and no other.
#[test]
fn a_closed_setting_closes_its_permission_only() {
    let engine = Customer { tables: "[settings]\nuploads = 'off'", ..ORGANIZATION }.engine();
    for (permission, expected) in [
        ("upload_files", "setting-off"),
        ("import_files", "on-by-default"),
        ("use_apps", "on-by-default"),
        ("download_files_mobile", "on-by-default"),
        ("use_personal_access_tokens", "on-by-default"),
    ] {
        assert_eq!(reason_for(&engine, &["member"], permission), expected, "{permission}");
    }
}

// ROL-07: on a plan without configurable roles, what a file says of a role stays without effect.
#[test]
fn roles_stay_as_shipped_where_the_plan_does_not_let_them_be_configured() {
    let table = Table::of(
        "
        plan               bought                  member
        personal           -                       on-by-default
        starter            -                       on-by-default
        starter            permissions_management  on-by-default
        advanced           -                       on-by-default
        advanced           permissions_management  on-by-default
        enterprise         -                       on-by-default
        enterprise         permissions_management  off-for-role
        enterprise_plus    -                       off-for-role
        premium            -                       on-by-default
        business           -                       on-by-default
        legacy_enterprise  -                       off-for-role
        ",
    );
    for row in &table.rows {
        let heading = if row[1] == "-" { String::new() } else { format!("add_ons = ['{}']", row[1]) };
        let tables = "[roles.member]\npermissions = { share_portfolios = 'off' }";
        let engine = Customer { plan: row[0], heading: &heading, tables, ..ORGANIZATION }.engine();
        assert_eq!(reason_for(&engine, &["member"], "share_portfolios"), row[2], "{row:?}");
    }
}

// ROL-07: where a catalog has no rule for who configures roles, nobody may, and no plan keeps a file from it.
#[test]
fn a_file_configures_roles_in_a_catalog_that_lets_nobody_change_them() {
    let catalog = "
        [catalog]
        id = 'x'
        version = '1'
        [kinds.team]
        [plans.only]
        [roles.member]
        [permissions.share]
        default = { member = 'on' }
        [permissions.export]
        default = { member = 'off' }
    ";
    let domain = "
        [domain]
        id = 'x'
        kind = 'team'
        plan = 'only'
        [roles.member]
        permissions = { share = 'off', export = 'on' }
    ";
    let engine = Engine::parse(&Catalog::parse(catalog).unwrap(), domain).unwrap();
    let reason = |action: Value| {
        let request = json!({ "subject": { "roles": ["member"] }, "action": action });
        decide(&engine, request).reason.to_string()
    };
    assert_eq!(reason(json!({ "permission": "share" })), "off-for-role");
    assert_eq!(reason(json!({ "permission": "export" })), "on-for-role");
    let change = json!({ "role": "member", "permission": "share", "to": "on" });
    assert_eq!(reason(json!({ "change": change })), "not-authorized");
}

// PRM-20
#[test]
fn every_configurable_permission_has_its_category() {
    let table = Table::of(
        "
        permission                  category
        invite_guests               invite
        restrict_guest_invites      invite
        create_company_goals        create_work
        add_field_to_library        create_work
        create_teams                create_work
        share_portfolios            share
        delete_tasks                tasks
        delete_self_created_tasks   tasks
        export_project_data         data_in_out
        import_files                data_in_out
        upload_files                data_in_out
        download_files_mobile       data_in_out
        use_personal_access_tokens  integrations
        use_apps                    integrations
        manage_roles                admin_user_management
        assign_roles                admin_user_management
        ",
    );
    let catalog = Catalog::builtin();
    for (permission, _, category) in table.cells() {
        assert_eq!(catalog.category(catalog.find(permission).unwrap()), Some(category), "{permission}");
    }
    let filed = catalog.all().filter(|(_, permission)| catalog.category(*permission).is_some()).count();
    assert_eq!(filed, table.rows.len());
}

/// The reason for which a member may or may not use a permission in this context, and what it is about.
fn in_context(engine: &Engine, role: &str, permission: &str, context: Value) -> (String, String) {
    let request =
        json!({ "subject": { "roles": [role] }, "action": { "permission": permission }, "context": context });
    let record = decide(engine, request);
    (record.reason.to_string(), facts(&record).join("+"))
}

fn invite(engine: &Engine, role: &str, email_domain: Option<&str>) -> String {
    let context = email_domain.map_or(json!({}), |domain| json!({ "email_domain": domain }));
    let (reason, _) = in_context(engine, role, "invite_guests", context);
    reason
}

// PRM-02 PRM-23
#[test]
fn an_invitee_is_from_a_trusted_domain_if_an_entry_is_equal() {
    let tables = "
        [settings]
        guest_invites_trusted_only = 'on'
        [lists]
        trusted_domains = ['partner.example', 'Second.Example']";
    let engine = Customer { tables, ..ORGANIZATION }.engine();
    for (email_domain, expected) in [
        (Some("partner.example"), "on-by-default"),
        (Some("PARTNER.Example"), "on-by-default"),
        (Some("second.example"), "on-by-default"),
        (Some("mail.partner.example"), "not-on-list"),
        (Some("example"), "not-on-list"),
        (Some("artner.example"), "not-on-list"),
        (Some("partner.example."), "not-on-list"),
        (Some(".partner.example"), "not-on-list"),
        (Some(" partner.example"), "not-on-list"),
        (Some("ann@partner.example"), "not-on-list"),
        (Some("partner.example.net"), "not-on-list"),
        (Some("pärtner.example"), "not-on-list"),
        // A letter that turns into a plain `s` or `k` only under Unicode folding.
        (Some("\u{17f}econd.example"), "not-on-list"),
        (Some(""), "not-on-list"),
        (None, "missing-fact"),
    ] {
        for role in ["member", "guest", "admin"] {
            assert_eq!(invite(&engine, role, email_domain), expected, "{role} {email_domain:?}");
        }
        // PRM-30: a restriction binds a super admin, too.
        let expected = if expected == "on-by-default" { "inherent" } else { expected };
        assert_eq!(invite(&engine, "super_admin", email_domain), expected, "super_admin {email_domain:?}");
    }
    let (_, missing) = in_context(&engine, "member", "invite_guests", json!({}));
    assert_eq!(missing, "email_domain");
}

// PRM-02 PRM-23 PRM-29: either level restricts; without an entry nobody is invited, whoever it is.
#[test]
fn a_restriction_is_in_force_as_soon_as_one_level_has_it_on() {
    let table = Table::of(
        "
        organization  member  entries  member_outsider  guest_outsider  member_unstated
        off           off     some     on-by-default    on-by-default   on-by-default
        off           on      some     not-on-list      on-by-default   missing-fact
        on            off     some     not-on-list      not-on-list     missing-fact
        on            on      some     not-on-list      not-on-list     missing-fact
        off           off     none     on-by-default    on-by-default   on-by-default
        off           on      none     list-empty       on-by-default   list-empty
        on            off     none     list-empty       list-empty      list-empty
        on            on      none     list-empty       list-empty      list-empty
        ",
    );
    for row in &table.rows {
        let entries = if row[2] == "some" { "'partner.example'" } else { "" };
        let tables = format!(
            "[settings]\nguest_invites_trusted_only = '{}'\n[lists]\ntrusted_domains = [{entries}]\n\
             [roles.member]\npermissions = {{ restrict_guest_invites = '{}' }}",
            row[0], row[1],
        );
        let engine = Customer { tables: &tables, ..ORGANIZATION }.engine();
        assert_eq!(invite(&engine, "member", Some("outside.example")), row[3], "{row:?}");
        assert_eq!(invite(&engine, "guest", Some("outside.example")), row[4], "{row:?}");
        assert_eq!(invite(&engine, "member", None), row[5], "{row:?}");
    }
}

// PRM-23: only invitations are checked.
#[test]
fn a_restriction_touches_nothing_but_invitations() {
    let restricted = Customer {
        tables: "[settings]\nguest_invites_trusted_only = 'on'\n[lists]\ntrusted_domains = []",
        ..ORGANIZATION
    };
    let (restricted, plain) = (restricted.engine(), ORGANIZATION.engine());
    let catalog = Catalog::builtin();
    for (permission, _) in catalog.all::<PermissionId>() {
        for role in ["super_admin", "admin", "member", "guest"] {
            let (with, without) =
                (reason_for(&restricted, &[role], permission), reason_for(&plain, &[role], permission));
            let expected = if permission == "invite_guests" { "list-empty" } else { &without };
            assert_eq!(with, expected, "{role} {permission}");
        }
    }
}

// PRM-02 DEC-02: a restriction is no action.
#[test]
fn nobody_uses_a_restriction() {
    let engine = ORGANIZATION.engine();
    for role in ["super_admin", "admin", "member", "guest"] {
        assert_eq!(reason_for(&engine, &[role], "restrict_guest_invites"), "malformed-request", "{role}");
    }
}

// PRM-23: a restriction that nobody is left to be restricted by.
#[test]
fn a_restriction_without_anybody_to_restrict_is_refused() {
    let table = Table::of(
        "
        organization  admin_on  member  member_on  guest  result
        on            off       on      off        on     -
        on            off       on      off        off    -
        on            off       off     off        on     -
        on            off       off     off        off    dangling-restriction
        off           off       off     off        off    -
        off           off       off     on         on     dangling-restriction
        off           off       on      on         off    -
        off           on        on      off        off    -
        off           on        off     off        on     -
        off           on        off     off        off    dangling-restriction
        ",
    );
    for row in &table.rows {
        let tables = format!(
            "[settings]\nguest_invites_trusted_only = '{}'\n\
             [roles.admin]\npermissions = {{ restrict_guest_invites = '{}' }}\n\
             [roles.member]\npermissions = {{ invite_guests = '{}', restrict_guest_invites = '{}' }}\n\
             [roles.guest]\npermissions = {{ invite_guests = '{}' }}\n",
            row[0], row[1], row[2], row[3], row[4],
        );
        let expected: &[&str] = if row[5] == "-" { &[] } else { &[row[5]] };
        assert_eq!(Customer { tables: &tables, ..ORGANIZATION }.codes(), expected, "{row:?}");
    }
    // A custom role that may invite is somebody to restrict, unless it is based on admin.
    for (base, expected) in [("member", &[][..]), ("guest", &[]), ("admin", &["dangling-restriction"])] {
        let tables = format!(
            "[settings]\nguest_invites_trusted_only = 'on'\n\
             [roles.member]\npermissions = {{ invite_guests = 'off' }}\n\
             [roles.guest]\npermissions = {{ invite_guests = 'off' }}\n\
             [roles.scout]\nbased_on = '{base}'\n"
        );
        assert_eq!(Customer { tables: &tables, ..ORGANIZATION }.codes(), expected, "{base}");
    }
    // A lock turns it on as much as a setting does.
    let locked = "[locked]\nguest_invites_trusted_only = 'on'\n\
                  [roles.member]\npermissions = { invite_guests = 'off' }\n\
                  [roles.guest]\npermissions = { invite_guests = 'off' }\n";
    assert_eq!(Customer { tables: locked, ..ORGANIZATION }.codes(), ["dangling-restriction"]);
    assert_eq!(problems(&Customer { tables: locked, ..ORGANIZATION }.toml())[0].0, "9:1");
}

/// `+` true, `-` false, `.` not stated.
fn stated(pairs: &[(&str, &str)]) -> Value {
    let facts = pairs
        .iter()
        .filter(|(_, how)| *how != ".")
        .map(|(fact, how)| ((*fact).to_owned(), json!(*how == "+")));
    json!({ "facts": facts.collect::<serde_json::Map<_, _>>() })
}

// PRM-07 PRM-08 PRM-24
#[test]
fn deleting_a_task_takes_access_and_perhaps_authorship() {
    let table = Table::of(
        "
        any  own  draft  task_access  self_created  result                        facts
        on   on   +      -            -             exempt                        -
        on   on   +      .            .             exempt                        -
        on   on   -      +            -             on-by-default                 -
        on   on   -      +            +             on-by-default                 -
        on   on   -      -            +             fact-false                    task_access
        on   on   -      -            -             fact-false                    task_access
        on   on   -      .            -             missing-fact                  task_access
        on   on   -      .            +             missing-fact                  task_access
        on   on   .      .            .             missing-fact                  draft+task_access
        on   on   .      +            .             on-by-default                 -
        on   on   .      -            .             missing-fact                  draft
        on   on   -      +            .             on-by-default                 -
        off  on   -      +            +             decided-by-other-permission   -
        off  on   -      +            -             fact-false                    self_created
        off  on   -      -            +             fact-false                    task_access
        off  on   -      -            -             fact-false                    self_created+task_access
        off  on   -      +            .             missing-fact                  self_created
        off  on   -      .            .             missing-fact                  self_created+task_access
        off  on   .      .            .             missing-fact                  draft+self_created+task_access
        off  on   .      .            -             missing-fact                  draft
        off  on   .      +            +             decided-by-other-permission   -
        off  on   +      -            -             exempt                        -
        off  off  -      +            +             off-for-role                  -
        off  off  .      +            +             missing-fact                  draft
        off  off  -      .            .             off-for-role                  -
        off  off  +      .            .             exempt                        -
        on   off  -      +            -             on-by-default                 -
        on   off  -      -            +             fact-false                    task_access
        ",
    );
    for row in &table.rows {
        let off = |word: &str, permission: &str| {
            if word == "off" { format!("{permission} = 'off', ") } else { String::new() }
        };
        let stated_off = off(row[0], "delete_tasks") + &off(row[1], "delete_self_created_tasks");
        let tables = configured("member", stated_off.trim_end_matches(", "));
        let engine = Customer { tables: &tables, ..ORGANIZATION }.engine();
        let context = stated(&[("draft", row[2]), ("task_access", row[3]), ("self_created", row[4])]);
        let expected = (row[5].to_owned(), row[6].replace('-', ""));
        assert_eq!(in_context(&engine, "member", "delete_tasks", context.clone()), expected, "{row:?}");
        assert_eq!(in_context(&engine, "contractor", "delete_tasks", context), expected, "{row:?}");
    }
}

// PRM-08: the permission by itself is asked for by name, too.
#[test]
fn deleting_what_one_created_takes_both_facts() {
    let engine = ORGANIZATION.engine();
    for (created, access, expected, about) in [
        ("+", "+", "on-by-default", ""),
        ("+", "-", "fact-false", "task_access"),
        ("-", "+", "fact-false", "self_created"),
        (".", "+", "missing-fact", "self_created"),
        (".", "-", "fact-false", "self_created+task_access"),
        (".", ".", "missing-fact", "self_created+task_access"),
    ] {
        let context = stated(&[("self_created", created), ("task_access", access)]);
        let asked = in_context(&engine, "member", "delete_self_created_tasks", context);
        assert_eq!(asked, (expected.to_owned(), about.to_owned()), "{created} {access}");
    }
}

// PRM-10 PRM-25
#[test]
fn tasks_that_arrive_by_mail_are_no_import() {
    let table = Table::of(
        "
        import  from_email  result         facts
        on      +           exempt         -
        on      -           on-by-default  -
        on      .           on-by-default  -
        off     +           exempt         -
        off     -           off-for-role   -
        off     .           missing-fact   from_email
        ",
    );
    for row in &table.rows {
        let stated_off = if row[0] == "off" { "import_files = 'off'" } else { "" };
        let engine = Customer { tables: &configured("guest", stated_off), ..ORGANIZATION }.engine();
        let asked = in_context(&engine, "guest", "import_files", stated(&[("from_email", row[1])]));
        assert_eq!(asked, (row[2].to_owned(), row[3].replace('-', "")), "{row:?}");
    }
}

// PRM-11 PRM-14 PRM-26
#[test]
fn an_upload_through_an_app_is_the_business_of_the_app_permission() {
    let table = Table::of(
        "
        uploads  upload_files  apps  use_apps  via_app  result                       despite       facts
        on       on            on    on        -        on-by-default                -             -
        on       on            on    on        +        decided-by-other-permission  -             -
        on       on            on    on        .        on-by-default                -             -
        off      on            on    on        -        setting-off                  -             -
        off      on            on    on        +        decided-by-other-permission  setting-off   -
        off      on            on    on        .        missing-fact                 -             via_app
        on       off           on    on        -        off-for-role                 -             -
        on       off           on    on        +        decided-by-other-permission  off-for-role  -
        on       on            off   on        +        setting-off                  -             -
        on       on            off   on        .        missing-fact                 -             via_app
        on       on            on    off       +        off-for-role                 -             -
        on       on            on    off       -        on-by-default                -             -
        off      on            off   on        +        setting-off                  -             -
        off      on            off   on        .        setting-off                  -             -
        off      on            on    off       .        setting-off                  -             -
        on       off           on    off       .        off-for-role                 -             -
        on       off           on    off       +        off-for-role                 -             -
        ",
    );
    for row in &table.rows {
        let mut off = Vec::new();
        for (word, permission) in [(row[1], "upload_files"), (row[3], "use_apps")] {
            if word == "off" {
                off.push(format!("{permission} = 'off'"));
            }
        }
        let tables = format!(
            "[settings]\nuploads = '{}'\napps = '{}'\n{}",
            row[0],
            row[2],
            configured("member", &off.join(", "))
        );
        let engine = Customer { tables: &tables, ..ORGANIZATION }.engine();
        let request = json!({
            "subject": { "roles": ["member"] },
            "action": { "permission": "upload_files" },
            "context": stated(&[("via_app", row[4])]),
        });
        let record = decide(&engine, request);
        let of = |word: &str| if word == "-" { None } else { Some(word.to_owned()) };
        assert_eq!(record.reason.to_string(), row[5], "{row:?}");
        assert_eq!(because(&record, "despite").map(str::to_owned), of(row[6]), "{row:?}");
        assert_eq!(facts(&record).join("+"), row[7].replace('-', ""), "{row:?}");
        if row[5] == "decided-by-other-permission" {
            assert_eq!(because(&record, "decided_by"), Some("use_apps"));
        }
    }
}

// PRM-09 PRM-12 PRM-27 PRM-28: one permission for all formats, one for one client; no fact makes a difference.
#[test]
fn exports_and_mobile_downloads_know_no_exceptions() {
    let tables = configured("member", "export_project_data = 'off', download_files_mobile = 'off'");
    let engine = Customer { tables: &tables, ..ORGANIZATION }.engine();
    for permission in ["export_project_data", "download_files_mobile"] {
        for (fact, _) in Catalog::builtin().all::<FactId>() {
            for how in ["+", "-", "."] {
                let asked = in_context(&engine, "member", permission, stated(&[(fact, how)]));
                assert_eq!(asked.0, "off-for-role", "{permission} {fact}");
                let asked = in_context(&engine, "guest", permission, stated(&[(fact, how)]));
                assert_eq!(asked.0, "on-by-default", "{permission} {fact}");
            }
        }
    }
}
