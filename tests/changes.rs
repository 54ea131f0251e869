//! Who may change what, and which changes come with a warning.

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

use common::{
    Customer, DIVISION, HIPAA, ORGANIZATION, Table, UNHELD, WORKSPACE, because, change, decide, facts, warned,
};
use serde_json::{Value, json};
use tollkeeper::catalog::Catalog;
use tollkeeper::engine::{Engine, Record};
use tollkeeper::request::NamedRequest;

const SWITCHES: [&str; 3] = ["ml", "ai_partners", "ai_studio"];

/// Somebody as `role`, or as `standing:name`, or as nobody.
fn subject(actor: &str) -> Value {
    match actor.split_once(':') {
        Some((_, standing)) => json!({ "standings": [standing] }),
        None if actor == "nobody" => json!({}),
        None => json!({ "roles": [actor] }),
    }
}

fn change_by(engine: &Engine, actor: &str, change: Value) -> Record {
    decide(engine, json!({ "subject": subject(actor), "action": { "change": change } }))
}

fn switch(engine: &Engine, actor: &str, setting: &str, to: &str) -> Record {
    change_by(engine, actor, json!({ "setting": setting, "to": to }))
}

// AI-09 AI-10 AI-11 AI-12 ROL-09 ROL-10 ADM-04 ADM-06: each from the opposite position; `!` warns.
#[test]
fn who_turns_ai_on_and_off() {
    let table = Table::of(
        "
        actor                       to   organization        unheld              division            workspace
        super_admin                 off  authorized-change   authorized-change   authorized-change   not-authorized
        super_admin                 on   authorized-change   authorized-change   authorized-change   not-authorized
        admin                       off  needs-role          authorized-change!  authorized-change!  not-authorized
        admin                       on   needs-role          needs-verification  needs-verification  not-authorized
        clerk                       off  needs-role          authorized-change!  authorized-change!  -
        clerk                       on   needs-role          needs-verification  needs-verification  -
        member                      off  needs-role          needs-role          needs-role          not-authorized
        member                      on   needs-role          needs-verification  needs-verification  not-authorized
        guest                       off  needs-role          needs-role          needs-role          not-authorized
        guest                       on   needs-role          needs-verification  needs-verification  not-authorized
        standing:billing_owner      off  needs-role          needs-role          needs-role          authorized-change
        standing:billing_owner      on   needs-role          needs-verification  needs-verification  authorized-change
        standing:workspace_creator  off  needs-role          needs-role          needs-role          authorized-change
        standing:workspace_creator  on   needs-role          needs-verification  needs-verification  authorized-change
        nobody                      off  needs-role          needs-role          needs-role          not-authorized
        nobody                      on   needs-role          needs-verification  needs-verification  not-authorized
        ",
    );
    for row in &table.rows {
        for (position, customer) in [ORGANIZATION, UNHELD, DIVISION, WORKSPACE].into_iter().enumerate() {
            let expected = row[position + 2];
            if expected == "-" {
                continue;
            }
            let from = if row[1] == "on" { "off" } else { "on" };
            let clerk = if customer.kind == "workspace" { "" } else { "[roles.clerk]\nbased_on = 'admin'" };
            for setting in SWITCHES {
                let tables = format!("[settings]\n{setting} = '{from}'\n{clerk}");
                let engine = Customer { tables: &tables, ..customer }.engine();
                let record = switch(&engine, row[0], setting, row[1]);
                assert_eq!(warned(&record), expected, "{row:?} {} {setting}", customer.kind);
            }
        }
    }
}

// AI-10 AI-11: a deny names whom it takes.
#[test]
fn a_deny_says_who_could_turn_the_switch() {
    let off = "[settings]\nml = 'off'";
    let named = |customer: Customer<'_>, actor: &str, to: &str| {
        let record = switch(&customer.engine(), actor, "ml", to);
        ["role", "standing", "fact"].map(|word| because(&record, word).unwrap_or("-").to_owned())
    };
    assert_eq!(named(ORGANIZATION, "admin", "off"), ["super_admin", "-", "-"]);
    assert_eq!(named(UNHELD, "member", "off"), ["admin", "-", "-"]);
    let unheld = Customer { tables: off, ..UNHELD };
    assert_eq!(named(unheld, "admin", "on"), ["super_admin", "-", "super_admin_verified"]);
    let division = Customer { tables: off, ..DIVISION };
    assert_eq!(named(division, "admin", "on"), ["super_admin", "-", "super_admin_verified"]);
    assert_eq!(named(WORKSPACE, "admin", "off"), ["-", "billing_owner", "-"]);
}

