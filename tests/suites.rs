//! The suites of `examples/suites`, and how suites are read, run and reported.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use expect_test::{expect, expect_file};
use tollkeeper::catalog::Catalog;
use tollkeeper::check::{self, EngineError, Report, SelfCheckError, Suite};
use tollkeeper::domain::Domain;
use tollkeeper::engine::Engine;
use tollkeeper::request::NamedRequest;

/// The suites: how many decisions each is about, and how many of them it cannot express, as its head says. Of the outside
/// ones those are the decisions that were published; a list that decides about three things is three of them, and one that
/// is not expressed is one.
const SUITES: [(&str, usize, usize); 16] = [
    ("authzen_certification", 8, 0),
    ("authzen_gateway", 25, 0),
    ("authzen_todo", 40 + 6, 0),
    ("book_club", 18, 0),
    ("cerbos_tutorial", 36 + 24 + 48, 0),
    ("clinic", 70, 0),
    ("cvat", 300 + 90, 0),
    ("openfga_advanced_entitlements_acme", 10 + 12, 1),
    ("openfga_advanced_entitlements_okta", 6 + 6, 1),
    ("openfga_custom_roles_contoso", 1, 0),
    ("openfga_custom_roles_website_content", 5 + 6, 0),
    ("openfga_custom_roles_website_media", 3 + 1, 0),
    ("openfga_entitlements_alpha", 3 + 1, 0),
    ("openfga_entitlements_brayer", 3 + 1, 0),
    ("openfga_entitlements_cups", 3 + 1 + 3, 0),
    ("openfga_hospitality", 109 + 8, 8),
];

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/suites")
}

#[expect(clippy::disallowed_methods, reason = "a test reads files")]
fn read(file: &str) -> std::io::Result<String> {
    fs::read_to_string(directory().join(file))
}

fn suite(name: &str) -> Suite {
    let file = format!("{name}.toml");
    let text = read(&file).unwrap();
    Suite::parse(&text).unwrap_or_else(|problems| panic!("{}", problems.render(&file, &text)))
}

fn run(name: &str) -> Report {
    let suite = suite(name);
    let engine = suite.engine(read).unwrap_or_else(|error| panic!("{name}: {error}"));
    check::run(&suite, &engine)
}

#[test]
fn every_suite_of_the_examples_passes_and_every_published_decision_is_there() {
    for (name, decisions, not_expressed) in SUITES {
        let report = run(name);
        assert!(report.passed(), "{report}");
        assert_eq!(report.checks + not_expressed, decisions, "{name}");
    }
}

/// A name that nobody knows denies, so that a slip of the pen would keep a check that expects a deny.
#[test]
fn no_suite_denies_for_a_name_that_nobody_knows_but_where_it_says_so() {
    for (name, ..) in SUITES {
        assert_eq!(run(name).not_understood, Vec::<String>::new(), "{name}");
    }
}

#[test]
fn every_file_of_the_examples_is_run() {
    let mut files: Vec<_> = fs::read_dir(directory())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let known: Vec<_> = SUITES.iter().map(|(name, ..)| format!("{name}.toml")).collect();
    assert_eq!(files, known);
}

/// The heading of a suite with its domain in place.
const HEADING: &str = "\
[suite]
name = 's'
[domain]
id = 'acme'
kind = 'workspace'
plan = 'starter'
";

/// A whole check after that heading.
const CHECK: &str = "
[[check]]
name = 'a guest creates no teams'
subject = { roles = ['guest'] }
action = { permission = 'create_teams' }
expect = 'deny'
";

fn in_place(text: &str) -> (Suite, Engine) {
    let suite = Suite::parse(&format!("{HEADING}{text}")).unwrap_or_else(|problems| panic!("{problems:?}"));
    let engine = suite.engine(|file| Err(format!("no file `{file}`"))).unwrap();
    (suite, engine)
}

