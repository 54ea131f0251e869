use std::collections::BTreeMap;

use tollkeeper::analysis::{Actor, DiffKind, Question, diff};
use tollkeeper::catalog::Catalog;
use tollkeeper::decision::Effect;
use tollkeeper::domain::Domain;
use tollkeeper::engine::{Engine, Record};
use tollkeeper::id::{ConnectorId, DataId, FeatureId, ObjectId, PermissionId, SettingId, StandingId};
use tollkeeper::request::NamedRequest;
use tollkeeper::word::Switch;

use super::worlds;

fn said(engine: &Engine, request: &NamedRequest) -> Record {
    let mut record = engine.decide(request);
    record.version.clear();
    record.domain.clear();
    record
}

/// Every cell, compared the slow and obvious way: all facts both ways, read or not.
fn pointwise(old: &Engine, new: &Engine) -> BTreeMap<(Question, Actor), DiffKind> {
    let catalog = old.catalog();
    let roles = old.roles().chain(new.roles()).map(|(role, _)| Actor::Role(role.to_owned()));
    let roles: Vec<_> = roles.collect();
    let standings = catalog.all::<StandingId>().map(|(name, _)| Actor::Standing(name.to_owned()));
    let actors: Vec<_> = roles.iter().cloned().chain(standings).collect();
    let permissions = catalog.all::<PermissionId>().map(|(name, _)| Question::Permission(name.to_owned()));
    let features = catalog.all::<FeatureId>().map(|(name, _)| Question::Feature(name.to_owned()));
    let turns = catalog.all::<SettingId>().flat_map(|(name, _)| {
        [Switch::Off, Switch::On].map(|to| Question::Turn { setting: name.to_owned(), to })
    });
    let connectors = catalog.all::<ConnectorId>().flat_map(|(connector, _)| {
        let connect = ["enterprise_account", "user_account"]
            .map(|mode| Question::Connect { connector: connector.to_owned(), mode: mode.to_owned() });
        let objects = catalog.all::<ObjectId>().map(|(object, _)| object.to_owned());
        let read = objects.map(|object| Question::Read { connector: connector.to_owned(), object });
        connect
            .into_iter()
            .chain([Question::Disconnect(connector.to_owned())])
            .chain(read.collect::<Vec<_>>())
    });
    let connectors: Vec<_> = connectors.collect();
    let classes: Vec<_> = catalog.all::<DataId>().map(|(name, _)| name.to_owned()).collect();
    let process = catalog.all::<FeatureId>().flat_map(|(feature, id)| {
        // What a feature does not declare is never processed for it, in whatever domain.
        let declared = catalog.all::<DataId>().filter(move |(_, data)| catalog.data_of(id).contains(*data));
        declared.map(|(data, _)| Question::Process { feature: feature.to_owned(), data: data.to_owned() })
    });
    let data: Vec<_> = classes.iter().cloned().map(Question::Store).chain(process).collect();
    let by_role =
        permissions.chain(features).flat_map(|one| roles.iter().map(move |it| (one.clone(), it.clone())));
    let by_actor =
        turns.chain(connectors).flat_map(|one| actors.iter().map(move |it| (one.clone(), it.clone())));
    let mut kinds = BTreeMap::new();
    let by_anybody = data.into_iter().map(|question| (question, Actor::Anybody));
    for (question, actor) in by_role.chain(by_actor).chain(by_anybody) {
        let (mut widened, mut narrowed, mut other) = (false, false, false);
        for request in every_circumstance(&question.asked_by(actor.subject())) {
            let (before, after) = (said(old, &request), said(new, &request));
            match (before.effect, after.effect) {
                (Effect::Deny, Effect::Allow) => widened = true,
                (Effect::Allow, Effect::Deny) => narrowed = true,
                _ => other |= before != after,
            }
        }
        let kind = match (widened, narrowed, other) {
            (true, true, _) => DiffKind::Moved,
            (true, false, _) => DiffKind::Widened,
            (false, true, _) => DiffKind::Narrowed,
            (false, false, true) => DiffKind::ReasonOnly,
            (false, false, false) => continue,
        };
        kinds.insert((question, actor), kind);
    }
    kinds
}

