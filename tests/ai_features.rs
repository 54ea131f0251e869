//! Which AI features run where, who gets which data, and what that obliges to.

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

use common::{BOTH, Customer, HIPAA, KEYS, ORGANIZATION, Table, WORKSPACE, because, decide, reason_for};
use serde_json::{Value, json};
use tollkeeper::catalog::Catalog;
use tollkeeper::engine::{Engine, Record};
use tollkeeper::id::FeatureId;

const WORLDS: [(&str, &str); 4] = [("plain", ""), ("hipaa", HIPAA), ("keys", KEYS), ("both", BOTH)];
const ON: &str = "[settings]\nml = 'on'\nai_partners = 'on'\nai_studio = 'on'";
const ROLES: [&str; 4] = ["super_admin", "admin", "member", "guest"];

/// A run by somebody with these roles; `feature/model` selects a model. Credits are plenty.
fn run_as(engine: &Engine, roles: &[&str], feature: &str) -> Record {
    let mut action = json!({ "feature": feature });
    if let Some((feature, model)) = feature.split_once('/') {
        action = json!({ "feature": feature, "model": model, "tokens": { "input": 10 } });
    }
    let context = json!({ "remaining": { "ai_studio_credits": 1_000_000_000_u64 } });
    decide(engine, json!({ "subject": { "roles": roles }, "action": action, "context": context }))
}

fn run(engine: &Engine, feature: &str) -> Record {
    run_as(engine, &["member"], feature)
}

fn world(heading: &str, tables: &str) -> Engine {
    Customer { heading, tables, ..ORGANIZATION }.engine()
}

/// Holds a table of features by world against engines with these settings, for every standard role.
fn holds(tables: &str, table: &str, cell: impl Fn(&Record) -> String) {
    let table = Table::of(table);
    assert_eq!(table.rows.len(), Catalog::builtin().all::<FeatureId>().count() + 1, "a feature is missing");
    let engines = WORLDS.map(|(name, heading)| (name, world(heading, tables)));
    for (feature, column, expected) in table.cells() {
        let (_, engine) = engines.iter().find(|(name, _)| *name == column).unwrap();
        for role in ROLES {
            let record = run_as(engine, &[role], feature);
            assert_eq!(cell(&record), expected, "{feature} {column} {role}");
        }
    }
}

// AI-04 AI-07 AI-13 AI-14 AI-15 AI-21 AI-22 CRD-01
#[test]
fn with_the_switches_on_only_regimes_stand_in_the_way() {
    holds(
        ON,
        "
        feature                              plain       hipaa            keys            both
        recommended_projects                 feature-on  feature-on       feature-on      feature-on
        priority_inbox                       feature-on  feature-on       feature-on      feature-on
        task_recommendations                 feature-on  feature-on       feature-on      feature-on
        recommended_teams                    feature-on  feature-on       feature-on      feature-on
        top_projects                         feature-on  feature-on       feature-on      feature-on
        smart_editor                         feature-on  provider-barred  feature-on      provider-barred
        smart_summaries_tasks                feature-on  provider-barred  feature-on      provider-barred
        smart_summaries_projects             feature-on  feature-on       feature-on      feature-on
        smart_summaries_portfolios           feature-on  feature-on       feature-on      feature-on
        smart_fields                         feature-on  provider-barred  service-barred  provider-barred
        smart_status                         feature-on  feature-on       feature-on      feature-on
        smart_answers_ask                    feature-on  feature-on       feature-on      feature-on
        smart_answers_suggested              feature-on  provider-barred  feature-on      provider-barred
        smart_goals                          feature-on  feature-on       feature-on      feature-on
        smart_projects                       feature-on  provider-barred  feature-on      provider-barred
        smart_rules                          feature-on  provider-barred  feature-on      provider-barred
        ai_chat                              feature-on  provider-barred  feature-on      provider-barred
        semantic_search                      feature-on  service-barred   service-barred  service-barred
        ai_studio_workflows/anthropic_large  feature-on  feature-on       feature-on      feature-on
        ai_studio_workflows/openai_large     feature-on  provider-barred  feature-on      provider-barred
        ",
        |record| record.reason.to_string(),
    );
}

