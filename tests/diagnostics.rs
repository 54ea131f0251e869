//! Everything that is wrong with a file, at once, with its place and the likely fix.

#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

use expect_test::{Expect, expect};
use tollkeeper::catalog::Catalog;
use tollkeeper::engine::Engine;

/// What compiling a domain with the built-in catalog reports.
fn of_domain(text: &str) -> String {
    Engine::parse(&Catalog::builtin(), text).unwrap_err().render("acme.toml", text)
}

/// What parsing a catalog reports, a line a problem.
fn of_catalog(text: &str) -> Vec<String> {
    Catalog::parse(text).unwrap_err().problems().map(ToString::to_string).collect()
}

#[test]
fn a_file_with_five_mistakes_reports_five_in_the_order_of_the_file() {
    let text = r#"[domain]
id = "acme"
kind = "organisation"
plan = "starter"
regimes = ["hippa"]

[settings]
uplaods = "off"

[roles.super_admin]
permissions = { create_teams = "off" }

[roles.guest]
permissions = { create_teams = "on" }
"#;
    let expected: Expect = expect![[r#"
        error[unknown-name]: unknown kind `organisation`
         --> acme.toml:3:8
          |
        3 | kind = "organisation"
          |        ^^^^^^^^^^^^^^ did you mean `organization`?

        error[unknown-name]: unknown regime `hippa`
         --> acme.toml:5:12
          |
        5 | regimes = ["hippa"]
          |            ^^^^^^^ did you mean `hipaa`?

        error[unknown-name]: unknown setting `uplaods`
         --> acme.toml:8:1
          |
        8 | uplaods = "off"
          | ^^^^^^^ did you mean `uploads`?

        error[immutable-role]: role `super_admin` cannot be configured
          --> acme.toml:10:8
           |
        10 | [roles.super_admin]
           |        ^^^^^^^^^^^ it holds every permission; org-wide settings bind it

        error[never-for-role]: `create_teams` is not available to enable for role `guest`
          --> acme.toml:14:17
           |
        14 | permissions = { create_teams = "on" }
           |                 ^^^^^^^^^^^^ no guest can ever hold it; leave it out
    "#]];
    expected.assert_eq(&of_domain(text));
}

#[test]
fn mistakes_of_syntax_and_shape_come_in_the_same_form() {
    let text = "[domain]\nid = 3\nplan = \nkynd = 'x'\n[setings]\n[limits.ai_outputs]\nstop = 'softly'\nlimit = -1\n";
    let expected = expect![[r"
        error[wrong-type]: expected a string, found integer `3`
         --> acme.toml:2:6
          |
        2 | id = 3
          |      ^

        error[syntax]: string values must be quoted, expected literal string
         --> acme.toml:3:8
          |
        3 | plan = 
          |        ^

        error[unknown-key]: unknown key `kynd`
         --> acme.toml:4:1
          |
        4 | kynd = 'x'
          | ^^^^ did you mean `kind`?

        error[unknown-table]: unknown table `setings`
         --> acme.toml:5:2
          |
        5 | [setings]
          |  ^^^^^^^ did you mean `settings`?

        error[unknown-value]: unknown value `softly`
         --> acme.toml:7:8
          |
        7 | stop = 'softly'
          |        ^^^^^^^^ use one of `hard`, `soft`, `none`

        error[out-of-range]: integer `-1` is out of range, expected a whole number
         --> acme.toml:8:9
          |
        8 | limit = -1
          |         ^^
    "]];
    expected.assert_eq(&of_domain(text));
}

const CATALOG: &str = "
[catalog]
id = 'x'
version = '1'
[roles.a]
custom = true
[roles.b]
[facts]
f = ''
[settings.s]
default = 'on'
change = [{ roles = ['a'] }]
[lists.l]
match = 'email_domain'
";

#[test]
fn every_kind_of_mistake_in_a_catalog_has_a_code_a_place_and_a_message() {
    #[rustfmt::skip]
    let table: [(&str, &[&str]); 28] = [
        ("[permissions.p]\ndefault = { c = 'on' }", &["16:13: unknown-name: unknown role `c`; declare it in the table `[roles]`"]),
        ("[permissions.p]\nneeds = ['g']", &["16:10: unknown-name: unknown fact `g`; declare it in the table `[facts]`"]),
        ("[permissions.p]\nneeds = ['f', 'f']", &["16:15: duplicate: fact `f` is named twice"]),
        ("[permissions.P]", &["15:14: malformed-id: `P` is no id; an id is a lower case letter, then letters, digits and `_`, at most 64 bytes"]),
        ("[permissions.p]\notherwise = 'p'", &["15:14: cycle: permission `p` → `p` leads back to itself by `instead` or `otherwise`"]),
        ("[permissions.p]\ninstead = { f = 'q' }\n[permissions.q]\notherwise = 'p'", &["15:14: cycle: permission `p` → `q` → `p` leads back to itself by `instead` or `otherwise`", "18:13: contradiction: `p` has `exempt` or `instead`, which `otherwise` would skip"]),
        ("[permissions.p]\notherwise = 'q'\n[permissions.q]\nexempt = ['f']", &["16:13: contradiction: `q` has `exempt` or `instead`, which `otherwise` would skip"]),
        ("[permissions.p]\nrestricts = { permission = 'q' }\n[permissions.q]", &["15:14: missing-key: missing key `to`"]),
        ("[permissions.p]\nrestricts = { permission = 'q', to = 'l' }\nneeds = ['f']\n[permissions.q]", &["15:14: contradiction: a restriction is not asked for, so it has no `needs`, `exempt`, `instead`, `otherwise`"]),
        ("[permissions.p]\notherwise = 'q'\n[permissions.q]\nrestricts = { permission = 'r', to = 'l' }\n[permissions.r]", &["16:13: contradiction: a restriction is not asked for"]),
        ("[permissions.p]\ndefault = { a = 'on' }\n[roles.c]\ninherent = ['p']\nnever = ['p']", &["18:13: contradiction: `p` is inherent for role `c` and configurable or forbidden as well"]),
        ("[roles.c]\nsupreme = true\ncustom = true", &["15:8: contradiction: custom roles cannot be based on a supreme role"]),
        ("[roles.c]\nverified_by = 'f'", &["15:8: contradiction: only a supreme role is verified"]),
        ("[roles.c]\ninherent = ['nothing']", &["16:13: unknown-name: unknown permission `nothing`; declare it in the table `[permissions]`"]),
        ("[settings.t]", &["15:11: missing-key: missing key `default`"]),
        ("[settings.t]\ndefault = 'on'\nrequires = ['t']", &["15:11: cycle: setting `t` → `t` leads back to itself by `requires`"]),
        ("[settings.t]\ndefault = 'on'\nchange = [{ to = ['on'] }]", &["15:11: missing-key: a change rule names `roles`, `standings` or a `permission`: this one is for nobody"]),
        ("[lists.m]", &["15:8: missing-key: missing key `match`"]),
        ("[changes]\nrole_permissions = { roles = ['a'] }", &["16:1: unknown-name: unknown change `role_permissions`; use one of `role_permission`, `create_role`, `delete_role`, `assign_role`, `opt_in`"]),
        ("[features.x]\nsetting = 's'\nany_setting = ['s']", &["15:11: contradiction: a feature has `setting` or `any_setting`, not both"]),
        ("[features.x]\nproviders = 'unsated'", &["16:13: unknown-value: unknown value `unsated`; use one of `unstated`, `of_model`"]),
        ("[features.x]\nservices = { e = {} }\n[services.e]", &["16:14: missing-key: missing key `use`"]),
        ("[features.x]\nproviders = ['y']\ndata = ['d']\n[providers.y]\nthird_party = true\n[data.d]\nguarantees = ['g']", &["16:14: missing-guarantee: provider `y` does not guarantee `g`, which data class `d` demands"]),
        ("[meters.m]", &["15:9: missing-key: missing key `counts`"]),
        ("[models.m]\nprovider = 'y'\nprice = { input = '0.0005' }\n[providers.y]", &["17:19: out-of-range: `0.0005` is no price; write credits a token with at most three places, such as `0.025`"]),
        ("[obligations]\nwarn_irreversible = ''", &["16:1: duplicate: obligation `warn_irreversible` is there in every catalog"]),
        ("[plans.p]\nlimits = { cup = { limit = 1 } }\n[meters.cups]\ncounts = ['requested']", &["16:12: unknown-name: unknown limit `cup`; did you mean `cups`?"]),
        ("[plans.p]\nlimits = { x = { limit = 1, stop = 'soft' }, y = { limit = 1, ceiling_percent = 130 } }\n[meters.x]\ncounts = ['requested']\nlimits = ['x', 'y']", &["16:12: missing-key: a soft limit needs `ceiling_percent`", "16:81: contradiction: `ceiling_percent` belongs to `stop = \"soft\"`"]),
    ];
    assert!(Catalog::parse(CATALOG).is_ok());
    for (text, expected) in table {
        assert_eq!(of_catalog(&format!("{CATALOG}{text}")), expected, "{text}");
    }
}

// Whatever kind of name a catalog does not know, following the advice makes it known.
#[test]
fn an_unknown_name_comes_with_the_table_that_declares_it() {
    let known = "catalog = { id = 'c', version = '1' }\nkinds.k = {}\nplans.p = {}\nroles.r = {}\n";
    for (row, declared) in [
        ("permissions.a = { obligations = ['zebra'] }", "[obligations]"),
        ("permissions.a = { needs = ['zebra'] }", "[facts]"),
        ("permissions.a = { otherwise = 'zebra' }", "[permissions]"),
        ("permissions.a = { setting = 'zebra' }", "[settings]"),
        ("permissions.a = { plans = ['zebra'] }", "[plans]"),
        ("permissions.a = { default = { zebra = 'on' } }", "[roles]"),
        ("permissions.a = { add_ons = ['zebra'] }", "[add_ons]"),
        ("permissions.a = { kinds = ['zebra'] }", "[kinds]"),
        ("features.a = { providers = ['zebra'] }", "[providers]"),
        ("features.a = { data = ['zebra'] }", "[data]"),
        ("features.a = { fallback = 'zebra' }", "[fallbacks]"),
        ("features.a = { meter = 'zebra' }", "[meters]"),
        ("features.a = { services = { zebra = { use = 'requires' } } }", "[services]"),
        ("settings.a = { default = 'on', change = [{ standings = ['zebra'] }] }", "[standings]"),
    ] {
        let text = format!("{known}{row}\n");
        let errors = Catalog::parse(&text).unwrap_err();
        let unknown = errors.problems().find(|problem| problem.message.contains("`zebra`")).expect(row);
        let help = unknown.help.as_deref().unwrap();
        assert_eq!(help, format!("declare it in the table `{declared}`"), "{row}");
        let declared = declared.trim_matches(['[', ']']);
        let value = if matches!(declared, "obligations" | "facts" | "fallbacks") { "''" } else { "{}" };
        let text = format!("{text}{declared}.zebra = {value}\n");
        let left = Catalog::parse(&text).err().map(|errors| errors.to_string()).unwrap_or_default();
        assert!(!left.contains("unknown"), "{row}: {left}");
    }
}

#[test]
fn a_question_reads_at_most_six_facts() {
    let facts = |count: usize| (0..count).map(|fact| format!("'f{fact}'")).collect::<Vec<_>>().join(", ");
    let text = |count: usize| {
        let declared: String = (0..count).map(|fact| format!("f{fact} = ''\n")).collect();
        let needs = facts(count);
        format!("[catalog]\nid = 'x'\nversion = '1'\n[permissions.p]\nneeds = [{needs}]\n[facts]\n{declared}")
    };
    assert!(Catalog::parse(&text(6)).is_ok());
    assert_eq!(
        of_catalog(&text(7)),
        ["4:14: too-many: a question about `p` reads 7 facts, at most 6 are possible"]
    );
}

#[test]
fn limits_hold_at_the_limit_and_are_named_beyond_it() {
    let text = |table: &str, row: &str, count: usize| {
        let rows: String = (0..count).map(|row_number| format!("{table}{row_number}{row}\n")).collect();
        format!("[catalog]\nid = 'x'\nversion = '1'\n{rows}")
    };
    for (table, row, limit, what) in [
        ("facts.f", " = ''", 64, "facts"),
        ("providers.p", " = {}", 64, "providers"),
        ("data.d", " = {}", 64, "data classes"),
        ("obligations.o", " = ''", 60, "obligations"),
        ("roles.r", " = {}", 65_535, "roles"),
    ] {
        // Dotted keys of the top table stand before its first header.
        let put_first = |count| {
            let text = text(table, row, count);
            let (heading, rows) = text.split_at("[catalog]\nid = 'x'\nversion = '1'\n".len());
            format!("{rows}{heading}")
        };
        assert!(Catalog::parse(&put_first(limit)).is_ok(), "{what}");
        let problems = of_catalog(&put_first(limit + 1));
        assert_eq!(problems.len(), 1);
        let message = format!("too-many: {} {what}, at most {limit} are possible", limit + 1);
        assert!(problems[0].ends_with(&message), "{}", problems[0]);
    }
}

#[test]
fn names_that_look_alike_are_refused_where_they_are_made_and_shown_escaped() {
    for name in ["créate", "create\u{200b}teams", "cre\u{301}ate", "Create", "create.", "crеate", ""] {
        let text = format!("{CATALOG}[permissions.\"{name}\"]");
        let problems = of_catalog(&text);
        assert!(problems.iter().any(|problem| problem.contains("malformed-id")), "{name}: {problems:?}");
        assert!(problems.iter().all(|problem| !problem.contains('\u{200b}')), "{problems:?}");
    }
}

#[test]
fn a_domain_built_in_code_reports_without_places() {
    let catalog = Catalog::builtin();
    let kind = catalog.find("organization").unwrap();
    let plan = catalog.find("starter").unwrap();
    let domain = tollkeeper::domain::DomainBuilder::new(&catalog, "acme", kind, plan).build().unwrap();
    let error = Engine::compile(&catalog, &domain).unwrap_err();
    assert_eq!(
        error.to_string(),
        "missing-count: this kind of domain must say how many hold role `super_admin`; \
         add `[holders]` with `super_admin = 0` or how many there are"
    );
}