fn report(text: &str) -> Report {
    let (suite, engine) = in_place(text);
    check::run(&suite, &engine)
}

fn problems(text: &str) -> Vec<String> {
    let error = Suite::parse(text).unwrap_err();
    error.problems().map(ToString::to_string).collect()
}

#[test]
fn every_kind_of_mistake_in_a_suite_has_a_code_a_place_and_a_message() {
    #[rustfmt::skip]
    let table: [(&str, &[&str]); 21] = [
        ("[[check]]\nnam = 'x'", &["8:1: missing-key: missing key `action`", "8:1: missing-key: missing key `expect`", "9:1: unknown-key: unknown key `nam`; did you mean `name`?"]),
        ("[[check]]\nname = ''\naction = { store = 'x' }\nexpect = 'deny'", &["9:8: missing-key: missing key `name`"]),
        ("[[check]]\nname = 'x'\naction = { permision = 'x' }\nexpect = 'deny'", &["10:12: unknown-key: unknown key `permision`; did you mean `permission`?"]),
        ("[[check]]\nname = 'x'\naction = { store = 'x' }\nexpect = 'denied'", &["11:10: unknown-value: unknown value `denied`; use one of `allow`, `deny`"]),
        ("[[check]]\nname = 'x'\naction = { store = 'x' }\nexpect = 'deny'\nreason = 'exempt'", &["12:10: contradiction: no deny has the reason `exempt`"]),
        ("[[check]]\nname = 'x'\naction = { store = 'x' }\nexpect = 'allow'\nreason = 'no-reason'\nfallback = 'f'\nremedy = 'impossible'", &["12:10: unknown-value: unknown reason `no-reason`", "13:12: contradiction: no allow has a `fallback`", "14:10: contradiction: no allow has a `remedy`"]),
        ("[[check]]\nname = 'x'\naction = { store = 'x' }\nexpect = 'deny'\nproviders = ['p']\ndata = []", &["12:13: contradiction: no deny has `providers`"]),
        ("[[check]]\nname = 'x'\naction = { store = 'x' }\nexpect = 'deny'\nremedy = 'possible'", &["12:10: unknown-value: unknown value `possible`; use one of `impossible`"]),
        ("[[check]]\nname = 'x'\naction = { store = 'x' }\nexpect = 'deny'\nremedy = [{ plan = 'x', chnge = {} }]", &["12:25: unknown-key: unknown key `chnge`; did you mean `change`?"]),
        ("[[check]]\nname = 'x'\naction = { store = 'x' }\nexpect = 'deny'\ncontext = { facts = { a = 'yes' } }", &["12:27: wrong-type: expected a boolean, found string `yes`"]),
        ("[check]\nname = 'x'", &["8:1: wrong-type: `check` must be an array of tables", "11:3: syntax: duplicate key", "missing-key: a suite without checks proves nothing; add a `[[check]]` or a `[[table]]`"]),
        ("[[checks]]\nname = 'x'", &["8:3: unknown-table: unknown table `checks`; did you mean `check`?"]),
        ("[[table]]\nname = 't'", &["8:1: missing-key: missing key `subjects`", "8:1: missing-key: a table without `permissions`, `features` or `rows` proves nothing"]),
        ("[[table]]\nname = 't'\nsubjects = ['a', 'b']\npermissions.p = ['allow']", &["11:13: contradiction: the row has 1 cells, the table 2 subjects"]),
        ("[[table]]\nname = 't'\nsubjects = ['a', 'a']\npermissions.p = ['deny', 'deny']", &["8:1: duplicate: subject `a` stands in the table twice"]),
        ("[[table]]\nname = 't'\nsubjects = ['a']\npermissions.p = ['denied']", &["11:18: unknown-value: unknown effect or reason `denied`; did you mean `deny`?"]),
        ("[[table]]\nname = 't'\nsubjects = [3]\npermissions.p = ['deny']", &["8:1: missing-key: missing key `subjects`", "10:13: wrong-type: expected a role or a table, found integer `3`", "11:13: contradiction: the row has 1 cells, the table 0 subjects"]),
        ("[[table]]\nname = 't'\nsubjects = [{ role = 'a' }]\npermissions.p = ['deny']", &["10:15: unknown-key: unknown key `role`; did you mean `roles`?"]),
        ("[[table]]\nname = 't'\nsubjects = ['a']\nrows = [{ expect = ['deny'] }]", &["8:1: missing-key: a table without `permissions`, `features` or `rows` proves nothing", "11:9: missing-key: missing key `action`"]),
        ("[[table]]\nname = 't'\nsubjects = ['a']\nrows = [{ action = { store = 'x' }, expect = [] }]", &["11:9: contradiction: the row has 0 cells, the table 1 subjects"]),
        ("[[table]]\nname = 'a guest creates no teams'\nsubjects = ['a']\npermissions.p = ['deny']", &["9:8: duplicate: two checks are called `a guest creates no teams`"]),
    ];
    for (text, expected) in table {
        // The heading has six lines, and an empty one follows; the check that is right comes last.
        let found = problems(&format!("{HEADING}\n{text}\n{CHECK}"));
        let found: Vec<&str> = found
            .iter()
            .map(String::as_str)
            .filter(|one| !one.contains("two checks") || expected.contains(one))
            .collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn a_suite_says_which_domain_it_is_about_once_and_checks_something() {
    assert_eq!(
        problems(HEADING),
        ["missing-key: a suite without checks proves nothing; add a `[[check]]` or a `[[table]]`"]
    );
    assert_eq!(
        problems(&format!("[suite]\nname = 's'\ndomain = 'x.toml'\n[settings]\nuploads = 'on'\n{CHECK}")),
        ["3:10: contradiction: a suite names a domain file or has a domain in place, not both"]
    );
    assert_eq!(problems(CHECK), ["missing-key: missing key `domain`", "missing-key: missing key `name`"]);
}

#[test]
fn what_is_wrong_with_a_domain_is_said_with_its_file_or_its_line_in_the_suite() {
    let text = format!("{HEADING}regimes = ['hippa']\n{CHECK}");
    let suite = Suite::parse(&text).unwrap();
    let error = suite.engine(read).unwrap_err();
    let EngineError::BrokenInPlace { problems } = &error else { panic!("{error}") };
    assert_eq!(problems.to_string(), "7:12: unknown-name: unknown regime `hippa`; did you mean `hipaa`?");

    let text = format!("[suite]\nname = 's'\ndomain = 'd.toml'\n{CHECK}");
    let suite = Suite::parse(&text).unwrap();
    assert_eq!((suite.domain_file(), suite.catalog_file()), (Some("d.toml"), None));
    let error = suite.engine(|_| Ok::<_, String>("[domain]\nid = 3\nkind = 'team'".to_owned())).unwrap_err();
    // Shape and names at once.
    let EngineError::Broken { file, problems } = &error else { panic!("{error}") };
    let problems: Vec<String> = problems.problems().map(ToString::to_string).collect();
    assert_eq!(
        (file.as_str(), problems.iter().map(String::as_str).collect::<Vec<_>>()),
        (
            "d.toml",
            vec![
                "1:2: missing-key: missing key `plan` of table `domain`",
                "2:6: wrong-type: expected a string, found integer `3`",
                "3:8: unknown-name: unknown kind `team`",
            ]
        )
    );
    let error = suite.engine(|_| Err("no such file")).unwrap_err();
    assert_eq!(error.to_string(), "file `d.toml` cannot be read: no such file");
}

#[test]
fn a_report_says_what_was_expected_what_came_and_why() {
    let report = report(
        "
[[check]]
name = 'everything is different'
subject = { roles = ['guest'] }
action = { permission = 'create_teams' }
expect = 'allow'
reason = 'on-by-default'
obligations = ['disclose_ai']
providers = ['openai']
data = ['metadata']
[[check]]
name = 'no list in its place'
action = { feature = 'smart_fieldz' }
expect = 'deny'
reason = 'setting-off'
fallback = 'generic_list'
",
    );
    let expected = expect![[r"
        suite `s`, domain `acme`: 2 of 2 checks failed

        FAILED: everything is different
          effect: expected allow, got deny
          reason: expected on-by-default, got never-for-role
          obligations: expected disclose_ai, got none
          providers: expected openai, got none
          data: expected metadata, got none
            deny (never-for-role): the permission is not available to enable for the role: role `guest`, permission `create_teams`
              pass  known
             permission `create_teams`
              -     nothing asked by plan, kind, compliance, setting
             permission `create_teams` for role `guest`
              FAIL  role          never-for-role: role `guest`, permission `create_teams`  <- decides

        FAILED: no list in its place
          reason: expected setting-off, got unknown-feature
          fallback: expected generic_list, got none
          there is no feature `smart_fieldz`
            deny (unknown-feature): a feature that the catalog does not have
              FAIL  known         unknown-feature  <- decides

        covered:
          gates                  2 of 12
          reasons                2 of 55
          role × permission      1 of 140
          feature × state        0 of 19
          permissions            1 of 36
          features               0 of 19
          settings               0 of 8
          roles                  1 of 4
          connectors             0 of 1
          kinds                  0 of 3
          plans                  0 of 8
          add-ons                0 of 7
          standings              0 of 2
          facts                  0 of 14
          lists                  0 of 1
          regimes                0 of 3
          providers              0 of 4
          services               0 of 1
          data                   0 of 13
          models                 0 of 5
          quantities             0 of 3
          meters                 0 of 2
          limits                 0 of 2
          modes                  0 of 2
          objects                0 of 5
          obligations            0 of 10
          fallbacks              0 of 1
    "]];
    expected.assert_eq(&report.to_string());
    let failed = report.clone().into_result().unwrap_err();
    assert_eq!(failed.to_string(), "2 of 2 checks of suite `s` failed");
    assert!(format!("{failed:?}").contains("FAILED: no list in its place"));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["failures"][0]["mismatches"][0]["aspect"], "effect");
    assert_eq!(json["failures"][1]["explanation"]["decision"]["because"]["feature"], "smart_fieldz");
}

/// DEC-05: what lifts a deny, expected as steps in any order or as nothing.
#[test]
fn an_expected_remedy_is_one_that_the_engine_finds() {
    const YOUNG: &str = "\
[suite]
name = 's'
[domain]
id = 'young'
kind = 'organization'
plan = 'starter'
[holders]
super_admin = 0
[settings]
ai_partners = 'off'
";
    const APPOINT: &str = "{ by = 'admin', change = { assign_role = 'super_admin' } }";
    const TURN: &str = "{ by = 'super_admin', change = { setting = 'ai_partners', to = 'on' } }";
    const FOUND: &str = "`admin` assigns role `super_admin`, once `super_admin_verified` is so; then \
                         `super_admin` turns setting `ai_partners` on";
    let feature = "{ feature = 'smart_status' }";
    let guest = "{ permission = 'create_teams' }";
    let turned_by_admin = "[{ by = 'admin', change = { setting = 'ai_partners', to = 'on' } }]";
    let never = "impossible: no change gets past `never-for-role`";
    // What is asked, what is expected of its remedy; where that is not met, how both are shown.
    let table: [(&str, &str, &str, &str); 8] = [
        (feature, &format!("[{APPOINT}, {TURN}]"), "", ""),
        (feature, &format!("[{TURN}, {APPOINT}]"), "", ""),
        (
            feature,
            "[{ change = { assign_role = 'super_admin' } }, { change = { setting = 'ai_partners', to = 'on' } }]",
            "",
            "",
        ),
        (feature, &format!("[{TURN}]"), "`super_admin` turns setting `ai_partners` on", FOUND),
        (feature, turned_by_admin, "`admin` turns setting `ai_partners` on", FOUND),
        (feature, "'impossible'", "impossible", FOUND),
        (guest, "'impossible'", "", ""),
        (guest, "[{ plan = 'enterprise' }]", "the domain is on plan `enterprise`", never),
    ];
    for (action, remedy, wish, came) in table {
        let check = format!(
            "[[check]]\nname = 'c'\nsubject.roles = ['guest']\naction = {action}\nexpect = 'deny'\nremedy = {remedy}\n"
        );
        let suite = Suite::parse(&format!("{YOUNG}{check}")).unwrap();
        let report = check::run(&suite, &suite.engine(read).unwrap());
        let got: Vec<String> =
            report.failures.iter().flat_map(|it| &it.mismatches).map(ToString::to_string).collect();
        let expected = (!wish.is_empty()).then(|| format!("remedy: expected {wish}, got {came}"));
        assert_eq!(got, Vec::from_iter(expected), "{remedy}");
    }
}

#[test]
fn a_step_of_a_remedy_states_one_thing() {
    let table = [
        ("[{ by = 'x' }]", "a step states one of `change`, `ask`"),
        ("[{ plan = 'starter', add_on = 'x' }]", "a step states one of `change`, `ask`"),
        ("[{ plan = 'starter', by = 'x' }]", "only a step with `change` states `by`"),
        ("[{ plan = 'starter', holds = true }]", "only a step with `fact` states `holds`"),
        ("[]", "write `impossible` where nothing lifts it"),
    ];
    for (remedy, problem) in table {
        let found = problems(&format!("{HEADING}{CHECK}remedy = {remedy}"));
        assert!(found.len() == 1 && found[0].contains(problem), "{remedy}: {found:?}");
    }
}

#[test]
fn obligations_are_compared_as_a_set() {
    let check = |obligations: &str| {
        format!(
            "[[check]]\nname = 'x'\naction = {{ feature = 'priority_inbox' }}\nexpect = 'allow'\nobligations = {obligations}"
        )
    };
    for (obligations, passes) in [
        ("['disclose_ai', 'human_oversight']", true),
        ("['human_oversight', 'disclose_ai', 'disclose_ai']", true),
        ("['disclose_ai']", false),
        ("['disclose_ai', 'human_oversight', 'partner_terms']", false),
        ("[]", false),
    ] {
        assert_eq!(report(&check(obligations)).passed(), passes, "{obligations}");
    }
}

/// DEC-02: a name that nobody knows denies; that is no mistake of the suite.
#[test]
fn names_of_a_check_resolve_as_those_of_a_request_do() {
    let report = report(
        "
[[table]]
name = 't'
subjects = ['admni']
permissions.create_teams = ['unknown-role']
[[table]]
name = 'u'
subjects = ['admin']
permissions.create_temas = ['unknown-permission']
rows = [
    { action = {}, expect = ['malformed-request'] },
    { action = { permission = 'create_teams', store = 'metadata' }, expect = ['malformed-request'] },
    { action = { change = { setting = 'uploads', to = 'off' } }, expect = ['needs-verification'] },
]
",
    );
    assert!(report.passed(), "{report}");
    assert!(!report.coverage().permissions.exercised.contains("create_teams"));
}

#[test]
fn a_deny_that_is_not_understood_passes_and_is_told() {
    let report = report(
        "
[[check]]
name = 'a misspelt guest'
subject = { roles = ['gust'] }
action = { permission = 'create_teams' }
expect = 'deny'
[[check]]
name = 'nobody knows'
subject = { roles = ['nobody'] }
action = { permission = 'create_teams' }
expect = 'deny'
reason = 'unknown-role'
[[table]]
name = 't'
subjects = ['guest', 'gusset']
permissions.create_teams = ['deny', 'deny']
",
    );
    assert!(report.passed(), "{report}");
    assert_eq!(report.not_understood, ["a misspelt guest", "t: gusset, permission create_teams"]);
    let said = "all 4 checks passed\n\ndenied as not understood, whatever the domain says; correct the names or state \
                the reason:\n  a misspelt guest\n  t: gusset, permission create_teams\n\ncovered:\n";
    assert!(report.to_string().contains(said), "{report}");
}

#[test]
fn coverage_of_two_suites_is_what_either_exercised() {
    let (clinic, club) = (run("clinic").coverage, run("clinic").coverage);
    assert_eq!(clinic.clone().and(club), clinic);
    let other = report(CHECK).coverage;
    let both = clinic.clone().and(other.clone());
    for ((part, one), ((_, two), (_, both))) in
        clinic.parts().into_iter().zip(other.parts().into_iter().zip(both.parts()))
    {
        let union: Vec<_> = one.exercised.union(&two.exercised).cloned().collect();
        assert_eq!(both.exercised.iter().cloned().collect::<Vec<_>>(), union, "{part}");
        assert!(both.missed.is_disjoint(&both.exercised), "{part}");
        assert!(both.count() >= one.count().max(two.count()), "{part}");
    }
    // The same feature is one thing in a clinic under HIPAA and another in a workspace that is not.
    assert!(both.feature_states.exercised.contains("smart_editor × provider-barred"));
    assert!(both.feature_states.missed.contains("smart_editor × open"));
}

#[test]
fn a_gate_behind_one_that_failed_was_not_exercised() {
    let coverage = report(
        "
[[check]]
name = 'a guest may never'
subject = { roles = ['guest'] }
action = { permission = 'trigger_ai_workflows' }
expect = 'allow'
[settings]
ai_partners = 'off'
[[table]]
name = 't'
subjects = ['guest']
permissions.build_ai_workflows = ['setting-off']
",
    )
    .coverage;
    assert!(coverage.gates.exercised.contains("setting"));
    assert!(coverage.settings.exercised.contains("ai_partners"));
    // The setting denies, so that what the role has was never asked.
    assert!(coverage.gates.missed.contains("role"));
    assert!(coverage.cells.exercised.is_empty(), "{:?}", coverage.cells.exercised);
}

/// What each of these checks, alone in its suite, exercises of the rows of the catalog.
#[test]
fn a_row_of_the_catalog_counts_once_an_answer_was_about_it() {
    const PLAIN: &str = "
kind = 'organization'
plan = 'enterprise_plus'
[holders]
super_admin = 1
[lists]
trusted_domains = ['partner.example']
[settings]
guest_invites_trusted_only = 'on'
[limits.ai_outputs]
limit = 10
";
    const UNDER_HIPAA: &str = "
kind = 'organization'
plan = 'enterprise_plus'
regimes = ['hipaa']
[holders]
super_admin = 1
[settings]
ml = 'off'
";
    let checks = [
        (PLAIN, "permission = 'build_ai_workflows'", "roles = ['member']", ""),
        (PLAIN, "permission = 'delete_tasks'", "roles = ['member']", "facts.task_access = true"),
        (PLAIN, "permission = 'delete_tasks'", "roles = ['member']", "facts.via_app = true"),
        (PLAIN, "permission = 'invite_guests'", "roles = ['member']", "email_domain = 'else.example'"),
        (PLAIN, "permission = 'no_such'", "roles = ['member']", ""),
        (PLAIN, "feature = 'recommended_projects'", "", ""),
        (PLAIN, "feature = 'smart_status'", "", "remaining = { ai_outputs = 3, ai_studio_credits = 1 }"),
        (
            PLAIN,
            "feature = 'ai_studio_workflows', model = 'openai_large', tokens.input = 12",
            "roles = ['member']",
            "remaining.ai_studio_credits = 1000000",
        ),
        (PLAIN, "change = { setting = 'ai_partners', to = 'off' }", "standings = ['billing_owner']", ""),
        (PLAIN, "change = { list = 'trusted_domains', to = ['x.example'] }", "roles = ['admin']", ""),
        (PLAIN, "change = { create_role = 'clerk', based_on = 'member' }", "roles = ['super_admin']", ""),
        (PLAIN, "connect = 'notion_ai', mode = 'enterprise_account'", "roles = ['super_admin']", ""),
        (PLAIN, "read = 'task', through = 'notion_ai'", "", ""),
        (UNDER_HIPAA, "feature = 'recommended_projects'", "", ""),
        (UNDER_HIPAA, "feature = 'semantic_search'", "", ""),
        (UNDER_HIPAA, "feature = 'smart_editor'", "", ""),
        (UNDER_HIPAA, "process = 'user_content', feature = 'smart_status'", "", ""),
    ];
    let mut told = String::new();
    let mut exercised = BTreeSet::new();
    for (domain, action, subject, context) in checks {
        let text = format!(
            "[suite]\nname = 's'\n[domain]\nid = 'acme'{domain}[[check]]\nname = 'c'\nexpect = 'allow'\n\
             action = {{ {action} }}\nsubject = {{ {subject} }}\ncontext = {{ {context} }}"
        );
        let suite = Suite::parse(&text).unwrap_or_else(|problems| panic!("{}", problems.render("x", &text)));
        let coverage = check::run(&suite, &suite.engine(|_| Err("no other files")).unwrap()).coverage;
        writeln!(told, "{action} by {{ {subject} }}").unwrap();
        for (part, covered) in coverage.parts().into_iter().skip(4) {
            if !covered.exercised.is_empty() {
                exercised.insert(part);
                writeln!(
                    told,
                    "  {part}: {}",
                    covered.exercised.iter().cloned().collect::<Vec<_>>().join(", ")
                )
                .unwrap();
            }
        }
    }
    expect_file!["golden/suite_coverage.txt"].assert_eq(&told);
    let all = report(CHECK).coverage;
    let rows = all.parts().into_iter().skip(4).map(|(part, _)| part);
    assert_eq!(rows.filter(|part| !exercised.contains(part)).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn an_engine_that_allows_what_it_must_deny_is_not_used() {
    let (_, engine) = in_place(CHECK);
    let request = |json: &str| -> NamedRequest { serde_json::from_str(json).unwrap() };
    let denied = request(r#"{"subject":{"roles":["guest"]},"action":{"permission":"create_teams"}}"#);
    let allowed = request(r#"{"subject":{"roles":["member"]},"action":{"permission":"create_teams"}}"#);
    let typo = request(r#"{"subject":{"roles":["gust"]},"action":{"permission":"create_teams"}}"#);
    let check = |requests: &[_]| check::self_check(&engine, requests);
    assert_eq!(check(&[]), Err(SelfCheckError::NothingToCheck));
    assert_eq!(check(std::slice::from_ref(&denied)), Ok(()));
    let error = check(&[denied.clone(), allowed.clone()]).unwrap_err();
    assert!(matches!(&error, SelfCheckError::Allowed { number: 2, request, .. } if **request == allowed));
    let error = check(&[typo, allowed]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "request 1 is denied as `unknown-role` whatever the domain says: correct its names"
    );
}

#[test]
fn a_suite_may_be_run_against_a_candidate_domain() {
    let (suite, _) = in_place(CHECK);
    let candidate = Domain::parse("[domain]\nid = 'candidate'\nkind = 'division'\nplan = 'starter'").unwrap();
    let engine = Engine::compile(&Catalog::builtin(), &candidate).unwrap();
    assert_eq!(check::run(&suite, &engine).domain, "candidate");
}
