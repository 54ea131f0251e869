//! Add-ons and terms: seats, keys, residency, government, betas, and where each class of data lives.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use tollkeeper::catalog::Catalog;
use tollkeeper::decision::Reason;
use tollkeeper::domain::Domain;
use tollkeeper::engine::{CustomerKey, DataHandling, Engine};
use tollkeeper::id::{DataId, FeatureId, ModelId};
use tollkeeper::request::{Action, NamedRequest, Request, Subject};

/// A domain of a plan, with further keys of `[domain]` and further tables.
fn engine(plan: &str, keys: &str, tables: &str) -> Engine {
    let text = format!(
        "[domain]\nid = 'acme'\nkind = 'organization'\nplan = '{plan}'\n{keys}\n[holders]\nsuper_admin = 2\n{tables}"
    );
    let domain = Domain::parse(&text).unwrap();
    Engine::compile(&Catalog::builtin(), &domain).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"))
}

fn handling(engine: &Engine, data: &str) -> DataHandling {
    engine.data_handling().into_iter().find(|row| row.data == data).unwrap()
}

fn request(action: &str) -> NamedRequest {
    serde_json::from_str(&format!(r#"{{"subject":{{"roles":["member"]}},"action":{action}}}"#)).unwrap()
}

const KEYS: &str = "add_ons = ['key_management']\nregimes = ['key_management']\nattested = ['customer_keys']";

// TRM-01 TRM-02
#[test]
fn a_mismatch_of_seats_is_reported_with_both_figures() {
    let all =
        "add_ons = ['compliance_management', 'key_management', 'permissions_management', 'data_residency']";
    let rows = [
        (
            "enterprise",
            all,
            "enterprise = 100\ncompliance_management = 100\nkey_management = 100\npermissions_management = 100",
            "",
        ),
        // An add-on raised alone.
        (
            "enterprise",
            "add_ons = ['permissions_management']",
            "enterprise = 100\npermissions_management = 110",
            "permissions_management 110/100",
        ),
        // The plan raised alone, then lowered alone.
        (
            "enterprise",
            all,
            "enterprise = 110\ncompliance_management = 100\nkey_management = 100\npermissions_management = 100",
            "compliance_management 100/110, key_management 100/110, permissions_management 100/110",
        ),
        (
            "enterprise",
            "add_ons = ['permissions_management']",
            "enterprise = 90\npermissions_management = 100",
            "permissions_management 100/90",
        ),
        // One figure is missing; both are.
        (
            "enterprise",
            "add_ons = ['permissions_management']",
            "enterprise = 90",
            "permissions_management -/90",
        ),
        (
            "enterprise",
            "add_ons = ['permissions_management']",
            "permissions_management = 90",
            "permissions_management 90/-",
        ),
        ("enterprise", "add_ons = ['permissions_management']", "", ""),
        // Included in the plan, not bought, or without a parity.
        (
            "enterprise_plus",
            "add_ons = ['permissions_management']",
            "enterprise_plus = 100\npermissions_management = 90",
            "",
        ),
        ("enterprise", "", "enterprise = 100\npermissions_management = 90", ""),
        ("enterprise", "add_ons = ['data_residency']", "enterprise = 100\ndata_residency = 90", ""),
        // Bought, but the plan does not offer it.
        ("starter", "add_ons = ['key_management']", "starter = 100\nkey_management = 90", ""),
        (
            "enterprise_plus",
            "add_ons = ['key_management']",
            "enterprise_plus = 100\nkey_management = 90",
            "key_management 90/100",
        ),
    ];
    for (plan, keys, seats, expected) in rows {
        let engine = engine(plan, keys, &format!("[seats]\n{seats}"));
        let figure = |seats: Option<u64>| seats.map_or("-".to_owned(), |seats| seats.to_string());
        let mismatches = engine.seat_mismatches();
        let shown = mismatches.iter().map(|one| {
            assert_eq!(one.plan, plan);
            assert_eq!(one.billed_with_plan, one.add_on == "key_management");
            format!("{} {}/{}", one.add_on, figure(one.add_on_seats), figure(one.plan_seats))
        });
        assert_eq!(shown.collect::<Vec<_>>().join(", "), expected, "{plan} {keys} {seats}");
    }
}

// TRM-01
#[test]
fn seats_never_change_who_may_do_what() {
    let keys = "add_ons = ['permissions_management']";
    let tables = "[roles.contractor]\nbased_on = 'guest'\npermissions = { upload_files = 'off' }";
    let answers = |seats: &str| {
        let engine = engine("enterprise", keys, &format!("{tables}\n[seats]\n{seats}"));
        let roles =
            ["super_admin", "admin", "member", "guest", "contractor"].map(|role| engine.role(role).unwrap());
        let catalog = engine.catalog();
        let permissions: Vec<tollkeeper::id::PermissionId> = catalog.all().map(|(_, id)| id).collect();
        let pairs = roles.iter().flat_map(|role| permissions.iter().map(move |one| (*role, *one)));
        pairs.map(|(role, one)| engine.evaluate(&Request::new(Subject::role(role), one))).collect::<Vec<_>>()
    };
    let equal = answers("enterprise = 100\npermissions_management = 100");
    assert_eq!(answers("enterprise = 100\npermissions_management = 3"), equal);
    assert_eq!(answers("enterprise = 1"), equal);
    assert_eq!(answers(""), equal);
}

// TRM-01 TRM-02
#[test]
fn more_seats_of_the_plan_are_more_of_every_add_on_that_matches_it() {
    let keys = "add_ons = ['compliance_management', 'key_management', 'permissions_management']";
    let seats = "[seats]\nenterprise = 100\ncompliance_management = 100\nkey_management = 100\npermissions_management = 90";
    let engine = engine("enterprise", keys, seats);
    for (to, expected) in [
        (
            110,
            "enterprise +10 on enterprise, compliance_management +10 on compliance_management, \
             key_management +10 on enterprise, permissions_management +20 on permissions_management",
        ),
        (
            90,
            "enterprise +0 on enterprise, compliance_management +0 on compliance_management, \
             key_management +0 on enterprise, permissions_management +0 on permissions_management",
        ),
    ] {
        let increases = engine.seat_increases(to);
        assert!(increases.iter().all(|one| one.to == to));
        let shown = increases.iter().map(|one| format!("{} +{} on {}", one.product, one.more, one.line));
        assert_eq!(shown.collect::<Vec<_>>().join(", "), expected);
    }
}

// TRM-02 TRM-05
#[test]
fn a_regime_is_in_force_only_with_what_the_terms_ask_for() {
    let compiles = |plan: &str, keys: &str| {
        let text = format!(
            "[domain]\nid = 'a'\nkind = 'organization'\nplan = '{plan}'\n{keys}\n[holders]\nsuper_admin = 1"
        );
        match Engine::compile(&Catalog::builtin(), &Domain::parse(&text).unwrap()) {
            Ok(_) => "compiles".to_owned(),
            Err(problems) => {
                problems.problems().map(|one| one.message.clone()).collect::<Vec<_>>().join("; ")
            }
        }
    };
    let no_add_on = "regime `key_management` needs add-on `key_management`, which is not in force";
    let no_keys = "regime `key_management` needs the attestation `customer_keys`";
    for (plan, keys, expected) in [
        ("enterprise", KEYS, "compiles"),
        ("enterprise", "regimes = ['key_management']\nattested = ['customer_keys']", no_add_on),
        ("starter", KEYS, no_add_on),
        ("enterprise", "add_ons = ['key_management']\nregimes = ['key_management']", no_keys),
        ("enterprise", "regimes = ['government']\nattested = ['responsibilities']", "compiles"),
        (
            "enterprise",
            "regimes = ['government']",
            "regime `government` needs the attestation `responsibilities`",
        ),
    ] {
        assert_eq!(compiles(plan, keys), expected, "{plan} {keys}");
    }
}

// TRM-05
#[test]
fn a_government_domain_neither_stores_nor_processes_classified_data() {
    let government = engine("enterprise", "regimes = ['government']\nattested = ['responsibilities']", "");
    let ordinary = engine("enterprise", "", "");
    for (data, in_government, elsewhere) in [
        ("classified", "data-barred", "data-permitted"),
        ("user_content", "data-permitted", "data-permitted"),
        ("videos", "data-permitted", "data-permitted"),
    ] {
        let store = request(&format!(r#"{{"store":"{data}"}}"#));
        assert_eq!(government.evaluate_named(&store).reason().as_str(), in_government, "{data}");
        assert_eq!(ordinary.evaluate_named(&store).reason().as_str(), elsewhere, "{data}");
    }
    for (name, _) in ordinary.catalog().all::<FeatureId>() {
        let process = request(&format!(r#"{{"process":"classified","feature":"{name}"}}"#));
        assert_eq!(government.evaluate_named(&process).reason(), Reason::DataBarred, "{name}");
    }
    let classified = handling(&government, "classified");
    assert!(!classified.stored && classified.features.is_empty() && classified.region.now.is_none());
    assert!(handling(&ordinary, "classified").stored);
}

// TRM-03
#[test]
fn the_customers_key_covers_what_the_terms_do_not_except() {
    use CustomerKey::{Covered, NoKeyManagement, NotCovered, SharedInClear};
    let (with, without) = (engine("enterprise", KEYS, ""), engine("enterprise", "", ""));
    // Bought alone, the add-on encrypts nothing: it takes the keys.
    let bought = engine("enterprise", "add_ons = ['key_management']", "");
    for (data, key, unnamed) in [
        ("metadata", Covered, false),
        ("user_content", Covered, false),
        ("ai_input", Covered, false),
        ("ai_output", Covered, false),
        ("profile_information", Covered, false),
        ("organization_membership", Covered, false),
        ("third_party_data", NotCovered, false),
        ("profile_images", NotCovered, false),
        ("videos", NotCovered, false),
        ("user_names", SharedInClear, true),
        ("email_addresses", SharedInClear, true),
        ("team_names", SharedInClear, true),
    ] {
        let row = handling(&with, data);
        assert_eq!(row.customer_key, key, "{data}");
        assert_eq!(row.customer_key.is_encrypted(), key == Covered);
        assert_eq!(handling(&without, data).customer_key, NoKeyManagement, "{data}");
        assert_eq!(handling(&bought, data).customer_key, NoKeyManagement, "{data}");
        // With AI off, only what the service is provided with is shared.
        let off = engine("enterprise", KEYS, "[settings]\nai_partners = 'off'\nml = 'off'");
        let row = handling(&off, data);
        assert_eq!((row.subprocessors.len(), row.subprocessors_unnamed), (0, unnamed), "{data}");
    }
}

// TRM-04 TRM-08
#[test]
fn customer_data_moves_to_the_region_and_profiles_stay() {
    let (bought, not) = ("add_ons = ['data_residency']", "");
    let (before, after) = ("region = 'eu'", "region = 'eu'\nmigrated = true");
    for (plan, keys, residency, data, expected) in [
        ("enterprise", bought, before, "user_content", "us eu us"),
        ("enterprise", bought, after, "user_content", "us eu eu"),
        ("enterprise", bought, after, "metadata", "us eu eu"),
        ("enterprise", bought, after, "ai_input", "us eu eu"),
        ("enterprise", bought, after, "ai_output", "us eu eu"),
        ("enterprise", bought, after, "videos", "us eu eu"),
        ("enterprise", bought, after, "team_names", "us eu eu"),
        ("enterprise", bought, after, "third_party_data", "us eu eu"),
        ("enterprise", bought, after, "profile_information", "us us us"),
        ("enterprise", bought, after, "organization_membership", "us us us"),
        ("enterprise", bought, after, "email_addresses", "us us us"),
        ("enterprise", bought, after, "user_names", "us us us"),
        ("enterprise", bought, after, "profile_images", "us us us"),
        // Without the add-on, or on a plan that does not offer it, the region has no effect and is no error.
        ("enterprise", not, after, "user_content", "us us us"),
        ("starter", bought, after, "user_content", "us us us"),
        ("enterprise", bought, "", "user_content", "us us us"),
    ] {
        let region = handling(&engine(plan, keys, &format!("[residency]\n{residency}")), data).region;
        let places = [region.before_migration, region.after_migration, region.now].map(Option::unwrap);
        assert_eq!(places.join(" "), expected, "{plan} {keys} {residency} {data}");
    }
}

// TRM-07 AI-03 AI-04
#[test]
fn who_sees_a_class_of_data_follows_what_the_domain_permits() {
    let hipaa = "regimes = ['hipaa']";
    let on = "[settings]\nai_partners = 'on'";
    for (plan, keys, tables, data, subprocessors, unnamed) in [
        ("enterprise", "", "", "user_content", "anthropic openai", true),
        ("enterprise", "", "", "metadata", "anthropic openai", true),
        ("enterprise", hipaa, on, "user_content", "anthropic", false),
        ("enterprise", hipaa, "", "user_content", "", false),
        ("enterprise", "", "[settings]\nai_partners = 'off'", "user_content", "", false),
        ("personal", "", "", "user_content", "", false),
        ("enterprise", "", "", "videos", "", false),
        ("enterprise", "", "", "email_addresses", "", true),
        ("enterprise", "", "", "third_party_data", "", false),
    ] {
        let row = handling(&engine(plan, keys, tables), data);
        assert_eq!(row.subprocessors.join(" "), subprocessors, "{plan} {keys} {tables} {data}");
        assert_eq!(row.subprocessors_unnamed, unnamed, "{plan} {keys} {tables} {data}");
    }
}

// TRM-07 AI-04
#[test]
fn an_automation_may_process_what_some_model_of_it_may() {
    let catalog = |models: &str| {
        let text = format!(
            "[catalog]\nid = 'notes'\nversion = '1'\n[kinds.team]\n[plans.free]\n[data.text]\n\
             [providers.near]\n[providers.far]\nthird_party = true\n[providers.odd]\nthird_party = true\n\
             [regimes.strict]\nbars = {{ providers = ['odd'], unstated_providers = true }}\n\
             [features.draft]\nproviders = 'of_model'\ndata = ['text']\n{models}"
        );
        Catalog::parse(&text).unwrap_or_else(|problems| panic!("{problems:?}"))
    };
    let model = |provider: &str| format!("[models.{provider}_one]\nprovider = '{provider}'\n");
    for (providers, regimes, features, subprocessors) in [
        (&["near", "far", "odd"][..], "", "draft", "far odd"),
        (&["near", "far", "odd"], "strict", "draft", "far"),
        (&["near", "odd"], "strict", "draft", ""),
        (&["odd"], "", "draft", "odd"),
        (&["odd"], "strict", "", ""),
        (&[], "", "", ""),
    ] {
        let catalog = catalog(&providers.iter().map(|provider| model(provider)).collect::<String>());
        let regimes = if regimes.is_empty() { String::new() } else { format!("regimes = ['{regimes}']") };
        let domain = format!("[domain]\nid = 'a'\nkind = 'team'\nplan = 'free'\n{regimes}");
        let engine = Engine::compile(&catalog, &Domain::parse(&domain).unwrap()).unwrap();
        let text = handling(&engine, "text");
        let shown = (text.features.join(" "), text.subprocessors.join(" "));
        assert_eq!(shown, (features.to_owned(), subprocessors.to_owned()), "{providers:?} {regimes}");
    }
}

// TRM-07
#[test]
fn the_features_of_a_data_map_are_those_that_may_process_it() {
    for (keys, tables) in [
        ("", ""),
        (KEYS, ""),
        ("regimes = ['hipaa']", "[settings]\nai_partners = 'on'"),
        ("", "[settings]\nml = 'off'"),
    ] {
        let engine = engine("enterprise", keys, tables);
        let catalog = engine.catalog();
        let map = engine.data_handling();
        let classes: Vec<(&str, DataId)> = catalog.all().collect();
        assert_eq!(map.len(), classes.len(), "every class has an answer");
        for (row, (name, data)) in map.iter().zip(classes) {
            assert_eq!(row.data, name);
            // Who gets the data of an automation is known only with its model, so it is asked model by model.
            let models = || catalog.all::<ModelId>().map(|(_, model)| Some(model)).chain([None]);
            let permitted = catalog.all::<FeatureId>().filter(|(_, feature)| {
                models().any(|model| {
                    let process = Action::Process { data, feature: *feature, model };
                    engine.evaluate(&Request::new(Subject::nobody(), process)).is_allow()
                })
            });
            let permitted: Vec<_> = permitted.map(|(name, _)| name).collect();
            assert_eq!(row.features, permitted, "{name}");
            let json = serde_json::to_string(row).unwrap();
            assert_eq!(serde_json::from_str::<DataHandling>(&json).unwrap(), *row);
        }
    }
}

// TRM-06 AI-06
#[test]
fn what_goes_into_ai_and_comes_out_is_handled_as_the_customers_content() {
    let tables = "[residency]\nregion = 'eu'\nmigrated = true";
    let keys = "add_ons = ['key_management', 'data_residency']\nregimes = ['key_management']\nattested = ['customer_keys']";
    let engine = engine("enterprise", keys, tables);
    let content = handling(&engine, "user_content");
    assert_eq!(content.guarantees, ["no_training", "prompt_deletion"]);
    for data in ["ai_input", "ai_output"] {
        let mut row = handling(&engine, data);
        row.data.clone_from(&content.data);
        assert_eq!(row, content, "{data}");
    }
    // A third party that trains on it cannot even be written down.
    let catalog = Catalog::builtin().to_toml();
    let promises = "guarantees = [\"no_training\", \"prompt_deletion\"]\nobligations";
    assert!(catalog.contains(promises));
    let trains = catalog.replacen(promises, "guarantees = [\"prompt_deletion\"]\nobligations", 1);
    let problems = Catalog::parse(&trains).unwrap_err();
    assert!(problems.problems().all(|one| one.code.as_str() == "missing-guarantee"), "{problems:?}");
}

const BETA: &str = "
[catalog]
id = 'notes'
version = '1'
[kinds.team]
[plans.free]
[roles.member]
[settings.ai]
default = 'on'
[data.text]
[features.sketch]
setting = 'ai'
data = ['text']
beta = true
[features.paint]
setting = 'ai'
data = ['text']
beta = true
[features.spell]
setting = 'ai'
data = ['text']
";

// AI-20
#[test]
fn a_beta_is_opted_in_to_one_by_one_and_comes_as_it_is() {
    let catalog = Catalog::parse(BETA).unwrap();
    let on = |tables: &str| {
        let text = format!("[domain]\nid = 'a'\nkind = 'team'\nplan = 'free'\n{tables}");
        Engine::compile(&catalog, &Domain::parse(&text).unwrap()).unwrap()
    };
    let (none, sketch) = ("", "[opt_ins]\nsketch = 'on'\npaint = 'off'");
    for (tables, feature, expected) in [
        (none, "sketch", "opt-in-missing"),
        (none, "paint", "opt-in-missing"),
        (none, "spell", "feature-on"),
        (sketch, "sketch", "feature-on beta_as_is"),
        (sketch, "paint", "opt-in-missing"),
        (sketch, "spell", "feature-on"),
        ("[opt_ins]\nsketch = 'on'\n[settings]\nai = 'off'", "sketch", "setting-off"),
    ] {
        let engine = on(tables);
        for action in [
            format!(r#"{{"feature":"{feature}"}}"#),
            format!(r#"{{"process":"text","feature":"{feature}"}}"#),
        ] {
            let record = engine.decide(&request(&action));
            let shown = format!("{} {}", record.reason, record.obligations.join(" "));
            assert_eq!(shown.trim_end(), expected, "{tables} {action}");
        }
    }
    assert_eq!(on(sketch).data_handling().first().unwrap().features, ["sketch", "spell"]);
    assert_eq!(on(none).data_handling().first().unwrap().features, ["spell"]);
}

// CRD-01
#[test]
fn an_automation_needs_both_switches_a_plan_a_permitted_model_and_a_builder_who_is_no_guest() {
    let both_on = "[settings]\nai_partners = 'on'\nai_studio = 'on'";
    let run = |model: &str| {
        format!(
            r#"{{"feature":"ai_studio_workflows","model":"{model}","tokens":{{"input":10,"output":10}}}}"#
        )
    };
    let build = r#"{"permission":"build_ai_workflows"}"#.to_owned();
    for (plan, keys, tables, role, action, expected) in [
        ("starter", "", both_on, "member", run("openai_small"), "feature-on"),
        ("starter", "", both_on, "guest", run("openai_small"), "feature-on"),
        ("personal", "", both_on, "member", run("openai_small"), "not-in-plan"),
        ("business", "", both_on, "member", run("openai_small"), "not-in-plan"),
        ("starter", "", "[settings]\nai_partners = 'off'", "member", run("openai_small"), "setting-off"),
        ("starter", "", "[settings]\nai_studio = 'off'", "member", run("openai_small"), "setting-off"),
        ("starter", "", "", "member", run("nobodys"), "unknown-model"),
        ("enterprise", "regimes = ['hipaa']", both_on, "member", run("openai_small"), "provider-barred"),
        ("enterprise", "regimes = ['hipaa']", both_on, "member", run("anthropic_medium"), "feature-on"),
        ("starter", "", both_on, "member", build.clone(), "inherent"),
        ("starter", "", both_on, "guest", build.clone(), "never-for-role"),
        ("starter", "", "[settings]\nai_partners = 'off'", "member", build.clone(), "setting-off"),
        ("personal", "", both_on, "member", build.clone(), "not-in-plan"),
    ] {
        let mut request = request(&action);
        request.subject.roles = vec![role.to_owned()];
        request.context.remaining.insert("ai_studio_credits".to_owned(), 1_000_000_000);
        let reason = engine(plan, keys, tables).evaluate_named(&request).reason();
        assert_eq!(reason.as_str(), expected, "{plan} {keys} {tables} {role} {action}");
    }
}

/// TRM-07: the table in the documentation is made by the query that it documents.
/// `UPDATE_EXPECT=1 cargo test --test terms` writes it anew.
#[test]
fn the_documented_data_map_is_what_the_query_answers() {
    let engine = Engine::parse(
        &Catalog::builtin(),
        "[domain]
        id = 'acme'
        kind = 'organization'
        plan = 'enterprise'
        add_ons = ['data_residency', 'key_management']
        regimes = ['key_management']
        attested = ['customer_keys']
        [holders]
        super_admin = 1
        [residency]
        region = 'eu'
        migrated = true",
    );
    let mut table = "| data | before and after migration | customer's own key | seen in clear by | features that may process it |\n\
                     |---|---|---|---|--:|\n"
        .to_owned();
    for row in engine.unwrap().data_handling() {
        let region = |region: &Option<String>| region.clone().unwrap_or_else(|| "-".to_owned());
        let unnamed = row.subprocessors_unnamed.then(|| "others, not named".to_owned());
        let seen: Vec<String> = row.subprocessors.iter().cloned().chain(unnamed).collect();
        let row = format!(
            "| `{}` | {} → {} | {} | {} | {} |\n",
            row.data,
            region(&row.region.before_migration),
            region(&row.region.after_migration),
            row.customer_key.as_str().replace('_', " "),
            if seen.is_empty() { "nobody".to_owned() } else { seen.join(", ") },
            row.features.len()
        );
        table.push_str(&row);
    }
    expect_test::expect_file!["../src/engine/handling.md"].assert_eq(&table);
}
