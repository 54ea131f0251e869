//! Input that somebody got wrong, or made to do harm: an error that says so, a deny, and never a panic.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    reason = "a test that cannot go on stops, and one that takes long is timed"
)]

use std::fmt::Write as _;
use std::panic::catch_unwind;
use std::thread;
use std::time::{Duration, Instant};

use tollkeeper::catalog::Catalog;
use tollkeeper::check::{self, Suite};
use tollkeeper::decision::Reason;
use tollkeeper::diagnostic::Diagnostics;
use tollkeeper::domain::Domain;
use tollkeeper::engine::Engine;
use tollkeeper::request::NamedRequest;

const BUILTIN: &str = include_str!("../src/catalog/builtin.toml");
const NOTES: &str = include_str!("../examples/catalogs/notes.toml");
const CLINIC: &str = include_str!("../examples/domains/clinic.toml");
const BOOK_CLUB: &str = include_str!("../examples/domains/book_club.toml");
const SUITE: &str = include_str!("../examples/suites/clinic.toml");
const CATALOG_HEADING: &str = "[catalog]\nid = 'x'\nversion = '1'\n";
const HEADING: &str = "[domain]\nid = 'acme'\nkind = 'workspace'\nplan = 'legacy_enterprise'\n";
const REQUEST: &str = r#"{
    "subject": { "id": "u", "roles": ["member", "guest"], "standings": ["billing_owner"] },
    "action": { "feature": "ai_studio_workflows", "trigger": "recurring", "model": "openai_small",
                "tokens": { "input": 12, "output": 3 } },
    "resource": { "type": "task", "id": "t-9" },
    "context": { "facts": { "task_access": true, "draft": false }, "email_domain": "partner.example",
                 "at": "2026-11-21T10:00:00Z", "remaining": { "ai_outputs": 12 }, "used": { "ai_studio_credits": 1 } }
}"#;

/// A row of a file out of its number and that of the next.
type Row<'r> = &'r dyn Fn(usize, usize) -> String;

fn lines(result: Result<impl Sized, Diagnostics>) -> Vec<String> {
    let Err(problems) = result else { return Vec::new() };
    problems.problems().map(ToString::to_string).collect()
}

fn compiled(domain: &str) -> Result<Engine, Diagnostics> {
    Domain::parse(domain).and_then(|domain| Engine::compile(&Catalog::builtin(), &domain))
}

fn engine(more: &str) -> Engine {
    compiled(&format!("{HEADING}{more}")).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn asked(engine: &Engine, json: &str) -> Result<Reason, serde_json::Error> {
    serde_json::from_str(json).map(|request: NamedRequest| engine.evaluate_named(&request).reason())
}

/// Fails unless `work` is done before `limit`, which is many times what it takes.
fn within<T>(limit: Duration, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = work();
    assert!(start.elapsed() < limit, "took {:?}", start.elapsed());
    done
}

/// Runs on a stack that leaves no room for recursion as deep as the input.
fn on_a_small_stack<T: Send + 'static>(kib: usize, work: impl FnOnce() -> T + Send + 'static) -> T {
    thread::Builder::new().stack_size(kib * 1024).spawn(work).unwrap().join().unwrap()
}

#[test]
fn what_is_stated_twice_is_an_error_in_every_format() {
    for (text, expected) in [
        ("[roles.a]\n[roles.a]", "5:8: syntax: duplicate key"),
        ("[roles]\na = {}\na = {}", "6:1: syntax: duplicate key"),
        ("[lists.l]\nmatch = 'email_domain'\nmatch = 'email_domain'", "6:1: syntax: duplicate key"),
    ] {
        let found = lines(Catalog::parse(&format!("{CATALOG_HEADING}{text}")));
        assert_eq!(found, [expected], "{text}");
    }
    let found =
        lines(compiled(&format!("{HEADING}plan = 'starter'\nadd_ons = ['ai_studio_pro', 'ai_studio_pro']")));
    assert!(found.iter().any(|problem| problem.contains("5:1: syntax: duplicate key")), "{found:?}");
    let engine = engine("");
    for json in [
        r#"{"action":{"store":"metadata"},"action":{"store":"classified"}}"#,
        r#"{"subject":{"id":"a","id":"b"},"action":{}}"#,
        r#"{"subject":{"roles":["guest"],"roles":["admin"]},"action":{}}"#,
        r#"{"action":{"feature":"ask","tokens":{"input":1,"input":2}}}"#,
        r#"{"action":{},"context":{"facts":{"draft":true,"draft":false}}}"#,
        r#"{"action":{},"context":{"used":{"a":1,"a":1}}}"#,
        r#"{"action":{"change":{"to":"on","to":"off"}}}"#,
    ] {
        assert!(asked(&engine, json).unwrap_err().to_string().contains("duplicate"), "{json}");
    }
}