// AI-02 AI-03 AI-04: compliance is asked before settings, so what is barred stays barred by its own reason.
#[test]
fn with_the_switches_off_nothing_runs() {
    holds(
        "[settings]\nml = 'off'\nai_partners = 'off'",
        "
        feature                              plain        hipaa            keys            both
        recommended_projects                 setting-off  setting-off      setting-off     setting-off
        priority_inbox                       setting-off  setting-off      setting-off     setting-off
        task_recommendations                 setting-off  setting-off      setting-off     setting-off
        recommended_teams                    setting-off  setting-off      setting-off     setting-off
        top_projects                         setting-off  setting-off      setting-off     setting-off
        smart_editor                         setting-off  provider-barred  setting-off     provider-barred
        smart_summaries_tasks                setting-off  provider-barred  setting-off     provider-barred
        smart_summaries_projects             setting-off  setting-off      setting-off     setting-off
        smart_summaries_portfolios           setting-off  setting-off      setting-off     setting-off
        smart_fields                         setting-off  provider-barred  service-barred  provider-barred
        smart_status                         setting-off  setting-off      setting-off     setting-off
        smart_answers_ask                    setting-off  setting-off      setting-off     setting-off
        smart_answers_suggested              setting-off  provider-barred  setting-off     provider-barred
        smart_goals                          setting-off  setting-off      setting-off     setting-off
        smart_projects                       setting-off  provider-barred  setting-off     provider-barred
        smart_rules                          setting-off  provider-barred  setting-off     provider-barred
        ai_chat                              setting-off  provider-barred  setting-off     provider-barred
        semantic_search                      setting-off  service-barred   service-barred  service-barred
        ai_studio_workflows/anthropic_large  setting-off  setting-off      setting-off     setting-off
        ai_studio_workflows/openai_large     setting-off  provider-barred  setting-off     provider-barred
        ",
        |record| record.reason.to_string(),
    );
}

// AI-02 AI-04: both switches start on, except that HIPAA lets partner features wait to be turned on.
#[test]
fn an_untouched_domain_has_ai_on_except_for_partner_features_under_hipaa() {
    holds(
        "",
        "
        feature                              plain       hipaa            keys            both
        recommended_projects                 feature-on  feature-on       feature-on      feature-on
        priority_inbox                       feature-on  feature-on       feature-on      feature-on
        task_recommendations                 feature-on  feature-on       feature-on      feature-on
        recommended_teams                    feature-on  feature-on       feature-on      feature-on
        top_projects                         feature-on  feature-on       feature-on      feature-on
        smart_editor                         feature-on  provider-barred  feature-on      provider-barred
        smart_summaries_tasks                feature-on  provider-barred  feature-on      provider-barred
        smart_summaries_projects             feature-on  setting-off      feature-on      setting-off
        smart_summaries_portfolios           feature-on  setting-off      feature-on      setting-off
        smart_fields                         feature-on  provider-barred  service-barred  provider-barred
        smart_status                         feature-on  setting-off      feature-on      setting-off
        smart_answers_ask                    feature-on  setting-off      feature-on      setting-off
        smart_answers_suggested              feature-on  provider-barred  feature-on      provider-barred
        smart_goals                          feature-on  setting-off      feature-on      setting-off
        smart_projects                       feature-on  provider-barred  feature-on      provider-barred
        smart_rules                          feature-on  provider-barred  feature-on      provider-barred
        ai_chat                              feature-on  provider-barred  feature-on      provider-barred
        semantic_search                      feature-on  service-barred   service-barred  service-barred
        ai_studio_workflows/anthropic_large  feature-on  setting-off      feature-on      setting-off
        ai_studio_workflows/openai_large     feature-on  provider-barred  feature-on      provider-barred
        ",
        |record| record.reason.to_string(),
    );
    // The regime decided that, and is named.
    let waiting = run(&world(HIPAA, ""), "smart_status");
    assert_eq!(because(&waiting, "setting"), Some("ai_partners"));
    assert_eq!((because(&waiting, "level"), because(&waiting, "regime")), (Some("regime"), Some("hipaa")));
}

