//! Every sample file is sound, and survives printing and parsing.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test reads the samples and fails loudly"
)]

use std::fs;
use std::path::PathBuf;

use tollkeeper::catalog::Catalog;
use tollkeeper::domain::Domain;
use tollkeeper::engine::Engine;
use tollkeeper::request::NamedRequest;

/// The texts of a folder below examples/, by file name.
fn texts(folder: &str) -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples").join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let text = |path: PathBuf| {
        (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(path).unwrap())
    };
    paths.into_iter().map(text).collect()
}

fn catalogs() -> Vec<Catalog> {
    let samples = texts("catalogs");
    let parsed = samples.iter().map(|(name, text)| match Catalog::parse(text) {
        Ok(catalog) => catalog,
        Err(problems) => panic!("{}", problems.render(name, text)),
    });
    std::iter::once(Catalog::builtin()).chain(parsed).collect()
}

/// DEC-07: parse(print(x)) = x, with the same ids.
#[test]
fn printing_and_parsing_gives_an_equal_catalog() {
    for catalog in catalogs() {
        let printed = catalog.to_toml();
        let again = Catalog::parse(&printed).unwrap();
        assert_eq!(again, catalog);
        assert_eq!(again.to_toml(), printed);
    }
}

/// DEC-07: parse(print(x)) = x, and decides the same.
#[test]
fn printing_and_parsing_gives_an_equal_domain_that_decides_the_same() {
    let catalogs = catalogs();
    for (name, text) in texts("domains") {
        let domain =
            Domain::parse(&text).unwrap_or_else(|problems| panic!("{}", problems.render(&name, &text)));
        let fits =
            catalogs.iter().find_map(|catalog| Some((catalog, Engine::compile(catalog, &domain).ok()?)));
        let (catalog, engine) = fits.unwrap_or_else(|| panic!("no catalog fits {name}"));
        let printed = domain.to_toml();
        let again = Domain::parse(&printed).unwrap();
        assert_eq!(again, domain, "{name}");
        assert_eq!(again.to_toml(), printed, "{name}");
        let engine_again = Engine::compile(catalog, &again).unwrap();
        assert_eq!(engine_again.version(), engine.version(), "{name}");
        for request in requests(catalog) {
            assert_eq!(engine.decide(&request), engine_again.decide(&request), "{name}");
        }
    }
}

/// Every role and nobody, for every permission and every feature.
fn requests(catalog: &Catalog) -> Vec<NamedRequest> {
    use tollkeeper::id::{FeatureId, PermissionId, RoleId};
    let permissions =
        catalog.all::<PermissionId>().map(|(name, _)| format!(r#"{{ "permission": "{name}" }}"#));
    let features = catalog.all::<FeatureId>().map(|(name, _)| format!(r#"{{ "feature": "{name}" }}"#));
    let actions: Vec<String> = permissions.chain(features).collect();
    let roles = catalog.all::<RoleId>().map(|(name, _)| format!("\"{name}\"")).chain([String::new()]);
    let json = roles.flat_map(|role| {
        let of_role =
            move |action: &String| format!(r#"{{ "subject": {{ "roles": [{role}] }}, "action": {action} }}"#);
        actions.iter().map(of_role).collect::<Vec<_>>()
    });
    json.map(|json| serde_json::from_str(&json).unwrap()).collect()
}