#[test]
fn a_key_that_nobody_knows_is_an_error_at_every_depth() {
    for table in [
        "catalog",
        "kinds.a",
        "plans.a",
        "add_ons.a",
        "roles.a",
        "standings.a",
        "lists.a",
        "settings.a",
        "changes.a",
        "permissions.a",
        "providers.a",
        "services.a",
        "regimes.a",
        "regimes.a.bars",
        "data.a",
        "features.a",
        "features.a.services.b",
        "meters.a",
        "models.a",
        "credit_plans.a",
        "plans.a.limits.b",
        "role_defaults.a",
        "permissions.a.restricts",
        "connectors.a",
        "connectors.a.connect",
        "connectors.a.disconnect",
        "connectors.a.look_back",
        "connectors.a.modes.b",
    ] {
        let found = lines(Catalog::parse(&format!("[{table}]\nsurprise = 1")));
        let unknown = |problem: &&String| problem.contains("unknown-key: unknown key `surprise`");
        assert_eq!(found.iter().filter(unknown).count(), 1, "{table}: {found:?}");
    }
    for table in ["domain", "roles.a", "limits.a", "residency"] {
        let found = lines(Domain::parse(&format!("[{table}]\nsurprise = 1")));
        assert_eq!(found, ["2:1: unknown-key: unknown key `surprise`"], "{table}");
    }
    let engine = engine("");
    for json in [
        r#"{"action":{},"surprise":1}"#,
        r#"{"action":{"surprise":1}}"#,
        r#"{"action":{"change":{"surprise":1}}}"#,
        r#"{"action":{},"subject":{"surprise":1}}"#,
        r#"{"action":{},"resource":{"surprise":1}}"#,
        r#"{"action":{},"context":{"surprise":1}}"#,
    ] {
        assert!(asked(&engine, json).unwrap_err().to_string().contains("unknown field `surprise`"), "{json}");
    }
}

#[test]
fn a_name_that_leads_nowhere_is_an_error_of_a_domain() {
    let text = "\
[domain]
id = 'acme'
kind = 'workplace'
plan = 'starters'
add_ons = ['x']
regimes = ['x']
attested = ['x']
[holders]
x = 1
[settings]
x = 'on'
[locked]
x = 'on'
[opt_ins]
x = 'on'
[lists]
x = []
[roles.guest]
permissions = { x = 'on' }
[limits.x]
limit = 1
[seats]
x = 1
";
    let found = lines(compiled(text));
    let unknown: Vec<_> =
        found.iter().filter(|problem| problem.contains("unknown") || problem.contains("asks for")).collect();
    let lines: Vec<_> = unknown.iter().map(|problem| problem.split(':').next().unwrap()).collect();
    assert_eq!(lines, ["3", "4", "5", "6", "7", "9", "11", "13", "15", "17", "19", "20", "23"], "{found:#?}");
}