// AI-10 AI-11: from the first super admin on, admins leave the switches alone; one is as good as many.
#[test]
fn the_number_of_super_admins_decides_about_admins() {
    for (holders, expected) in [
        ("super_admin = 0", "authorized-change!"),
        ("super_admin = 1", "needs-role"),
        ("super_admin = 2", "needs-role"),
        ("super_admin = 500", "needs-role"),
    ] {
        let engine = Customer { holders, ..ORGANIZATION }.engine();
        for setting in SWITCHES {
            assert_eq!(warned(&switch(&engine, "admin", setting, "off")), expected, "{holders} {setting}");
        }
    }
}

// ADM-08: decided as any other change, but without a warning.
#[test]
fn the_present_value_is_decided_alike_and_warns_of_nothing() {
    let table = Table::of(
        "
        actor        now  to   organization       unheld
        super_admin  on   on   authorized-change  authorized-change
        super_admin  off  off  authorized-change  authorized-change
        admin        off  off  needs-role         authorized-change
        admin        on   on   needs-role         needs-verification
        member       off  off  needs-role         needs-role
        ",
    );
    for row in &table.rows {
        let tables = format!("[settings]\nml = '{}'", row[1]);
        for (customer, expected) in [(ORGANIZATION, row[3]), (UNHELD, row[4])] {
            let engine = Customer { tables: &tables, ..customer }.engine();
            assert_eq!(warned(&switch(&engine, row[0], "ml", row[2])), expected, "{row:?}");
        }
    }
}

// AI-04 AI-11: under HIPAA the switch starts off; turning it on is a change like any other.
#[test]
fn a_switch_that_a_regime_started_off_can_be_turned_on() {
    let engine = Customer { heading: HIPAA, ..ORGANIZATION }.engine();
    assert_eq!(warned(&switch(&engine, "super_admin", "ai_partners", "on")), "authorized-change");
    assert_eq!(warned(&switch(&engine, "admin", "ai_partners", "on")), "needs-role");
    let unheld = Customer { heading: HIPAA, ..UNHELD }.engine();
    assert_eq!(warned(&switch(&unheld, "admin", "ai_partners", "on")), "needs-verification");
    // It is off already: nothing is lost.
    assert_eq!(warned(&switch(&unheld, "admin", "ai_partners", "off")), "authorized-change");
}

/// A customer with a role for every degree of authority over roles.
const STAFFED: Customer<'_> = Customer {
    holders: "super_admin = 2\ncontractor = 3\nidle = 0",
    tables: "
        [lists]
        trusted_domains = ['partner.example']
        [roles.steward]
        based_on = 'admin'
        permissions = { manage_roles = 'on' }
        [roles.clerk]
        based_on = 'admin'
        permissions = { assign_roles = 'off' }
        [roles.contractor]
        based_on = 'member'
        [roles.idle]
        based_on = 'guest'
        [roles.uncounted]
        based_on = 'guest'
    ",
    ..ORGANIZATION
};

/// The change that a row of a table is about.
fn change_of(name: &str) -> Value {
    let words: Vec<&str> = name.split('/').collect();
    match words[..] {
        ["set", setting, to] => json!({ "setting": setting, "to": to }),
        ["role", role, permission, to] => json!({ "role": role, "permission": permission, "to": to }),
        ["list", entries] => {
            let entries: Vec<&str> = entries.split(',').filter(|entry| *entry != "-").collect();
            json!({ "list": "trusted_domains", "to": entries })
        }
        ["create", role, base] => json!({ "create_role": role, "based_on": base }),
        ["delete", role] => json!({ "delete_role": role }),
        ["assign", role] => json!({ "assign_role": role }),
        ["assign", role, from] => json!({ "assign_role": role, "from": from }),
        ["opt_in", feature, to] => json!({ "opt_in": feature, "to": to }),
        _ => panic!("{name}"),
    }
}

