//! Requests in names, as JSON: no text makes a panic, and the explanation of what is accepted folds to the decision.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tollkeeper::catalog::Catalog;
use tollkeeper::decision::Effect;
use tollkeeper::domain::Domain;
use tollkeeper::engine::Engine;
use tollkeeper::request::NamedRequest;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let domain = Domain::parse(include_str!("../../../examples/domains/clinic.toml")).unwrap();
    Engine::compile(&Catalog::builtin(), &domain).unwrap()
});

fuzz_target!(|json: &[u8]| {
    let Ok(request) = serde_json::from_slice::<NamedRequest>(json) else { return };
    let printed = serde_json::to_string(&request).unwrap();
    assert_eq!(serde_json::from_str::<NamedRequest>(&printed).unwrap(), request);
    let decision = ENGINE.evaluate_named(&request);
    let explanation = ENGINE.explain_named(&request);
    assert_eq!(explanation.decision(), decision);
    let reason = Some(decision.reason()).filter(|_| decision.is_deny());
    assert_eq!(explanation.fold(), (decision.effect(), reason));
    assert_eq!(ENGINE.decide(&request).effect == Effect::Allow, decision.is_allow());
});