#[test]
fn what_leads_back_to_itself_is_an_error() {
    let circle = |count: usize, row: Row<'_>| {
        let rows: String = (0..count).map(|at| row(at, (at + 1) % count)).collect();
        lines(Catalog::parse(&format!("{CATALOG_HEADING}[facts]\nf = ''\n{rows}")))
    };
    let otherwise = |at: usize, next: usize| format!("[permissions.p{at}]\notherwise = 'p{next}'\n");
    let instead = |at: usize, next: usize| format!("[permissions.p{at}]\ninstead = {{ f = 'p{next}' }}\n");
    let requires =
        |at: usize, next: usize| format!("[settings.s{at}]\ndefault = 'on'\nrequires = ['s{next}']\n");
    let rows: [(&str, Row<'_>); 3] =
        [("otherwise", &otherwise), ("instead", &instead), ("requires", &requires)];
    for (key, row) in rows {
        for count in [1, 2, 3, 50] {
            let found = circle(count, row);
            assert_eq!(found.len(), 1, "{key} {count}: {found:?}");
            assert!(found[0].contains(": cycle: ") && found[0].contains("leads back to itself"), "{found:?}");
            assert!(found[0].len() < 200, "{found:?}");
        }
        let found = within(Duration::from_secs(60), || circle(10_000, row));
        assert_eq!(found.len(), 1, "{key}");
    }
    let custom =
        "[roles.one]\nbased_on = 'two'\n[roles.two]\nbased_on = 'one'\n[roles.three]\nbased_on = 'three'";
    let found = lines(compiled(&format!("{HEADING}{custom}")));
    assert_eq!(
        found,
        [
            "6:12: unknown-name: unknown role `two`",
            "8:12: unknown-name: unknown role `one`",
            "10:12: unknown-name: unknown role `three`",
        ]
    );
}

#[test]
fn a_hundred_thousand_of_anything_is_an_error_that_names_the_limit_at_once() {
    let rows = |table: &str, row: &str| {
        (0..100_000).fold(String::new(), |mut text, number| {
            writeln!(text, "{table}{number} = {row}").unwrap();
            text
        })
    };
    for (table, row, what) in [
        ("[roles]\nr", "{}", "100000 roles, at most 65535 are possible"),
        ("[features]\nf", "{}", "100000 features, at most 65535 are possible"),
    ] {
        let (header, key) = table.split_once('\n').unwrap();
        let text = format!("{CATALOG_HEADING}{header}\n{}", rows(key, row));
        let found = within(Duration::from_secs(60), || lines(Catalog::parse(&text)));
        assert!(found.len() == 1 && found[0].ends_with(what), "{what}: {} {:?}", found.len(), found.first());
    }
    let text = format!("{HEADING}[roles]\n{}", rows("r", "{ based_on = 'guest' }"));
    let found = within(Duration::from_secs(60), || lines(compiled(&text)));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].ends_with("too-many: 100000 custom roles, at most 65531 are possible"), "{found:?}");
}

/// Roles × permissions grow as a product: neither alone is near its limit.
#[test]
fn a_table_of_cells_beyond_the_limit_is_an_error_before_it_is_made() {
    let text = |roles: usize| {
        let roles: String = (0..roles).map(|number| format!("r{number} = {{}}\n")).collect();
        let permissions: String = (0..4096).map(|number| format!("p{number} = {{}}\n")).collect();
        format!("{CATALOG_HEADING}[roles]\n{roles}[permissions]\n{permissions}")
    };
    assert_eq!(
        lines(Catalog::parse(&text(4097))),
        ["too-many: 4097 roles × 4096 permissions make 16781312 cells, at most 16777216 are possible"]
    );
}

#[test]
fn an_entry_or_a_file_with_very_many_mistakes_is_reported_to_a_declared_number_at_once() {
    let many = |count: usize| -> String { (0..count).map(|number| format!("x{number} = 1\n")).collect() };
    for (count, reported) in [(31, 31), (32, 32), (33, 33), (100_000, 33)] {
        let text = format!("{CATALOG_HEADING}[permissions.p]\n{}", many(count));
        let found = within(Duration::from_secs(60), || lines(Catalog::parse(&text)));
        assert_eq!(found.len(), reported, "{count}");
        let last = found.last().unwrap();
        let says_so = last.ends_with("too-many: more than 32 mistakes in one entry, the rest is not shown");
        assert_eq!(says_so, count > 32, "{last}");
    }
    for (count, reported) in [(1000, 1000), (1001, 1001), (20_000, 1001)] {
        let text = format!("{HEADING}[settings]\n{}", many(count).replace("= 1", "= 'maybe'"));
        let found = within(Duration::from_secs(60), || lines(compiled(&text)));
        assert_eq!(found.len(), reported, "{count}");
        let says_so = found.last().unwrap() == "too-many: more than 1000 problems, the rest is not shown";
        assert_eq!(says_so, count > 1000);
    }
    // Unknown names cost more: what each was meant to be is looked for.
    let names: String = (0..50_000).map(|number| format!("'member_{number}', ")).collect();
    let text = format!(
        "{CATALOG_HEADING}[roles.member]\n[permissions.p]\n[settings.s]\ndefault = 'on'\nchange = [{{ roles = [{names}] }}]"
    );
    let found = within(Duration::from_secs(60), || lines(Catalog::parse(&text)));
    assert_eq!(found.len(), 1001);
    // All on one line: rendering shows a part of it each time.
    let error = Catalog::parse(&text).unwrap_err();
    let rendered = within(Duration::from_secs(60), || error.render("x.toml", &text));
    assert!(rendered.len() < 1_000_000, "{}", rendered.len());
}