/// Results of tables of changes, by their first letters.
fn result(short: &str) -> &str {
    match short {
        "yes" => "authorized-change",
        "yes!" => "authorized-change!",
        "role" => "needs-role",
        "no" => "not-authorized",
        "never" => "never-for-role",
        "absent" => "not-granted-to-role",
        "fixed" => "role-immutable",
        "invalid" => "invalid-change",
        "held" => "role-in-use",
        "last" => "last-holder",
        "locked" => "setting-locked",
        "plan" => "not-in-plan",
        "kind" => "not-for-domain-kind",
        "fact" => "missing-fact",
        "verify" => "needs-verification",
        _ => panic!("{short}"),
    }
}

fn holds(customer: Customer<'_>, table: &str) {
    let engine = customer.engine();
    for (form, actor, expected) in Table::of(table).cells() {
        let record = change_by(&engine, actor, change_of(form));
        assert_eq!(warned(&record), result(expected), "{form} by {actor}");
    }
}

// ADM-01 ADM-02 ADM-03 ADM-04 PRM-15 PRM-16 ROL-02 ROL-03 ROL-06 ROL-08
// `steward` manages roles, `clerk` does not even assign them; `contractor` is held, `uncounted` is not counted.
#[test]
fn every_form_of_change_by_everybody() {
    holds(
        STAFFED,
        "
        change                                super_admin  steward  admin    clerk    member   guest    nobody
        set/uploads/off                       yes          role     role     role     role     role     role
        set/uploads/on                        yes          role     role     role     role     role     role
        set/mobile_downloads/off              yes          role     role     role     role     role     role
        set/personal_access_tokens/off        yes          role     role     role     role     role     role
        set/apps/off                          yes          role     role     role     role     role     role
        set/guest_invites_trusted_only/on     yes          role     role     role     role     role     role
        set/ml/off                            yes          role     role     role     role     role     role
        list/a.example,b.example              yes          yes      yes      yes      no       no       no
        list/-                                yes          yes      yes      yes      no       no       no
        list/partner.example                  yes          yes      yes      yes      no       no       no
        list/a.example,*.example              invalid      invalid  invalid  invalid  invalid  invalid  invalid
        role/member/create_teams/off          yes          yes      no       no       no       no       no
        role/member/create_teams/on           yes          yes      no       no       no       no       no
        role/admin/create_teams/off           yes          yes      no       no       no       no       no
        role/guest/upload_files/off           yes          yes      no       no       no       no       no
        role/contractor/create_teams/off      yes          yes      no       no       no       no       no
        role/steward/create_teams/off         yes          yes      no       no       no       no       no
        role/admin/manage_roles/on            yes          role     role     role     role     role     role
        role/admin/assign_roles/off           yes          role     role     role     role     role     role
        role/steward/manage_roles/off         yes          role     role     role     role     role     role
        role/clerk/assign_roles/on            yes          role     role     role     role     role     role
        role/guest/create_teams/on            never        never    never    never    never    never    never
        role/idle/create_company_goals/on     never        never    never    never    never    never    never
        role/member/manage_roles/on           absent       absent   absent   absent   absent   absent   absent
        role/member/access_admin_console/on   absent       absent   absent   absent   absent   absent   absent
        role/admin/access_admin_console/off   invalid      invalid  invalid  invalid  invalid  invalid  invalid
        role/super_admin/create_teams/off     fixed        fixed    fixed    fixed    fixed    fixed    fixed
        create/auditor/member                 yes          yes      no       no       no       no       no
        create/auditor/admin                  yes          yes      no       no       no       no       no
        create/auditor/guest                  yes          yes      no       no       no       no       no
        create/auditor/super_admin            fixed        fixed    fixed    fixed    fixed    fixed    fixed
        create/auditor/contractor             fixed        fixed    fixed    fixed    fixed    fixed    fixed
        create/contractor/member              invalid      invalid  invalid  invalid  invalid  invalid  invalid
        create/guest/member                   invalid      invalid  invalid  invalid  invalid  invalid  invalid
        create/Auditor/member                 invalid      invalid  invalid  invalid  invalid  invalid  invalid
        delete/idle                           yes          yes      no       no       no       no       no
        delete/contractor                     held         held     no       no       no       no       no
        delete/uncounted                      held         held     no       no       no       no       no
        delete/member                         fixed        fixed    fixed    fixed    fixed    fixed    fixed
        delete/super_admin                    fixed        fixed    fixed    fixed    fixed    fixed    fixed
        assign/member/guest                   yes          yes      yes      no       no       no       no
        assign/guest/member                   yes          yes      yes      no       no       no       no
        assign/admin/member                   yes          yes      yes      no       no       no       no
        assign/member/admin                   yes          yes      yes      no       no       no       no
        assign/steward/admin                  yes          yes      yes      no       no       no       no
        assign/contractor                     yes          yes      yes      no       no       no       no
        assign/member/member                  yes          yes      yes      no       no       no       no
        assign/super_admin/admin              yes          role     role     role     role     role     role
        assign/super_admin                    yes          role     role     role     role     role     role
        assign/member/super_admin             yes          role     role     role     role     role     role
        assign/super_admin/super_admin        yes          role     role     role     role     role     role
        opt_in/smart_editor/on                invalid      invalid  invalid  invalid  invalid  invalid  invalid
        ",
    );
}