// AI-13 AI-14 AI-15 AI-16 AI-17 AI-22: who gets data, `!` if the feature runs without embeddings; `-` nobody.
#[test]
fn an_allow_names_who_gets_data() {
    holds(
        ON,
        "
        feature                              plain                        hipaa       keys               both
        recommended_projects                 vendor_ml                    vendor_ml   vendor_ml          vendor_ml
        priority_inbox                       vendor_ml                    vendor_ml   vendor_ml          vendor_ml
        task_recommendations                 vendor_ml                    vendor_ml   vendor_ml          vendor_ml
        recommended_teams                    vendor_ml                    vendor_ml   vendor_ml          vendor_ml
        top_projects                         vendor_ml                    vendor_ml   vendor_ml          vendor_ml
        smart_editor                         openai                       -           openai             -
        smart_summaries_tasks                openai                       -           openai             -
        smart_summaries_projects             anthropic                    anthropic   anthropic          anthropic
        smart_summaries_portfolios           anthropic                    anthropic   anthropic          anthropic
        smart_fields                         openai                       -           -                  -
        smart_status                         anthropic                    anthropic   anthropic          anthropic
        smart_answers_ask                    anthropic+opensearch         anthropic!  anthropic!         anthropic!
        smart_answers_suggested              openai                       -           openai             -
        smart_goals                          anthropic                    anthropic   anthropic          anthropic
        smart_projects                       openai                       -           openai             -
        smart_rules                          -                            -           -                  -
        ai_chat                              anthropic+openai+opensearch  -           anthropic+openai!  -
        semantic_search                      opensearch                   -           -                  -
        ai_studio_workflows/anthropic_large  anthropic                    anthropic   anthropic          anthropic
        ai_studio_workflows/openai_large     openai                       -           openai             -
        ",
        |record| {
            let degraded = record.obligations.iter().any(|one| one == "without_embeddings");
            let providers = record.providers.join("+");
            let providers = if providers.is_empty() { "-".to_owned() } else { providers };
            format!("{providers}{}", if degraded { "!" } else { "" })
        },
    );
}

// AI-05 AI-17
#[test]
fn own_models_see_metadata_and_partners_see_content() {
    let partner = "ai_input+ai_output+metadata+user_content+user_names";
    for (name, heading) in WORLDS {
        let engine = world(heading, ON);
        for (feature, _) in Catalog::builtin().all::<FeatureId>() {
            let asked = if feature == "ai_studio_workflows" {
                "ai_studio_workflows/anthropic_large"
            } else {
                feature
            };
            let record = run(&engine, asked);
            let own = matches!(
                feature,
                "recommended_projects"
                    | "priority_inbox"
                    | "task_recommendations"
                    | "recommended_teams"
                    | "top_projects"
            );
            let allowed = record.reason.to_string() == "feature-on";
            let expected = match (allowed, own) {
                (false, _) => "",
                (true, true) => "metadata",
                (true, false) => partner,
            };
            assert_eq!(record.data.join("+"), expected, "{feature} {name}");
        }
    }
}

// AI-19 DEC-06: `t` partner terms, `e` without embeddings; a deny obliges to nothing.
#[test]
fn ai_output_comes_with_obligations() {
    let table = Table::of(
        "
        feature                              plain  keys
        recommended_projects                 do     do
        priority_inbox                       do     do
        smart_editor                         dot    dot
        smart_status                         dot    dot
        smart_fields                         dot    -
        smart_answers_ask                    dot    dote
        smart_rules                          dot    dot
        ai_chat                              dot    dote
        semantic_search                      dot    -
        ai_studio_workflows/anthropic_large  dot    dot
        ",
    );
    for (feature, column, expected) in table.cells() {
        let engine = world(if column == "keys" { KEYS } else { "" }, ON);
        let record = run(&engine, feature);
        let mut expected: Vec<&str> = expected
            .chars()
            .filter_map(|one| match one {
                'd' => Some("disclose_ai"),
                'o' => Some("human_oversight"),
                't' => Some("partner_terms"),
                'e' => Some("without_embeddings"),
                _ => None,
            })
            .collect();
        expected.sort_unstable();
        // That no limit is set is a matter of usage.
        let obligations: Vec<_> =
            record.obligations.iter().filter(|one| *one != "limit_not_enforced").collect();
        assert_eq!(obligations, expected, "{feature} {column}");
    }
}