#[test]
fn nesting_ten_thousand_deep_is_an_error_and_overflows_nothing() {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(10_000), close.repeat(10_000));
    let tomls = [
        format!("a = {}", deep("[", "]")),
        format!("a = {}1{}", "{ a = ".repeat(10_000), " }".repeat(10_000)),
        format!("{}a = 1", "a.".repeat(10_000)),
        format!("[{}a]\nb = 1", "a.".repeat(10_000)),
        format!("[domain]\nid = {}", deep("[", "]")),
        format!("[[check]]\naction = {{ change = {} }}", deep("[", "]")),
        deep("[", "]"),
        "[a.".repeat(10_000),
    ];
    for text in tomls {
        let failed = on_a_small_stack(64, move || {
            [Catalog::parse(&text).is_err(), Domain::parse(&text).is_err(), Suite::parse(&text).is_err()]
        });
        assert_eq!(failed, [true; 3]);
    }
    let jsons = [
        deep("[", "]"),
        format!("{}1{}", r#"{"action":"#.repeat(10_000), "}".repeat(10_000)),
        format!(r#"{{"action":{{"change":{{"to":{}}}}}}}"#, deep("[", "]")),
        format!(r#"{{"action":{{"permission":{}}}}}"#, deep("[", "]")),
        format!(r#"{{"action":{{}},"context":{{"facts":{{"a":{}}}}}}}"#, deep("[", "]")),
    ];
    for text in jsons {
        // How deep JSON goes is up to its parser: this one stops at 128 levels.
        assert!(on_a_small_stack(256, move || serde_json::from_str::<NamedRequest>(&text).is_err()));
    }
}

/// The limit is where the parser does not need a larger stack yet: what is as deep as allowed is read on a small one.
#[test]
fn nesting_holds_at_its_limit_and_is_named_beyond_it() {
    let nested = |open: &str, inside: &str, close: &str, depth: usize| {
        format!("a = {}{inside}{}", open.repeat(depth), close.repeat(depth))
    };
    let texts = |depth: usize| {
        [
            nested("[", "", "]", depth),
            nested("{ b = ", "1", " }", depth),
            format!("{}a = 1", "a.".repeat(depth)),
            format!("[{}a]", "a.".repeat(depth - 1)),
            // What stands in strings and comments is not nested.
            format!(
                "s = ['[[[[[[[[[[[[[', \"{{{{{{{{{{{{{{\\\"[[[[[[\", '''[[[['[[[[[[[[['''] # [[[[[[[[[[[[[\n{}",
                nested("[", "\"\"\"[[\n\\\"\"\"[[\"\"\"", "]", depth)
            ),
        ]
    };
    // An unoptimized build takes up to 20 KiB a level.
    let parsed = |text: &str, kib: usize| {
        let text = text.to_owned();
        on_a_small_stack(kib, move || {
            [lines(Catalog::parse(&text)), lines(Domain::parse(&text)), lines(Suite::parse(&text))]
        })
    };
    let too_deep = |problem: &String| problem.ends_with("nested more than 8 deep, the file is not read");
    for (at_limit, beyond) in texts(8).into_iter().zip(texts(9)) {
        for found in parsed(&at_limit, 192) {
            assert!(!found.iter().any(too_deep), "{at_limit}: {found:?}");
            assert!(!found.iter().any(|problem| problem.contains("syntax")), "{at_limit}: {found:?}");
        }
        for found in parsed(&beyond, 64) {
            assert!(found.len() == 1 && too_deep(&found[0]), "{beyond}: {found:?}");
        }
    }
}

#[test]
fn numbers_at_the_ends_of_their_range_neither_wrap_nor_lose_a_digit() {
    let nines = "9".repeat(10_000);
    for number in ["-1", "18446744073709551616", "1e3", "0.5", "nan", "inf", &nines] {
        let found = lines(compiled(&format!("{HEADING}[limits.ai_outputs]\nlimit = {number}")));
        assert_eq!(found.len(), 1, "{number:.40}: {found:?}");
        let found = lines(compiled(&format!("{HEADING}[holders]\nguest = {number}")));
        assert_eq!(found.len(), 1, "{number:.40}: {found:?}");
    }
    // The greatest number that TOML has, and the greatest that JSON and Rust have.
    let engine = engine(
        "[limits.ai_outputs]\nlimit = 9223372036854775807\nstop = 'soft'\nceiling_percent = 9223372036854775807",
    );
    let ask = |engine: &Engine, used: &str| {
        let json = r#"{"action":{"feature":"smart_status"},"context":{"used":{"ai_outputs":USED}}}"#;
        asked(engine, &json.replace("USED", used))
    };
    assert_eq!(ask(&engine, "18446744073709551615").unwrap(), Reason::NotInPlan);
    let plan = HEADING.replace("legacy_enterprise", "enterprise");
    let hard = format!("{plan}[limits.ai_outputs]\nlimit = 9223372036854775807");
    let hard = compiled(&hard).unwrap();
    for (used, reason) in [
        ("0", Reason::FeatureOn),
        ("9223372036854775806", Reason::FeatureOn),
        ("9223372036854775807", Reason::LimitReached),
        ("18446744073709551615", Reason::LimitReached),
    ] {
        assert_eq!(ask(&hard, used).unwrap(), reason, "{used}");
    }
    for used in ["18446744073709551616", "-1", "1.5", "1e2", "\"1\"", "null", &nines] {
        assert!(ask(&hard, used).is_err(), "{used:.40}");
    }
    let priced = |input: u64, output: u64, remaining: u64| {
        asked(
            &compiled(&plan).unwrap(),
            &format!(
                r#"{{"subject":{{"roles":["member"]}},"action":{{"feature":"ai_studio_workflows","model":"anthropic_largest",
                "tokens":{{"input":{input},"output":{output}}}}},"context":{{"remaining":{{"ai_studio_credits":{remaining}}}}}}}"#
            ),
        )
        .unwrap()
    };
    assert_eq!(priced(1, 1, 1_500_000), Reason::FeatureOn);
    assert_eq!(priced(1, 1, 1_499_999), Reason::CreditsExhausted);
    // What cannot be priced exactly is not free.
    assert_eq!(priced(u64::MAX, 1, u64::MAX), Reason::Unpriced);
    assert_eq!(priced(u64::MAX / 250_000, u64::MAX / 1_250_000, u64::MAX), Reason::Unpriced);
}