// PRM-15 PRM-16 ADM-01 ADM-02: the two permissions over roles are held as any others are.
#[test]
fn authority_over_roles_follows_the_permission() {
    let table = Table::of(
        "
        manage  assign  role_change        delete             assignment
        on      on      authorized-change  authorized-change  authorized-change
        on      off     authorized-change  authorized-change  not-authorized
        off     on      not-authorized     not-authorized     authorized-change
        off     off     not-authorized     not-authorized     not-authorized
        ",
    );
    for row in &table.rows {
        let tables = format!(
            "[roles.idle]\nbased_on = 'guest'\n\
             [roles.admin]\npermissions = {{ manage_roles = '{}', assign_roles = '{}' }}",
            row[0], row[1]
        );
        let engine =
            Customer { holders: "super_admin = 1\nidle = 0", tables: &tables, ..ORGANIZATION }.engine();
        let forms = ["role/member/use_apps/off", "delete/idle", "assign/idle/member"];
        let results = forms.map(|form| warned(&change_by(&engine, "admin", change_of(form))));
        assert_eq!(results, row[2..5], "{row:?}");
        let missing = change_by(&engine, "admin", change_of("role/member/use_apps/off"));
        if row[0] == "off" {
            assert_eq!(because(&missing, "permission"), Some("manage_roles"));
        }
    }
}

// ROL-07: without configurable roles nobody changes them, not even a super admin; people still change roles.
#[test]
fn roles_cannot_be_changed_on_a_plan_without_configurable_roles() {
    for plan in ["personal", "starter", "advanced", "enterprise", "premium", "business"] {
        holds(
            Customer { plan, ..ORGANIZATION },
            "
            change                         super_admin  admin  member
            role/member/create_teams/off   plan         plan   plan
            role/admin/manage_roles/on     plan         plan   plan
            create/auditor/member          plan         plan   plan
            create/Auditor/member          plan         plan   plan
            create/auditor/super_admin     plan         plan   plan
            delete/member                  plan         plan   plan
            assign/admin/member            yes          yes    no
            assign/super_admin/member      yes          role   role
            set/uploads/off                yes          role   role
            list/-                         yes          yes    no
            ",
        );
    }
}

// ROL-10 ADM-05
#[test]
fn the_last_super_admin_stays() {
    for (holders, expected) in [
        ("super_admin = 1", "last-holder"),
        ("super_admin = 2", "authorized-change"),
        ("super_admin = 3", "authorized-change"),
        ("super_admin = 0", "invalid-change"),
    ] {
        let engine = Customer { holders, ..ORGANIZATION }.engine();
        for role in ["admin", "member", "guest"] {
            let record =
                change_by(&engine, "super_admin", json!({ "assign_role": role, "from": "super_admin" }));
            assert_eq!(warned(&record), expected, "{holders} {role}");
        }
    }
    // Whoever may not demote a super admin at all is told that.
    let engine = Customer { holders: "super_admin = 1", ..ORGANIZATION }.engine();
    let record = change_by(&engine, "admin", json!({ "assign_role": "admin", "from": "super_admin" }));
    assert_eq!(warned(&record), "needs-role");
}

