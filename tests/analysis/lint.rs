use tollkeeper::analysis::{ContractCode, LintCode};
use tollkeeper::decision::Reason;

use super::worlds;

fn organization(plan: &str, rest: &str) -> String {
    format!(
        "domain = {{ id = 'acme', kind = 'organization', plan = '{plan}' }}\nholders = {{ super_admin = 1 }}\n{rest}"
    )
}

/// Every code, a domain that shows it, and the reason of the evaluation that demonstrates it.
fn cases() -> Vec<(LintCode, String, Reason)> {
    let hipaa = "domain = { id = 'acme', kind = 'organization', plan = 'enterprise', regimes = ['hipaa'] }";
    vec![
        (
            LintCode::CeilingMutesRole,
            organization(
                "enterprise_plus",
                "settings = { uploads = 'off' }\n[roles.guest]\npermissions = { upload_files = 'on' }",
            ),
            Reason::MissingFact,
        ),
        (
            LintCode::CeilingMutesRole,
            organization(
                "enterprise_plus",
                "settings = { apps = 'off' }\n[roles.guest]\npermissions = { use_apps = 'on' }",
            ),
            Reason::SettingOff,
        ),
        (
            LintCode::RestrictedToEmptyList,
            organization("starter", "settings = { guest_invites_trusted_only = 'on' }"),
            Reason::ListEmpty,
        ),
        (LintCode::NoWayBack, worlds::UNVERIFIED.to_owned(), Reason::NeedsVerification),
        (LintCode::NoWayBack, format!("{hipaa}\nholders = {{ super_admin = 0 }}"), Reason::NeedsVerification),
        (
            LintCode::OneWaySwitch,
            organization("starter", "").replace("super_admin = 1", "super_admin = 0"),
            Reason::AuthorizedChange,
        ),
        (
            LintCode::SettingNeedsAnother,
            organization("starter", "settings = { ai_partners = 'off', ai_studio = 'on' }"),
            Reason::SettingOff,
        ),
        (
            LintCode::RoleSettingMuted,
            organization("starter", "[roles.guest]\npermissions = { upload_files = 'off' }"),
            Reason::NotInPlan,
        ),
        (
            LintCode::SettingMuted,
            organization("starter", "settings = { uploads = 'on' }\nlocked = { uploads = 'off' }"),
            Reason::SettingLocked,
        ),
        (
            LintCode::AddOnNotOffered,
            organization("starter", "")
                .replace("'starter' }", "'starter', add_ons = ['permissions_management'] }"),
            Reason::NotInPlan,
        ),
        (
            LintCode::HoldersNotCounted,
            format!("{}\nholders = {{ super_admin = 1 }}", worlds::WORKSPACE),
            Reason::NotForDomainKind,
        ),
    ]
}

// design: every finding is demonstrated by an evaluation
#[test]
fn each_code_is_found_and_shown_by_an_evaluation() {
    // Of the built-in catalog no regime bars all features of a switch; that has a test of its own.
    let shown: Vec<_> =
        cases().iter().map(|(code, ..)| *code).chain([LintCode::SwitchWithoutFeatures]).collect();
    assert!(LintCode::ALL.iter().all(|code| shown.contains(code)), "{shown:?} of {:?}", LintCode::ALL);
    for (code, text, reason) in cases() {
        let engine = worlds::engine(&text);
        let findings = engine.lint();
        let found: Vec<_> = findings.iter().filter(|finding| finding.code == code).collect();
        if reason == Reason::MissingFact {
            // Uploading through an app stays open, so nothing is muted for good.
            assert!(found.is_empty(), "{code:?}: {found:#?}");
            continue;
        }
        assert!(!found.is_empty(), "{code:?} in {text}: {findings:#?}");
        assert!(found.iter().any(|finding| finding.decision.reason == reason), "{code:?}: {found:#?}");
        for finding in findings {
            assert_eq!(engine.decide(&finding.request), finding.decision, "{:?}", finding.code);
        }
    }
}

// AI-14
#[test]
fn a_switch_whose_features_are_all_barred_is_found() {
    let text = include_str!("../../examples/catalogs/notes.toml")
        .replace("\"in_house\", \"model_house\"", "\"model_house\"");
    let catalog = tollkeeper::catalog::Catalog::parse(&text).unwrap();
    let domain =
        tollkeeper::domain::Domain::parse(include_str!("../../examples/domains/book_club.toml")).unwrap();
    let engine = tollkeeper::engine::Engine::compile(&catalog, &domain).unwrap();
    let findings = engine.lint();
    assert_eq!(findings.iter().map(|one| one.code).collect::<Vec<_>>(), [LintCode::SwitchWithoutFeatures]);
    assert_eq!(findings[0].decision.reason, Reason::ProviderBarred);
}

// AI-04, CRD-01: with a model of a provider that passes, AI Studio is not barred but waits for the other switch.
#[test]
fn a_switch_whose_features_some_model_would_pass_is_not_said_to_be_barred() {
    let hipaa = "domain = { id = 'acme', kind = 'organization', plan = 'enterprise', regimes = ['hipaa'] }\nholders = { super_admin = 1 }";
    let codes = |settings: &str| {
        let findings = worlds::engine(&format!("{hipaa}\n{settings}")).lint();
        findings.into_iter().map(|one| (one.code, one.decision.reason)).collect::<Vec<_>>()
    };
    assert_eq!(codes(""), []);
    assert_eq!(
        codes("settings = { ai_studio = 'on' }"),
        [(LintCode::SettingNeedsAnother, Reason::SettingOff)]
    );
}

#[test]
fn an_unremarkable_domain_has_no_findings() {
    for text in [worlds::ORGANIZATION, worlds::WORKSPACE, worlds::PERSONAL] {
        assert_eq!(worlds::engine(text).lint(), [], "{text}");
    }
}