/// DEC-02: nothing is folded together: what is not the very name is another one, and nobody knows it.
#[test]
fn a_name_that_only_looks_like_another_denies() {
    let engine = engine("[roles.cafe]\nbased_on = 'admin'");
    let ask = |role: &str, permission: &str| {
        let request = serde_json::json!({
            "subject": { "roles": [role] }, "action": { "permission": permission }
        });
        asked(&engine, &request.to_string()).unwrap()
    };
    assert_eq!(ask("cafe", "create_teams"), Reason::OnByDefault);
    for role in [
        "café",
        "cafe\u{301}",
        "CAFE",
        "Cafe",
        "cafe ",
        " cafe",
        "cafe\u{200b}",
        "\u{feff}cafe",
        "cafe\0",
        "cаfe",
        "ｃａｆｅ",
        "cafe\u{202e}",
        "caf\u{435}",
        "",
        "cafe.",
        "cafe\n",
        "c\u{ad}afe",
    ] {
        assert_eq!(ask(role, "create_teams"), Reason::UnknownRole, "{role:?}");
    }
    for permission in [
        "Create_teams",
        "create-teams",
        "create_teams\u{200d}",
        "create_teаms",
        "create_teams/",
        "create_teamſ",
    ] {
        assert_eq!(ask("cafe", permission), Reason::UnknownPermission, "{permission:?}");
    }
    for name in ["café", "Cafe", "ca.fe", "ca-fe", "__proto__", "toString", "a b", "cаfe", "", "1a", "_a"] {
        let found = lines(compiled(&format!("{HEADING}[roles.\"{name}\"]\nbased_on = 'guest'")));
        assert!(found.iter().any(|problem| problem.contains("malformed-id")), "{name:?}: {found:?}");
        let ascii = found.iter().all(|problem| problem.chars().all(|one| !one.is_control()));
        assert!(ascii, "{found:?}");
    }
    for (length, fits) in [(64, true), (65, false)] {
        let text = format!("{HEADING}[roles.{}]\nbased_on = 'guest'", "a".repeat(length));
        assert_eq!(compiled(&text).is_ok(), fits, "{length}");
    }
}