// ROL-10 ADM-02 ADM-06: the first super admin is whoever is verified; an admin who appoints one cannot undo it.
#[test]
fn the_first_super_admin_takes_verification() {
    let table = Table::of(
        "
        actor        verified  unheld              organization       division             workspace
        admin        true      authorized-change!  needs-role         not-for-domain-kind  not-for-domain-kind
        admin        false     needs-verification  needs-role         not-for-domain-kind  not-for-domain-kind
        admin        -         missing-fact        needs-role         not-for-domain-kind  not-for-domain-kind
        member       true      not-authorized      needs-role         not-for-domain-kind  not-for-domain-kind
        member       -         not-authorized      needs-role         not-for-domain-kind  not-for-domain-kind
        super_admin  -         missing-fact        authorized-change  not-for-domain-kind  not-for-domain-kind
        ",
    );
    for row in &table.rows {
        for (position, customer) in [UNHELD, ORGANIZATION, DIVISION, WORKSPACE].into_iter().enumerate() {
            let mut request = json!({
                "subject": { "roles": [row[0]] },
                "action": { "change": { "assign_role": "super_admin", "from": "admin" } },
            });
            if row[1] != "-" {
                request["context"] = json!({ "facts": { "super_admin_verified": row[1] == "true" } });
            }
            let record = decide(&customer.engine(), request);
            assert_eq!(warned(&record), row[position + 2], "{row:?} {}", customer.kind);
            if record.reason.as_str() == "missing-fact" {
                assert_eq!(facts(&record), ["super_admin_verified"]);
            }
        }
    }
}

// ROL-08
#[test]
fn a_role_is_deleted_when_nobody_is_known_to_hold_it() {
    for (holders, expected) in [
        ("idle = 0", "authorized-change"),
        ("idle = 1", "role-in-use"),
        ("idle = 400", "role-in-use"),
        ("", "role-in-use"),
    ] {
        let holders = format!("super_admin = 1\n{holders}");
        let engine =
            Customer { holders: &holders, tables: "[roles.idle]\nbased_on = 'guest'", ..ORGANIZATION }
                .engine();
        let record = change_by(&engine, "super_admin", json!({ "delete_role": "idle" }));
        assert_eq!(warned(&record), expected, "{holders}");
    }
}

// ADM-04 ADM-07: what is stated from above is not changed here, whoever asks and whichever way.
#[test]
fn a_locked_setting_is_nobodys_to_change() {
    holds(
        Customer { tables: "[locked]\nuploads = 'off'\nml = 'on'", ..ORGANIZATION },
        "
        change           super_admin  admin   member
        set/uploads/on   locked       locked  locked
        set/uploads/off  locked       locked  locked
        set/ml/off       locked       locked  locked
        set/apps/off     yes          role    role
        ",
    );
}