// AI-08
#[test]
fn two_features_fall_back_to_a_generic_list() {
    let engine = world("", "[settings]\nml = 'off'");
    let table = Table::of(
        "
        feature               fallback
        recommended_projects  generic_list
        top_projects          generic_list
        priority_inbox        -
        task_recommendations  -
        recommended_teams     -
        smart_editor          -
        ",
    );
    for (feature, _, expected) in table.cells() {
        let fallback = run(&engine, feature).fallback;
        assert_eq!(fallback.as_deref().unwrap_or("-"), expected, "{feature}");
        // What is allowed needs no fallback.
        assert_eq!(run(&ORGANIZATION.engine(), feature).fallback, None, "{feature}");
    }
    // A plan without AI serves the list, too.
    let personal = Customer { plan: "personal", ..ORGANIZATION }.engine();
    assert_eq!(run(&personal, "top_projects").fallback.as_deref(), Some("generic_list"));
}

// AI-01
#[test]
fn four_plans_have_ai() {
    let table = Table::of(
        "
        plan               ml           partners     studio       build
        personal           not-in-plan  not-in-plan  not-in-plan  not-in-plan
        starter            feature-on   feature-on   feature-on   inherent
        advanced           feature-on   feature-on   feature-on   inherent
        enterprise         feature-on   feature-on   feature-on   inherent
        enterprise_plus    feature-on   feature-on   feature-on   inherent
        premium            not-in-plan  not-in-plan  not-in-plan  not-in-plan
        business           not-in-plan  not-in-plan  not-in-plan  not-in-plan
        legacy_enterprise  not-in-plan  not-in-plan  not-in-plan  not-in-plan
        ",
    );
    for row in &table.rows {
        for kind in [ORGANIZATION, WORKSPACE, common::DIVISION] {
            let engine = Customer { plan: row[0], ..kind }.engine();
            for (feature, _) in Catalog::builtin().all::<FeatureId>() {
                let (asked, expected) = match feature {
                    "ai_studio_workflows" => ("ai_studio_workflows/openai_small", row[3]),
                    "recommended_projects"
                    | "priority_inbox"
                    | "task_recommendations"
                    | "recommended_teams"
                    | "top_projects" => (feature, row[1]),
                    _ => (feature, row[2]),
                };
                assert_eq!(run(&engine, asked).reason.to_string(), expected, "{row:?} {feature}");
            }
            assert_eq!(reason_for(&engine, &["member"], "build_ai_workflows"), row[4], "{row:?}");
        }
    }
}

// AI-02 CRD-01: two independent switches; workflows also have their own below that of the partners.
#[test]
fn the_switches_are_independent_of_each_other() {
    let table = Table::of(
        "
        ml   partners  studio  ml_feature   partner_feature  workflow     build_workflow
        on   on        on      feature-on   feature-on       feature-on   inherent
        on   on        off     feature-on   feature-on       setting-off  setting-off
        on   off       on      feature-on   setting-off      setting-off  setting-off
        on   off       off     feature-on   setting-off      setting-off  setting-off
        off  on        on      setting-off  feature-on       feature-on   inherent
        off  on        off     setting-off  feature-on       setting-off  setting-off
        off  off       on      setting-off  setting-off      setting-off  setting-off
        off  off       off     setting-off  setting-off      setting-off  setting-off
        ",
    );
    for row in &table.rows {
        let tables =
            format!("[settings]\nml = '{}'\nai_partners = '{}'\nai_studio = '{}'", row[0], row[1], row[2]);
        let engine = world("", &tables);
        let reasons = [
            run(&engine, "priority_inbox").reason.to_string(),
            run(&engine, "smart_status").reason.to_string(),
            run(&engine, "ai_studio_workflows/anthropic_large").reason.to_string(),
            reason_for(&engine, &["member"], "build_ai_workflows"),
        ];
        assert_eq!(reasons, row[3..7], "{row:?}");
    }
    // The switch that stands in the way is named.
    let engine = world("", "[settings]\nai_partners = 'off'");
    assert_eq!(because(&run(&engine, "ai_studio_workflows/anthropic_large"), "setting"), Some("ai_partners"));
}