/// PRM-23: what a list has is compared exactly but for ASCII case; nothing is decoded, trimmed or folded.
#[test]
fn an_email_domain_that_only_looks_trusted_is_not() {
    let engine = engine(
        "[settings]\nguest_invites_trusted_only = 'on'\n[lists]\ntrusted_domains = ['Partner.example']",
    );
    let ask = |domain: &str| {
        let request = serde_json::json!({
            "subject": { "roles": ["member"] }, "action": { "permission": "invite_guests" },
            "context": { "email_domain": domain }
        });
        asked(&engine, &request.to_string()).unwrap()
    };
    for domain in ["partner.example", "PARTNER.EXAMPLE", "Partner.Example"] {
        assert_eq!(ask(domain), Reason::OnByDefault, "{domain}");
    }
    for domain in [
        "partner.example.",
        ".partner.example",
        "partner.example ",
        "sub.partner.example",
        "artner.example",
        "example",
        "partner.example\0",
        "partner.example\u{200b}",
        "partner。example",
        "pаrtner.example",
        "ＰＡＲＴＮＥＲ.example",
        "@partner.example",
        "a@partner.example",
        "partner%2eexample",
        "partner.example/x",
        "*",
        "",
        "partner.examplE\u{301}",
        "evil.example,partner.example",
    ] {
        assert_eq!(ask(domain), Reason::NotOnList, "{domain:?}");
    }
    let longest = format!("{}.{}.{}.{}", "a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(61));
    for (entry, fits) in [
        ("partner.example", true),
        ("xn--bcher-kva.example", true),
        (&*longest, true),
        (&format!("{longest}d"), false),
        ("partner.example.", false),
        (".example", false),
        ("example", false),
        ("a..b", false),
        ("bücher.example", false),
        ("*.example", false),
        ("a b.example", false),
        ("a_b.example", false),
        ("-a.example", false),
        ("a-.example", false),
        ("a.example-", false),
        ("a@b.example", false),
        ("", false),
    ] {
        let text = format!("{HEADING}[lists]\ntrusted_domains = ['{entry}']");
        assert_eq!(compiled(&text).is_ok(), fits, "{entry}");
    }
}

#[test]
fn empty_files_are_errors_and_empty_requests_deny() {
    for text in ["", "\n", " ", "\u{feff}", "#", "[catalog]", "[domain]", "[suite]", "\0"] {
        assert!(Catalog::parse(text).is_err(), "{text:?}");
        assert!(Suite::parse(text).is_err(), "{text:?}");
        let compiled = Domain::parse(text).and_then(|domain| Engine::compile(&Catalog::builtin(), &domain));
        assert!(compiled.is_err(), "{text:?}");
    }
    // A catalog of nothing is legal, and allows nothing: no domain has a kind in it.
    let nothing = Catalog::parse(CATALOG_HEADING).unwrap();
    assert!(Engine::compile(&nothing, &Domain::parse(HEADING).unwrap()).is_err());
    let engine = engine("");
    for (json, reason) in [
        (r#"{"action":{}}"#, Reason::MalformedRequest),
        (r#"{"action":{"change":{}}}"#, Reason::MalformedRequest),
        (r#"{"action":{"permission":""}}"#, Reason::UnknownPermission),
        (r#"{"action":{"feature":""}}"#, Reason::UnknownFeature),
        (r#"{"action":{"store":""}}"#, Reason::UnknownData),
        (r#"{"subject":{"roles":[]},"action":{"permission":"create_teams"}}"#, Reason::NotGrantedToRole),
        (r#"{"subject":{"roles":[""]},"action":{"permission":"create_teams"}}"#, Reason::UnknownRole),
        (r#"{"action":{"permission":"create_teams"},"context":{"facts":{"":true}}}"#, Reason::UnknownFact),
        (r#"{"action":{"permission":"create_teams"},"context":{"used":{"":0}}}"#, Reason::UnknownLimit),
    ] {
        assert_eq!(asked(&engine, json).unwrap(), reason, "{json}");
    }
    for json in ["", "{}", "null", "[]", "\"\"", "{\"action\":null}", "\u{feff}{\"action\":{}}"] {
        assert!(asked(&engine, json).is_err(), "{json:?}");
    }
}

#[test]
fn names_that_mean_something_elsewhere_mean_nothing_here() {
    let engine = engine("");
    for name in [
        "__proto__",
        "__entity",
        "constructor",
        "prototype",
        "toString",
        "toString.call",
        "hasOwnProperty",
        "$ref",
        "${jndi:x}",
        "{{role}}",
        "' OR 1=1",
        "../../admin",
        "admin\0guest",
        "*",
        "admin,member",
        "null",
        "true",
    ] {
        let request = |key: &str| {
            let mut request = serde_json::json!({
                "subject": { "roles": ["super_admin"] }, "action": { "permission": "create_teams" }
            });
            match key {
                "role" => request["subject"]["roles"] = serde_json::json!([name]),
                "standing" => request["subject"]["standings"] = serde_json::json!([name]),
                "permission" => request["action"]["permission"] = serde_json::json!(name),
                "fact" => request["context"] = serde_json::json!({ "facts": { name: true } }),
                _ => request["context"] = serde_json::json!({ "remaining": { name: 1 } }),
            }
            asked(&engine, &request.to_string()).unwrap()
        };
        let reasons = ["role", "standing", "permission", "fact", "limit"].map(request);
        let unknown = [
            Reason::UnknownRole,
            Reason::UnknownStanding,
            Reason::UnknownPermission,
            Reason::UnknownFact,
            Reason::UnknownLimit,
        ];
        assert_eq!(reasons, unknown, "{name}");
        // At the top level, such a key is unknown like any other.
        let json = serde_json::json!({ "action": {}, name: { "roles": ["super_admin"] } }).to_string();
        assert!(asked(&engine, &json).is_err(), "{name}");
    }
}

#[test]
fn chains_hold_at_their_limit_and_are_named_beyond_it() {
    let chain = |count: usize, row: &dyn Fn(usize) -> String, last: &str| {
        let rows: String = (0..count).map(row).collect();
        lines(Catalog::parse(&format!("{CATALOG_HEADING}{rows}{last}")))
    };
    let otherwise = |at: usize| format!("[permissions.p{at:03}]\notherwise = 'p{:03}'\n", at + 1);
    let requires =
        |at: usize| format!("[settings.s{at:03}]\ndefault = 'on'\nrequires = ['s{:03}']\n", at + 1);
    assert_eq!(chain(64, &otherwise, "[permissions.p064]"), Vec::<String>::new());
    let found = chain(65, &otherwise, "[permissions.p065]");
    assert!(found.len() == 1 && found[0].contains("permission leads to more than 64 others by"), "{found:?}");
    assert_eq!(chain(64, &requires, "[settings.s064]\ndefault = 'on'"), Vec::<String>::new());
    let found = chain(65, &requires, "[settings.s065]\ndefault = 'on'");
    assert!(
        found.len() == 1 && found[0].contains("setting leads to more than 64 others by `requires`"),
        "{found:?}"
    );
}

/// A small generator that is the same everywhere: which case failed can be said and found again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(sides.max(1)).unwrap()).unwrap()
    }
}

/// One flipped byte, a cut, a piece twice, a piece gone, or a piece of punctuation put in.
fn mutated(text: &str, dice: &mut Dice) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=dice.roll(3) {
        let (at, length) = (dice.roll(bytes.len()), dice.roll(40));
        let end = (at + length).min(bytes.len());
        match dice.roll(6) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << dice.roll(8),
            1 => bytes.truncate(at),
            2 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            3 => drop(bytes.drain(at..end)),
            4 => {
                const PIECES: [&str; 12] = [
                    "\"",
                    "[",
                    "]",
                    "{",
                    "}",
                    "=",
                    "\n",
                    ".",
                    "é\u{301}",
                    "\0",
                    "99999999999999999999",
                    "[[",
                ];
                bytes.splice(at..at, PIECES[dice.roll(PIECES.len())].bytes());
            }
            _ => {
                let other = dice.roll(bytes.len());
                if at < bytes.len() && other < bytes.len() {
                    bytes.swap(at, other);
                }
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Runs `work` on mutated versions of a text, and returns how many of them were accepted.
fn sweep(text: &str, cases: u64, seed: u64, work: impl Fn(&str) -> bool + std::panic::RefUnwindSafe) -> u64 {
    let mut accepted = 0;
    for case in 0..cases {
        let text = mutated(text, &mut Dice(seed << 32 | case));
        let Ok(ok) = catch_unwind(|| work(&text)) else { panic!("case {case} of {seed} panicked:\n{text}") };
        accepted += u64::from(ok);
    }
    accepted
}

fn rendered(error: &Diagnostics, text: &str) -> bool {
    assert!(!error.render("x", text).is_empty() && !error.to_string().contains('\n'));
    false
}

/// P11: no bytes make a panic. What is accepted after all is compiled and asked.
#[test]
fn no_mutated_text_makes_a_panic() {
    let builtin = Catalog::builtin();
    let notes = Catalog::parse(NOTES).unwrap();
    let request: NamedRequest = serde_json::from_str(REQUEST).unwrap();
    let catalog = |text: &str| match Catalog::parse(text) {
        Err(error) => rendered(&error, text),
        Ok(catalog) => {
            assert_eq!(Catalog::parse(&catalog.to_toml()).unwrap(), catalog);
            true
        }
    };
    let domain = |catalog: &Catalog, text: &str| {
        let compiled = Domain::parse(text).and_then(|domain| Engine::compile(catalog, &domain));
        match compiled {
            Err(error) => rendered(&error, text),
            Ok(engine) => {
                let _decided = engine.decide(&request);
                assert!(!engine.explain_named(&request).to_string().is_empty());
                assert_eq!(Domain::parse(&engine.domain().to_toml()).unwrap(), engine.domain());
                true
            }
        }
    };
    let clinic = compiled(CLINIC).unwrap();
    let suite = |text: &str| match Suite::parse(text) {
        Err(error) => rendered(&error, text),
        Ok(suite) => !check::run(&suite, &clinic).to_string().is_empty(),
    };
    let named = |text: &str| match serde_json::from_str::<NamedRequest>(text) {
        Err(error) => error.to_string().is_empty(),
        Ok(request) => !clinic.explain_named(&request).to_string().is_empty(),
    };
    let heads: Vec<&str> = BUILTIN.split("\n\n").collect();
    // Parts of the built-in catalog, so that more cases fit into the time; what they refer to is mostly elsewhere.
    for (number, part) in (0..).zip(heads.chunks(heads.len() / 8)) {
        sweep(&format!("{CATALOG_HEADING}{}", part.join("\n\n")), 100, 100 + number, catalog);
    }
    sweep(BUILTIN, 40, 1, catalog);
    let accepted = [
        sweep(NOTES, 500, 2, catalog),
        sweep(CLINIC, 3000, 3, |text| domain(&builtin, text)),
        sweep(BOOK_CLUB, 3000, 4, |text| domain(&notes, text)),
        sweep(SUITE, 200, 5, suite),
        sweep(REQUEST, 3000, 6, named),
    ];
    let enough = [20, 200, 200, 10, 100];
    let few = accepted.iter().zip(enough).any(|(accepted, enough)| *accepted < enough);
    assert!(!few, "the cases are broken too badly to reach anything: {accepted:?} of {enough:?}");
}