// PRM-23: turning the restriction on without anybody to restrict, or the invitations off that it depends on.
#[test]
fn a_change_cannot_leave_a_restriction_without_anybody_to_restrict() {
    let cases = [
        // The last others who may invite go.
        (
            "[settings]\nguest_invites_trusted_only = 'on'\n[roles.guest]\npermissions = { invite_guests = 'off' }",
            &[
                ("role/member/invite_guests/off", "invalid"),
                ("role/admin/invite_guests/off", "yes"),
                ("role/guest/invite_guests/on", "yes"),
                ("set/guest_invites_trusted_only/off", "yes"),
                ("set/guest_invites_trusted_only/on", "yes"),
            ][..],
        ),
        // Only admins may invite.
        (
            "[roles.guest]\npermissions = { invite_guests = 'off' }\n[roles.member]\npermissions = { invite_guests = 'off' }",
            &[
                ("set/guest_invites_trusted_only/on", "invalid"),
                ("role/admin/restrict_guest_invites/on", "invalid"),
                ("role/member/restrict_guest_invites/on", "invalid"),
                ("role/member/invite_guests/on", "yes"),
            ],
        ),
        // A role that may not invite has nothing to restrict.
        (
            "[roles.member]\npermissions = { invite_guests = 'off' }",
            &[
                ("role/member/restrict_guest_invites/on", "invalid"),
                ("role/guest/restrict_guest_invites/on", "yes"),
                ("role/admin/restrict_guest_invites/on", "yes"),
                ("set/guest_invites_trusted_only/on", "yes"),
            ],
        ),
        // The role that is restricted loses what is restricted.
        (
            "[roles.member]\npermissions = { restrict_guest_invites = 'on' }",
            &[("role/member/invite_guests/off", "invalid"), ("role/guest/invite_guests/off", "yes")],
        ),
        // The only role left to restrict is a custom one.
        (
            "[settings]\nguest_invites_trusted_only = 'on'\n[roles.scout]\nbased_on = 'member'\n\
             [roles.guest]\npermissions = { invite_guests = 'off' }\n[roles.member]\npermissions = { invite_guests = 'off' }",
            &[
                ("delete/scout", "invalid"),
                ("role/scout/invite_guests/off", "invalid"),
                ("create/ranger/guest", "yes"),
            ],
        ),
    ];
    for (tables, rows) in cases {
        let holders = if tables.contains("scout") { "super_admin = 1\nscout = 0" } else { "super_admin = 1" };
        let engine = Customer { holders, tables, ..ORGANIZATION }.engine();
        for (form, expected) in rows {
            let record = change_by(&engine, "super_admin", change_of(form));
            assert_eq!(warned(&record), result(expected), "{form}: {tables}");
        }
    }
    // Whoever may not make the change is told that first.
    let engine = Customer { tables: cases[1].0, ..ORGANIZATION }.engine();
    let record = change(&engine, &["member"], change_of("set/guest_invites_trusted_only/on"));
    assert_eq!(warned(&record), "needs-role");
}

// ADM-03 AI-11: what belongs to super admins alone, takes verification where there is none, whatever it is.
#[test]
fn a_change_that_nobody_present_could_make_needs_verification() {
    let table = Table::of(
        "
        change                         staffed     unheld
        role/admin/manage_roles/on     needs-role  needs-verification
        role/admin/assign_roles/off    needs-role  needs-verification
        set/uploads/off                needs-role  needs-verification
        ",
    );
    for (form, world, expected) in table.cells() {
        let engine = if world == "staffed" { ORGANIZATION } else { UNHELD }.engine();
        let record = change_by(&engine, "admin", change_of(form));
        assert_eq!(
            (warned(&record).as_str(), because(&record, "role")),
            (expected, Some("super_admin")),
            "{form}"
        );
    }
}

// ADM-06: what only supreme roles configure, nobody else gives back to a role that they delete.
#[test]
fn deleting_a_role_warns_whoever_could_not_configure_it_again() {
    for (permissions, actor, expected) in [
        ("", "clerk", "authorized-change"),
        ("create_teams = 'off'", "clerk", "authorized-change"),
        ("manage_roles = 'off'", "clerk", "authorized-change"),
        ("manage_roles = 'on'", "clerk", "authorized-change!"),
        ("assign_roles = 'off'", "clerk", "authorized-change!"),
        ("assign_roles = 'off'", "super_admin", "authorized-change"),
    ] {
        let tables = format!(
            "[roles.clerk]\nbased_on = 'admin'\npermissions = {{ manage_roles = 'on' }}\n\
             [roles.chief]\nbased_on = 'admin'\npermissions = {{ {permissions} }}\n"
        );
        let holders = "super_admin = 1\nchief = 0\nclerk = 1";
        let engine = Customer { holders, tables: &tables, ..ORGANIZATION }.engine();
        let record = change_by(&engine, actor, json!({ "delete_role": "chief" }));
        assert_eq!(warned(&record), expected, "{permissions} by {actor}");
    }
}