fn every_circumstance(request: &NamedRequest) -> Vec<NamedRequest> {
    let facts: &[&str] = match request.action.permission.as_deref() {
        // Connectors' facts are read by none of these; with them it would take hours.
        Some("delete_tasks" | "delete_self_created_tasks" | "upload_files" | "import_files") => {
            &["draft", "from_email", "self_created", "task_access", "via_app"]
        }
        _ if request.action.connect.is_some() => &["already_connected", "host_owner", "host_plan_eligible"],
        _ if request.action.disconnect.is_some() => &["host_owner"],
        _ if request.action.read.is_some() => &[
            "already_connected",
            "asker_can_see",
            "connecting_user_can_see",
            "in_project",
            "same_person",
            "within_look_back",
        ],
        _ => &[],
    };
    let models = match request.action.feature.as_deref() {
        Some("ai_studio_workflows") => {
            &["", "openai_small", "openai_large", "anthropic_medium", "anthropic_large", "anthropic_largest"]
                [..]
        }
        _ => &[""],
    };
    let metered = request.action.feature.is_some() && request.action.process.is_none();
    let used: Vec<Option<u64>> = [None].into_iter().chain((0..=12).map(Some).filter(|_| metered)).collect();
    let emails = ["partner.example", "second.example", "third.example", "nowhere.example"];
    let emails = if request.action.permission.is_some() { &emails[..] } else { &emails[..1] };
    let mut all = Vec::new();
    for (bits, used) in (0..1_u32 << facts.len()).flat_map(|bits| used.iter().map(move |used| (bits, *used)))
    {
        for email in emails {
            for model in models {
                let mut request = request.clone();
                let stated =
                    facts.iter().enumerate().map(|(at, fact)| ((*fact).to_owned(), bits >> at & 1 == 1));
                request.context.facts = stated.collect();
                request.context.email_domain = Some((*email).to_owned());
                request.context.remaining.insert("ai_studio_credits".to_owned(), 1_000_000_000);
                let output = "ai_outputs".to_owned();
                match used {
                    Some(used) => request.context.used.insert(output, used),
                    None => request.context.remaining.insert(output, 1_000_000_000),
                };
                if !model.is_empty() {
                    request.action.model = Some((*model).to_owned());
                    if request.action.process.is_none() {
                        request.action.tokens.insert("input".to_owned(), 1);
                    }
                }
                all.push(request);
            }
        }
    }
    all
}

fn limited(limit: &str) -> String {
    format!("{}\nlimits = {{ ai_outputs = {{ limit = {limit} }} }}", worlds::WORKSPACE)
}

// P9, exhaustive on the built-in catalog
#[test]
fn a_diff_equals_the_pointwise_comparison() {
    let configured = worlds::CONFIGURED;
    for (old, new) in [
        (configured.to_owned(), configured.replace("uploads = 'off', ", "")),
        (configured.to_owned(), configured.replace("'second.example'", "'third.example'")),
        (
            configured.to_owned(),
            configured.replace("delete_tasks = 'off'", "delete_self_created_tasks = 'off'"),
        ),
        (
            worlds::ORGANIZATION.to_owned(),
            worlds::ORGANIZATION.replace("'enterprise_plus'", "'enterprise_plus', regimes = ['hipaa']"),
        ),
        (worlds::UNVERIFIED.to_owned(), worlds::UNVERIFIED.replace("super_admin = 0", "super_admin = 1")),
        (worlds::WORKSPACE.to_owned(), worlds::PERSONAL.to_owned()),
        (limited("5, every = 'month'"), limited("7, every = 'month'")),
        (limited("10, every = 'month'"), limited("5, every = 'month', stop = 'soft', ceiling_percent = 130")),
        (limited("5, every = 'month'"), worlds::WORKSPACE.to_owned()),
    ] {
        let (old, new) = (worlds::engine(&old), worlds::engine(&new));
        let found = diff(&old, &new);
        let kinds = found.cells.iter().map(|cell| ((cell.question.clone(), cell.actor.clone()), cell.kind));
        assert_eq!(kinds.collect::<BTreeMap<_, _>>(), pointwise(&old, &new));
        assert!(!found.cells.is_empty());
        for cell in &found.cells {
            assert_ne!(said(&old, &cell.example), said(&new, &cell.example), "the example shows it");
        }
    }
}

#[test]
fn nothing_differs_from_itself() {
    for engine in worlds::engines() {
        assert_eq!(diff(&engine, &engine).cells, []);
    }
}

// PRM-23
#[test]
fn another_entry_on_a_list_moves_who_may_be_invited() {
    let old = worlds::engine(worlds::CONFIGURED);
    let new = worlds::engine(&worlds::CONFIGURED.replace("'second.example'", "'third.example'"));
    let diff = diff(&old, &new);
    assert!(diff.cells.iter().all(|cell| cell.question == Question::Permission("invite_guests".to_owned())));
    assert_eq!((diff.count(DiffKind::Moved), diff.cells.len()), (5, 5));
}

#[test]
fn a_role_that_only_one_domain_has_is_unknown_to_the_other() {
    let old = worlds::engine(worlds::ORGANIZATION);
    let text = format!("{}\n[roles.night_shift]\nbased_on = 'guest'\n", worlds::ORGANIZATION);
    let new = Engine::compile(&Catalog::builtin(), &Domain::parse(&text).unwrap()).unwrap();
    let cells = diff(&old, &new).cells;
    assert!(cells.iter().all(|cell| cell.actor.name() == "night_shift"));
    assert!(cells.iter().any(|cell| cell.kind == DiffKind::Widened));
}