// AI-21 CRD-01: every role runs features; of workflows guests can run but never build one.
#[test]
fn features_are_open_to_every_role_except_for_workflows() {
    let engine = ORGANIZATION.engine();
    let table = Table::of(
        "
        role         ml          partners    run_workflow         build_workflow
        super_admin  feature-on  feature-on  feature-on           inherent
        admin        feature-on  feature-on  feature-on           inherent
        member       feature-on  feature-on  feature-on           inherent
        guest        feature-on  feature-on  feature-on           never-for-role
        nobody       feature-on  feature-on  not-granted-to-role  not-granted-to-role
        ",
    );
    for row in &table.rows {
        let roles: Vec<&str> = [row[0]].into_iter().filter(|role| *role != "nobody").collect();
        let reasons = [
            run_as(&engine, &roles, "top_projects").reason.to_string(),
            run_as(&engine, &roles, "smart_goals").reason.to_string(),
            run_as(&engine, &roles, "ai_studio_workflows/openai_large").reason.to_string(),
            reason_for(&engine, &roles, "build_ai_workflows"),
        ];
        assert_eq!(reasons, row[1..5], "{row:?}");
    }
}

fn process(engine: &Engine, data: &str, feature: &str) -> Record {
    decide(engine, json!({ "action": { "process": data, "feature": feature } }))
}

// AI-03 AI-05: the other question, without anybody who asks.
#[test]
fn data_is_processed_only_for_what_may_run_and_only_as_declared() {
    let table = Table::of(
        "
        data          feature               on           off              hipaa            personal
        metadata      recommended_projects  feature-on   setting-off      feature-on       not-in-plan
        user_content  recommended_projects  data-barred  data-barred      data-barred      not-in-plan
        user_names    priority_inbox        data-barred  data-barred      data-barred      not-in-plan
        user_content  smart_status          feature-on   setting-off      feature-on       not-in-plan
        user_names    smart_status          feature-on   setting-off      feature-on       not-in-plan
        ai_output     smart_status          feature-on   setting-off      feature-on       not-in-plan
        team_names    smart_status          data-barred  data-barred      data-barred      not-in-plan
        classified    smart_status          data-barred  data-barred      data-barred      not-in-plan
        user_content  smart_editor          feature-on   setting-off      provider-barred  not-in-plan
        metadata      semantic_search       feature-on   setting-off      service-barred   not-in-plan
        user_content  smart_rules           feature-on   setting-off      provider-barred  not-in-plan
        user_content  ai_studio_workflows   feature-on   setting-off      provider-barred  not-in-plan
        ",
    );
    let personal = Customer { plan: "personal", ..ORGANIZATION }.engine();
    let off = world("", "[settings]\nml = 'off'\nai_partners = 'off'");
    for row in &table.rows {
        let engines = [&world("", ON), &off, &world(HIPAA, ON), &personal];
        let reasons = engines.map(|engine| process(engine, row[0], row[1]).reason.to_string());
        assert_eq!(reasons, row[2..6], "{row:?}");
    }
    // AI-17: of a class that is processed it is said who gets it.
    let record = process(&world("", ON), "user_content", "smart_answers_ask");
    assert_eq!(
        (record.providers.join("+").as_str(), record.data.join("+").as_str()),
        ("anthropic+opensearch", "user_content")
    );
}

// AI-04 CRD-01: who gets the data of an automation is whoever runs the model that is selected for it.
#[test]
fn data_is_processed_for_automations_by_the_provider_of_the_selected_model() {
    let table = Table::of(
        "
        model             on          hipaa            providers
        -                 feature-on  provider-barred  -
        openai_small      feature-on  provider-barred  openai
        anthropic_medium  feature-on  feature-on       anthropic
        ",
    );
    let (on, hipaa) = (world("", ON), world(HIPAA, ON));
    for row in &table.rows {
        let mut action = json!({ "process": "user_content", "feature": "ai_studio_workflows" });
        if row[0] != "-" {
            action["model"] = json!(row[0]);
        }
        let [on, hipaa] = [&on, &hipaa].map(|engine| decide(engine, json!({ "action": action })));
        let providers = if on.providers.is_empty() { "-".to_owned() } else { on.providers.join("+") };
        let found = [on.reason.as_str(), hipaa.reason.as_str(), &providers];
        assert_eq!(found, row[1..4], "{row:?}");
    }
    // A model means nothing to a feature with providers of its own.
    let action = json!({ "process": "user_content", "feature": "smart_status", "model": "openai_small" });
    assert_eq!(decide(&hipaa, json!({ "action": action })).providers, ["anthropic"]);
}