// ROL-10: where no fact verifies the first holder of a supreme role, no change makes one.
#[test]
fn nobody_makes_themselves_the_first_holder_unverified() {
    for (verified_by, stated, expected) in [
        ("verified_by = 'verified'", json!({ "verified": true }), "authorized-change"),
        ("verified_by = 'verified'", json!({ "verified": false }), "needs-verification"),
        ("verified_by = 'verified'", json!({}), "missing-fact"),
        ("", json!({ "verified": true }), "needs-verification"),
    ] {
        let catalog = format!(
            "[catalog]\nid = 'x'\nversion = '1'\n[kinds.team]\n[plans.only]\n[facts]\nverified = 'v'\n\
             [roles.king]\nsupreme = true\n{verified_by}\n[roles.clerk]\n\
             [permissions.see]\nneeds = ['verified']\ndefault = {{ clerk = 'on' }}\n\
             [changes]\nassign_role = {{ roles = ['clerk'] }}"
        );
        let catalog = tollkeeper::catalog::Catalog::parse(&catalog).unwrap();
        let domain = "[domain]\nid = 'x'\nkind = 'team'\nplan = 'only'\n[holders]\nking = 0";
        let engine = Engine::parse(&catalog, domain).unwrap();
        let change = json!({ "assign_role": "king", "from": "clerk" });
        let request = json!({
            "subject": { "roles": ["clerk"] }, "action": { "change": change }, "context": { "facts": stated },
        });
        assert_eq!(decide(&engine, request).reason.as_str(), expected, "{verified_by} {stated}");
    }
}

// ADM-06: the warning is derived from what the actor may do afterwards, whatever the catalog.
#[test]
fn a_change_warns_whoever_could_not_take_it_back() {
    let catalog = "
        [catalog]
        id = 'valves'
        version = '1'
        [kinds.plant]
        [plans.basic]
        [roles.chief]
        inherent = ['turn_back']
        [roles.hand]
        [permissions.turn_back]
        label = 'x'
        [settings.valve]
        default = 'on'
        [[settings.valve.change]]
        permission = 'turn_back'
        [[settings.valve.change]]
        roles = ['hand']
        to = ['off']
    ";
    let catalog = Catalog::parse(catalog).unwrap();
    let table = Table::of(
        "
        actor       now  to   result
        chief       on   off  authorized-change
        chief       off  on   authorized-change
        hand        on   off  authorized-change!
        hand        off  off  authorized-change
        hand        off  on   not-authorized
        chief+hand  on   off  authorized-change
        ",
    );
    for row in &table.rows {
        let text =
            format!("[domain]\nid = 'p'\nkind = 'plant'\nplan = 'basic'\n[settings]\nvalve = '{}'", row[1]);
        let engine = common::engine(&catalog, &text);
        let roles: Vec<&str> = row[0].split('+').collect();
        let record = change(&engine, &roles, json!({ "setting": "valve", "to": row[2] }));
        assert_eq!(warned(&record), row[3], "{row:?}");
    }
}

// ADM-07: there are no words for it.
#[test]
fn what_contract_and_directory_determine_has_no_form_of_change() {
    for key in ["plan", "add_ons", "regimes", "attested", "seats", "limits", "residency", "holders", "locked"]
    {
        let request = json!({ "action": { "change": { key: "x" } } });
        assert!(serde_json::from_value::<NamedRequest>(request).is_err(), "{key}");
    }
}

#[test]
fn the_plan_is_a_lever_of_a_change_of_what_depends_on_it() {
    let catalog = Catalog::parse(
        "
        [catalog]
        id = 'notes'
        version = '1'
        [kinds.team]
        [plans.free]
        [plans.paid]
        [roles.owner]
        [settings.ai]
        default = 'on'
        plans = ['paid']
        change = [{ roles = ['owner'] }]
        [permissions.draw]
        default = { owner = 'on' }
        plans = ['paid']
        [features.sketch]
        providers = []
        beta = true
        plans = ['paid']
        [changes]
        opt_in = { roles = ['owner'] }
        role_permission = { roles = ['owner'] }
        create_role = { roles = ['owner'] }
        ",
    );
    let catalog = catalog.unwrap();
    let engine = common::engine(&catalog, "[domain]\nid = 'a'\nkind = 'team'\nplan = 'free'");
    for (change, expected) in [
        (json!({ "setting": "ai", "to": "off" }), &["paid"][..]),
        (json!({ "role": "owner", "permission": "draw", "to": "off" }), &["paid"]),
        (json!({ "opt_in": "sketch", "to": "on" }), &["paid"]),
        (json!({ "create_role": "painter", "based_on": "owner" }), &[]),
    ] {
        let request = serde_json::from_value(json!({ "action": { "change": change } })).unwrap();
        let plans: Vec<_> =
            engine.levers_named(&request).plans.iter().filter_map(|one| catalog.name(*one)).collect();
        assert_eq!(plans, expected, "{change}");
    }
}
