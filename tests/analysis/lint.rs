use tollkeeper::analysis::LintCode;
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

#[test]
fn an_unremarkable_domain_has_no_findings() {
    for text in [worlds::ORGANIZATION, worlds::WORKSPACE, worlds::PERSONAL] {
        assert_eq!(worlds::engine(text).lint(), [], "{text}");
    }
}

#[test]
fn codes_are_unique_and_spelt_alike_everywhere() {
    for (at, code) in LintCode::ALL.iter().enumerate() {
        assert_eq!(serde_json::to_string(code).unwrap(), format!("\"{}\"", code.as_str()));
        assert!(LintCode::ALL[..at].iter().all(|other| other.as_str() != code.as_str()));
    }
}

// An add-on that no gate asks for has no effect either, and the request shown is decided alike without it.
#[test]
fn an_add_on_that_the_plan_does_not_offer_changes_nothing() {
    for (add_on, reason) in [
        ("permissions_management", Reason::NotInPlan),
        ("compliance_management", Reason::NotInPlan),
        ("ai_studio_max", Reason::NotInPlan),
    ] {
        let with = format!(
            "domain = {{ id = 'me', kind = 'workspace', plan = 'personal', add_ons = ['{add_on}'] }}"
        );
        let (with, without) = (worlds::engine(&with), worlds::engine(worlds::PERSONAL));
        let findings = with.lint();
        let [finding] = &findings[..] else { panic!("{findings:#?}") };
        assert_eq!((finding.code, finding.decision.reason), (LintCode::AddOnNotOffered, reason));
        let decided = without.decide(&finding.request);
        assert_eq!(
            (decided.reason, decided.because),
            (finding.decision.reason, finding.decision.because.clone())
        );
    }
}
