//! A day of changes to one domain by different people: what each may do, what they are warned of, what is refused.
//!
//! `cargo run --example settings_history`

#![expect(clippy::print_stdout, reason = "an example shows its output")]

use std::error::Error;

use tollkeeper::catalog::Catalog;
use tollkeeper::domain::Domain;
use tollkeeper::engine::Engine;
use tollkeeper::request::NamedRequest;

/// When, who with which role, what they are after, and the change as it would arrive over a wire.
const DAY: [(&str, &str, &str, &str, &str); 12] = [
    ("09:00", "Ada", "admin", "turn the AI partners off", r#"{ "setting": "ai_partners", "to": "off" }"#),
    ("09:05", "Ada", "admin", "turn them back on", r#"{ "setting": "ai_partners", "to": "on" }"#),
    (
        "09:30",
        "Ada",
        "admin",
        "invite guests from one more partner",
        r#"{ "list": "trusted_domains", "to": ["printer.example", "studio.example"] }"#,
    ),
    ("10:00", "Ben", "member", "turn uploads off", r#"{ "setting": "uploads", "to": "off" }"#),
    (
        "11:00",
        "Ada",
        "admin",
        "be the first super admin, now verified",
        r#"{ "assign_role": "super_admin", "from": "admin" }"#,
    ),
    ("11:05", "Ada", "super_admin", "turn the AI partners on", r#"{ "setting": "ai_partners", "to": "on" }"#),
    (
        "13:00",
        "Ada",
        "super_admin",
        "make a role for freelancers",
        r#"{ "create_role": "freelancer", "based_on": "guest" }"#,
    ),
    (
        "13:05",
        "Ada",
        "super_admin",
        "take exports away from freelancers",
        r#"{ "role": "freelancer", "permission": "export_project_data", "to": "off" }"#,
    ),
    (
        "13:10",
        "Ada",
        "super_admin",
        "let freelancers create teams",
        r#"{ "role": "freelancer", "permission": "create_teams", "to": "on" }"#,
    ),
    (
        "14:00",
        "Cem",
        "admin",
        "make Dana a freelancer",
        r#"{ "assign_role": "freelancer", "from": "guest" }"#,
    ),
    ("15:00", "Ada", "super_admin", "delete that role again", r#"{ "delete_role": "freelancer" }"#),
    ("17:00", "Ada", "super_admin", "step down", r#"{ "assign_role": "admin", "from": "super_admin" }"#),
];

fn main() -> Result<(), Box<dyn Error>> {
    let catalog = Catalog::builtin();
    let domain = Domain::parse(include_str!("domains/agency.toml"))?;
    let mut engine = Engine::compile(&catalog, &domain)?;
    println!("A day at `{}`\n", engine.domain().id());
    for (time, who, role, what, change) in DAY {
        println!("{time}  {who}, {role}: {what}");
        let request = request(time, who, role, change)?;
        println!("       {}", engine.sentence(&engine.evaluate_named(&request)));
        // A refused change leaves everything as it is; an allowed one makes a new domain, and the engine of the
        // old one would still answer as before.
        if let Ok(applied) = engine.apply_named(&request) {
            if applied.record.obligations.iter().any(|one| one == "warn_irreversible") {
                println!("       warning, to be shown before: {who} will not be able to undo this");
            }
            engine = Engine::compile(&catalog, &applied.domain)?;
        }
    }
    print!("\nThe domain file at the end of the day:\n\n{}", engine.domain().to_toml());
    Ok(())
}

/// The request of somebody with one role. That Ada completed the verification is what the caller vouches for.
fn request(time: &str, who: &str, role: &str, change: &str) -> Result<NamedRequest, serde_json::Error> {
    let verified = time >= "11:00";
    serde_json::from_str(&format!(
        r#"{{ "subject": {{ "id": "{who}", "roles": ["{role}"] }},
              "action": {{ "change": {change} }},
              "context": {{ "facts": {{ "super_admin_verified": {verified} }}, "at": "2026-11-21T{time}:00Z" }} }}"#
    ))
}