// AI-03: a switch that is off keeps every class of every feature from being processed.
#[test]
fn behind_a_closed_switch_no_data_of_any_class_is_processed() {
    let catalog = Catalog::builtin();
    let off = world("", "[settings]\nml = 'off'\nai_partners = 'off'");
    for (feature, _) in catalog.all::<FeatureId>() {
        for (class, _) in catalog.all::<tollkeeper::id::DataId>() {
            let record = process(&off, class, feature);
            assert!(
                ["setting-off", "data-barred"].contains(&record.reason.as_str()),
                "{feature} {class}: {record:?}"
            );
        }
    }
}

// AI-18 AI-20: whatever triggers a feature, the same switches decide.
#[test]
fn a_trigger_makes_no_difference_to_the_switches() {
    let (on, off) = (world("", ON), world("", "[settings]\nml = 'off'\nai_partners = 'off'"));
    for trigger in ["requested", "proactive", "follow_up", "follow_up_counted", "recurring"] {
        for feature in ["priority_inbox", "smart_status"] {
            let ask = |engine: &Engine| {
                let action = json!({ "feature": feature, "trigger": trigger });
                decide(engine, json!({ "subject": { "roles": ["member"] }, "action": action }))
                    .reason
                    .to_string()
            };
            assert_eq!(
                (ask(&on).as_str(), ask(&off).as_str()),
                ("feature-on", "setting-off"),
                "{trigger} {feature}"
            );
        }
    }
}

// AI-04 AI-14: of a barred provider it is said which one, and by which regime.
#[test]
fn a_deny_by_compliance_names_what_is_barred() {
    let engine = world(BOTH, ON);
    let table = Table::of(
        "
        feature                           reason           provider  service     regime
        smart_editor                      provider-barred  openai    -           hipaa
        ai_chat                           provider-barred  openai    -           hipaa
        smart_rules                       provider-barred  -         -           hipaa
        semantic_search                   service-barred   -         embeddings  hipaa
        ai_studio_workflows/openai_small  provider-barred  openai    -           hipaa
        ",
    );
    for row in &table.rows {
        let record = run(&engine, row[0]);
        let named = ["provider", "service", "regime"].map(|word| because(&record, word).unwrap_or("-"));
        assert_eq!((record.reason.as_str(), &named[..]), (row[1], &row[2..5]), "{row:?}");
    }
    let keys = run(&world(KEYS, ON), "smart_fields");
    assert_eq!(
        (because(&keys, "service"), because(&keys, "regime")),
        (Some("embeddings"), Some("key_management"))
    );
}

/// A catalog in which a feature sends content to a third party with these guarantees.
fn sending_to(guarantees: &str, third_party: bool, data: &str) -> Vec<String> {
    let text = format!(
        "[catalog]\nid = 'x'\nversion = '1'\n[kinds.team]\n[plans.free]\n\
         [providers.partner]\nthird_party = {third_party}\nguarantees = [{guarantees}]\n\
         [data.content]\nguarantees = ['no_training', 'prompt_deletion']\n[data.metadata]\n\
         [features.summary]\nproviders = ['partner']\ndata = [{data}]\n"
    );
    let Err(problems) = Catalog::parse(&text) else { return Vec::new() };
    problems.problems().map(|problem| problem.code.to_string()).collect()
}

