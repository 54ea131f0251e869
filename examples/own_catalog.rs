//! Another product without a line of engine code: a fictional one, from a catalog file of its own.
//!
//! `cargo run --example own_catalog`

#![expect(clippy::print_stdout, reason = "an example shows its output")]

use std::error::Error;

use tollkeeper::catalog::Catalog;
use tollkeeper::domain::Domain;
use tollkeeper::engine::Engine;

/// Questions in names, as they would arrive over a wire.
const QUESTIONS: [(&str, &str); 5] = [
    (
        "A writer deletes a note of their own",
        r#"{ "subject": { "roles": ["writer"] }, "action": { "permission": "delete_notes" },
             "context": { "facts": { "author": true } } }"#,
    ),
    (
        "A reader writes",
        r#"{ "subject": { "roles": ["reader"] }, "action": { "permission": "write_notes" } }"#,
    ),
    (
        "Even the owner is bound by the org-wide switch for links",
        r#"{ "subject": { "roles": ["owner"] }, "action": { "permission": "share_links" } }"#,
    ),
    (
        "A summary under health law: one provider is barred, the other is left",
        r#"{ "subject": { "roles": ["reader"] }, "action": { "feature": "summary" },
             "context": { "remaining": { "summaries": 3 } } }"#,
    ),
    (
        "A typo opens nothing",
        r#"{ "subject": { "roles": ["ownr"] }, "action": { "permission": "share_links" } }"#,
    ),
];

fn main() -> Result<(), Box<dyn Error>> {
    let catalog = Catalog::parse(include_str!("catalogs/notes.toml"))?;
    let engine = Engine::compile(&catalog, &Domain::parse(include_str!("domains/book_club.toml"))?)?;
    for (what, json) in QUESTIONS {
        let record = engine.decide(&serde_json::from_str(json)?);
        println!("{what}\n  {}\n", serde_json::to_string(&record)?);
    }
    Ok(())
}
