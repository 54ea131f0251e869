//! The main job on real data: a clinic's domain, a handful of questions, and why each answer is what it is.
//!
//! `cargo run --example quickstart`

#![expect(clippy::print_stdout, reason = "an example shows its output")]

use std::error::Error;

use tollkeeper::bind;
use tollkeeper::catalog::Catalog;
use tollkeeper::domain::Change;
use tollkeeper::engine::Engine;
use tollkeeper::id::{FactId, FeatureId, PermissionId, RoleId, SettingId};
use tollkeeper::request::{Request, Subject};
use tollkeeper::word::Switch;

bind! {
    /// The names this program uses; a misspelt one is found here, once, at the start.
    struct Names {
        admin: RoleId = "admin",
        member: RoleId = "member",
        guest: RoleId = "guest",
        create_teams: PermissionId = "create_teams",
        upload_files: PermissionId = "upload_files",
        delete_tasks: PermissionId = "delete_tasks",
        task_access: FactId = "task_access",
        self_created: FactId = "self_created",
        draft: FactId = "draft",
        via_app: FactId = "via_app",
        smart_editor: FeatureId = "smart_editor",
        ask: FeatureId = "smart_answers_ask",
        ai_partners: SettingId = "ai_partners",
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let catalog = Catalog::builtin();
    let names = Names::bind(&catalog)?;
    let engine = Engine::parse(&catalog, include_str!("domains/clinic.toml"))?;
    let contractor = engine.role("contractor").ok_or("no role `contractor`")?;

    let switch_partners = |to| Change::Setting { setting: names.ai_partners, to };
    let uploads = Request::new(Subject::role(names.member), names.upload_files);
    let deletes = Request::new(Subject::role(contractor), names.delete_tasks)
        .fact(names.task_access, true)
        .fact(names.draft, false)
        .fact(names.self_created, false);

    let questions = [
        ("May a member create teams?", Request::new(Subject::role(names.member), names.create_teams)),
        ("May a guest?", Request::new(Subject::role(names.guest), names.create_teams)),
        ("May a member upload a file?", uploads.fact(names.via_app, false)),
        ("... through an app?", uploads.fact(names.via_app, true)),
        ("May a member use the smart editor?", Request::new(Subject::role(names.member), names.smart_editor)),
        ("May a member ask questions of the AI?", Request::new(Subject::role(names.member), names.ask)),
        (
            "May an admin turn AI partners off?",
            Request::new(Subject::role(names.admin), switch_partners(Switch::Off)),
        ),
        ("... and on again?", Request::new(Subject::role(names.admin), switch_partners(Switch::On))),
        ("May a contractor delete somebody else's task?", deletes),
    ];
    println!("Domain `{}`\n", engine.domain().id());
    for (question, request) in &questions {
        let decision = engine.evaluate(request);
        let record = engine.record(&decision);
        println!("{question}\n  {}", engine.sentence(&decision));
        for (what, ids) in [("sends data to", &record.providers), ("obliges to", &record.obligations)] {
            if !ids.is_empty() {
                println!("  {what}: {}", ids.join(", "));
            }
        }
    }

    println!("\nWhy may the contractor not delete it? Every gate, in order:\n");
    println!("{}", engine.explain(&deletes));
    Ok(())
}