// TRM-01: both figures, and access is not changed. TRM-04
#[test]
fn what_of_a_contract_does_not_fit_is_noted() {
    let notes = |plan: &str, keys: &str, tables: &str| {
        let text = organization(plan, tables).replace("' }", &format!("'{keys} }}"));
        let notes = worlds::engine(&text).lint_contract();
        notes.iter().map(|note| format!("{}: {}", note.code.as_str(), note.message)).collect::<Vec<_>>()
    };
    let add_ons = ", add_ons = ['permissions_management', 'data_residency']";
    let seats = |count: u64| format!("seats = {{ enterprise = 120, permissions_management = {count} }}");
    assert_eq!(notes("enterprise", add_ons, &seats(120)), [""; 0]);
    assert_eq!(
        notes("enterprise", add_ons, &seats(100)),
        [
            "seats-differ: add-on `permissions_management` has 100 seats and plan `enterprise` has 120; they must be \
          equal, and an increase is invoiced on the line of the plan and on that of the add-on"
        ]
    );
    assert_eq!(
        notes("enterprise", "", "seats = { enterprise = 1, starter = 2, key_management = 3 }"),
        [
            "seats-muted: 3 seats of `key_management` are stated, which the domain does not have",
            "seats-muted: 2 seats of `starter` are stated, which the domain does not have",
        ]
    );
    let region = "residency = { region = 'eu', migrated = true }";
    assert_eq!(notes("enterprise", add_ons, region), [""; 0]);
    assert_eq!(
        notes("enterprise", "", region),
        ["region-muted: region `eu` is stated, but no add-on is in force that gives the domain its own"]
    );
    // CRD-11: what is without limit asks no limit; one that is to stop nothing is not missed.
    let limit = |stop: &str| {
        format!("limits = {{ ai_studio_credits = {{ stop = '{stop}', every = 'month', limit = 5 }} }}")
    };
    let max = ", add_ons = ['ai_studio_max']";
    assert_eq!(
        notes("enterprise", max, &limit("hard")),
        ["limit-muted: limit `ai_studio_credits` is stated, but credit plan `max` is without limit"]
    );
    assert_eq!(notes("enterprise", max, &limit("none")), [""; 0]);
    assert_eq!(notes("enterprise", "", &limit("hard")), [""; 0]);
    let outputs = "limits = { ai_outputs = { every = 'month', limit = 5 } }";
    assert_eq!(notes("enterprise", max, outputs), [""; 0]);
}

// CRD-11: a limit is asked as long as one meter asks it.
#[test]
fn a_limit_that_another_meter_asks_is_not_said_to_be_muted() {
    let codes = |second: &str| {
        let catalog = format!(
            "catalog = {{ id = 'two_meters', version = '1' }}
            kinds.team = {{}}
            plans.paid = {{}}
            roles.member = {{}}
            meters.first = {{ counts = ['requested'], limits = ['shared'] }}
            meters.second = {{ counts = ['requested'], limits = ['shared'] }}
            credit_plans.a = {{ meter = 'first', plans = ['paid'], every = 'month', unlimited = true }}
            credit_plans.b = {{ meter = '{second}', plans = ['paid'], every = 'month', unlimited = true }}"
        );
        let catalog = tollkeeper::catalog::Catalog::parse(&catalog).unwrap();
        let domain = "domain = { id = 'acme', kind = 'team', plan = 'paid' }
            limits.shared = { limit = 5, every = 'month' }";
        let engine = tollkeeper::engine::Engine::parse(&catalog, domain).unwrap();
        engine.lint_contract().into_iter().map(|note| note.code).collect::<Vec<_>>()
    };
    assert_eq!(codes("first"), []);
    assert_eq!(codes("second"), [ContractCode::LimitMuted]);
}

#[test]
fn codes_are_unique_and_spelt_alike_everywhere() {
    for (at, code) in LintCode::ALL.iter().enumerate() {
        assert_eq!(serde_json::to_string(code).unwrap(), format!("\"{}\"", code.as_str()));
        assert!(LintCode::ALL[..at].iter().all(|other| other.as_str() != code.as_str()));
    }
    for code in ContractCode::ALL {
        assert_eq!(serde_json::to_string(&code).unwrap(), format!("\"{}\"", code.as_str()));
        assert!(LintCode::ALL.iter().all(|other| other.as_str() != code.as_str()));
    }
}

// An add-on that a gate asks for is shown missing there; one that no gate asks for is a note on the contract.
#[test]
fn an_add_on_that_the_plan_does_not_offer_changes_nothing() {
    for (add_on, asked_for) in
        [("permissions_management", true), ("compliance_management", false), ("ai_studio_max", false)]
    {
        let with = format!(
            "domain = {{ id = 'me', kind = 'workspace', plan = 'personal', add_ons = ['{add_on}'] }}"
        );
        let (with, without) = (worlds::engine(&with), worlds::engine(worlds::PERSONAL));
        let (findings, notes) = (with.lint(), with.lint_contract());
        assert_eq!((findings.len(), notes.len()), if asked_for { (1, 0) } else { (0, 1) }, "{add_on}");
        assert!(notes.iter().all(|note| note.code == ContractCode::AddOnMuted));
        let Some(finding) = findings.first() else { continue };
        let because = format!("{:?}", finding.decision.because);
        assert!(because.contains(add_on), "shown by something unrelated: {because}");
        assert_eq!((finding.code, finding.decision.reason), (LintCode::AddOnNotOffered, Reason::NotInPlan));
        let decided = without.decide(&finding.request);
        assert_eq!(
            (decided.reason, decided.because),
            (finding.decision.reason, finding.decision.because.clone())
        );
    }
}