// AI-06
#[test]
fn content_goes_to_partners_with_guarantees_only() {
    for (guarantees, third_party, data, expected) in [
        ("'no_training', 'prompt_deletion'", true, "'content'", 0),
        ("'no_training'", true, "'content'", 1),
        ("'prompt_deletion'", true, "'content'", 1),
        ("", true, "'content'", 1),
        ("", true, "'metadata'", 0),
        ("", false, "'content'", 0),
    ] {
        let codes = sending_to(guarantees, third_party, data);
        assert!(codes.iter().all(|code| code == "missing-guarantee"), "{codes:?}");
        assert_eq!(!codes.is_empty(), expected == 1, "{guarantees} {third_party} {data}");
    }
    // In the built-in catalog, too, neither partner could leave its promise out.
    let text = Catalog::builtin().to_toml();
    for partner in ["openai", "anthropic"] {
        let start = text.find(&format!("[providers.{partner}]")).unwrap();
        let promise = start + text[start..].find("\"no_training\"").unwrap();
        let without = format!("{}{}", &text[..promise], &text[promise + "\"no_training\", ".len()..]);
        assert!(Catalog::parse(&without).is_err(), "{partner}");
    }
}

// AI-14: a catalog can say that any one of several providers suffices.
#[test]
fn all_providers_are_needed_unless_the_catalog_says_any() {
    let catalog = |providers: &str| {
        let text = format!(
            "[catalog]\nid = 'x'\nversion = '1'\n[kinds.team]\n[plans.free]\n[providers.one]\n[providers.two]\n\
             [obligations]\nlogged = ''\n\
             [regimes.strict]\nbars = {{ providers = ['one'] }}\nobligations = ['logged']\n\
             [regimes.stern]\nbars = {{ providers = ['one'] }}\nobligations = ['logged']\n\
             [features.chat]\n{providers}\n"
        );
        Catalog::parse(&text).unwrap()
    };
    let heading = |regimes: &str| {
        format!("[domain]\nid = 'acme'\nkind = 'team'\nplan = 'free'\nregimes = [{regimes}]\n")
    };
    for (providers, regimes, expected, named, obligations) in [
        ("providers = ['one', 'two']", "", "feature-on", "one+two", ""),
        ("providers = ['one', 'two']", "'strict'", "provider-barred", "", ""),
        ("any_provider = ['one', 'two']", "", "feature-on", "one+two", ""),
        ("any_provider = ['one', 'two']", "'strict'", "feature-on", "two", "logged"),
        // What two regimes say is said once.
        ("providers = ['one', 'two']", "'stern', 'strict'", "provider-barred", "", ""),
        ("any_provider = ['one', 'two']", "'stern', 'strict'", "feature-on", "two", "logged"),
        ("any_provider = ['one']", "'strict'", "provider-barred", "", ""),
        // Nothing bars whom the documents do not name, except a regime that says so.
        ("providers = 'unstated'", "'strict'", "feature-on", "", "logged"),
    ] {
        let engine = common::engine(&catalog(providers), &heading(regimes));
        let record = decide(&engine, json!({ "action": { "feature": "chat" } }));
        assert_eq!(
            (
                record.reason.as_str(),
                record.providers.join("+").as_str(),
                record.obligations.join("+").as_str()
            ),
            (expected, named, obligations),
            "{providers} {regimes}"
        );
    }
}

// CRD-01 CRD-12 AI-04: which model runs a workflow is the asker's choice, and asked before the switches.
#[test]
fn the_provider_of_the_selected_model_decides_about_a_workflow() {
    let table = Table::of(
        "
        world  settings  model             result
        plain  on        openai_small      feature-on
        plain  on        -                 unpriced
        plain  on        gpt               unknown-model
        hipaa  on        openai_small      provider-barred
        hipaa  on        anthropic_medium  feature-on
        hipaa  on        -                 provider-barred
        hipaa  off       openai_small      provider-barred
        hipaa  off       anthropic_medium  setting-off
        keys   on        openai_large      feature-on
        keys   on        anthropic_largest feature-on
        ",
    );
    for row in &table.rows {
        let (_, heading) = WORLDS.iter().find(|(name, _)| *name == row[0]).unwrap();
        let tables = if row[1] == "on" { ON } else { "[settings]\nai_studio = 'off'\nai_partners = 'off'" };
        let mut action = json!({ "feature": "ai_studio_workflows", "tokens": { "input": 1 } });
        if row[2] != "-" {
            action["model"] = Value::from(row[2]);
        }
        let request = json!({
            "subject": { "roles": ["guest"] },
            "action": action,
            "context": { "remaining": { "ai_studio_credits": 1_000_000 } },
        });
        assert_eq!(decide(&world(heading, tables), request).reason.to_string(), row[3], "{row:?}");
    }
}
