use std::collections::BTreeMap;

use tollkeeper::analysis::{Actor, Answer, Cell, Question, Row, Table};
use tollkeeper::decision::{Effect, Reason};
use tollkeeper::engine::{BecauseValue, Engine, StepRecord};
use tollkeeper::id::{DataId, FactId, FeatureId, PermissionId, StandingId};
use tollkeeper::request::{NamedChange, NamedContext, NamedRequest, NamedSubject, Request, Subject, To};
use tollkeeper::word::{Level, Switch};

use super::worlds;

pub(super) fn actors(engine: &Engine) -> Vec<Actor> {
    let roles = engine.roles().map(|(role, _)| Actor::Role(role.to_owned()));
    let standings = engine.catalog().all::<StandingId>().map(|(name, _)| Actor::Standing(name.to_owned()));
    roles.chain(standings).collect()
}

/// Every way in which the facts that a request reads can be stated.
fn stated(engine: &Engine, request: &NamedRequest) -> Vec<NamedRequest> {
    let reads = engine.reads_named(request);
    let facts = engine.catalog().all::<FactId>().filter(|(_, fact)| reads.facts.contains(*fact));
    let mut all = vec![request.clone()];
    for (fact, _) in facts {
        all = all
            .iter()
            .flat_map(|request| {
                [false, true].map(|holds| {
                    let mut request = request.clone();
                    request.context.facts.insert(fact.to_owned(), holds);
                    request
                })
            })
            .collect();
    }
    all
}

/// The level that decided, as the gates tell it: of an allow, that of the last gate of what it names.
pub(super) fn level(engine: &Engine, request: &NamedRequest) -> Option<String> {
    let explanation = engine.explain_named(request).record();
    let one = |because: &BTreeMap<String, BecauseValue>, word: &str| match because.get(word) {
        Some(BecauseValue::One(name)) => Some(name.clone()),
        _ => None,
    };
    let because = &explanation.decision.because;
    let named = one(because, "level");
    if named.is_some() || explanation.decision.effect == Effect::Deny {
        return named;
    }
    let role = one(because, "role");
    let decider = one(because, "decided_by").or_else(|| one(because, "permission"));
    let of_it = |step: &&StepRecord| {
        (step.role.is_none() || step.role == role)
            && (step.permission.is_none() || step.permission == decider)
    };
    explanation.steps.iter().rev().filter(of_it).find_map(|step| one(&step.because, "level"))
}

fn assert_cell(engine: &Engine, request: &NamedRequest, cell: &Cell) {
    let decision = engine.evaluate_named(request);
    assert_eq!(decision.reason(), cell.reason, "{request:?}");
    assert_eq!(&engine.cell(request), cell, "{request:?}");
    let decided = cell.level.map(|level| level.as_str().to_owned());
    assert_eq!(decided, level(engine, request), "{request:?} {cell:?}\n{}", engine.explain_named(request));
    // Allowed as it stands, a run may yet select a model whose provider is barred.
    let allowed_as_it_stands = cell.answer == Answer::Allow || (cell.unstated.model && decision.is_allow());
    assert_eq!(allowed_as_it_stands, decision.is_allow(), "{request:?} {cell:?}");
    let stated = stated(engine, request);
    let allows: Vec<bool> = stated.iter().map(|request| engine.evaluate_named(request).is_allow()).collect();
    match cell.answer {
        Answer::Allow => assert!(allows.iter().all(|allow| *allow)),
        Answer::Deny => assert!(allows.iter().all(|allow| !*allow), "{request:?} {cell:?}"),
        // What a run charges may decide behind the facts.
        Answer::Depends
            if cell.reason == Reason::MissingFact
                && !cell.unstated.email_domain
                && !engine.reads_named(request).model
                && engine.reads_named(request).limits.is_empty() =>
        {
            assert!(
                allows.contains(&true) && allows.contains(&false),
                "{allows:?} {request:?} {cell:?}\n{}",
                engine.explain_named(request)
            );
            let barring = |fact: &&String| {
                let mut allowing = stated.iter().zip(&allows).filter(|(_, allow)| **allow);
                !allowing.any(|(request, _)| request.context.facts[*fact])
            };
            let barring: Vec<_> = cell.unstated.facts.iter().filter(barring).cloned().collect();
            assert_eq!(cell.unstated.unless, barring, "{request:?}");
        }
        Answer::Depends => assert_ne!(cell.unstated, tollkeeper::analysis::Unstated::default()),
    }
}

pub(super) fn assert_table(engine: &Engine, table: &Table, actors: &[Actor]) -> usize {
    assert_eq!(table.columns, actors.iter().map(|actor| actor.name().to_owned()).collect::<Vec<_>>());
    for Row { question, cells, .. } in &table.rows {
        assert_eq!(cells.len(), actors.len());
        for (cell, actor) in cells.iter().zip(actors) {
            assert_cell(engine, &question.asked_by(actor.subject()), cell);
        }
    }
    table.rows.len()
}

/// Whoever has every role asks for every feature, in the domain as it is and with a setting turned.
pub(super) fn assert_switches(engine: &Engine, switches: &Table) {
    let mut everybody = NamedSubject::default();
    everybody.roles = engine.roles().map(|(role, _)| role.to_owned()).collect();
    for (column, name) in switches.columns.iter().enumerate() {
        let turned = match name.split_once(' ') {
            Some((setting, to @ ("on" | "off"))) => {
                let mut change = NamedChange::default();
                let to = if to == "on" { Switch::On } else { Switch::Off };
                (change.setting, change.to) = (Some(setting.to_owned()), Some(To::Switch(to)));
                engine.preview(&change).unwrap()
            }
            _ => engine.clone(),
        };
        for row in &switches.rows {
            assert_cell(&turned, &row.question.asked_by(everybody.clone()), &row.cells[column]);
        }
    }
}

// DEC-03, P7
// CON-09
#[test]
fn a_cell_tells_which_facts_must_not_be_so() {
    let engine = worlds::engine(worlds::ORGANIZATION);
    let cell =
        |question: Question| engine.cell(&question.asked_by(Actor::Role("super_admin".to_owned()).subject()));
    let (connector, mode) = ("notion_ai".to_owned(), "user_account".to_owned());
    let connect = cell(Question::Connect { connector, mode }).unstated;
    assert_eq!(connect.facts, ["already_connected", "host_owner", "host_plan_eligible"]);
    assert_eq!(connect.unless, ["already_connected"]);
    // An exemption allows by itself, and deleting without it takes access: neither must not be so.
    let delete = cell(Question::Permission("delete_tasks".to_owned())).unstated;
    assert_eq!((delete.facts, delete.unless), (vec!["draft".to_owned(), "task_access".to_owned()], vec![]));
}

#[test]
fn every_cell_of_the_matrix_equals_its_evaluation() {
    for engine in worlds::engines() {
        let matrix = engine.matrix().record();
        let roles: Vec<_> = engine.roles().map(|(role, _)| Actor::Role(role.to_owned())).collect();
        let actors = actors(&engine);
        let restrictions = 1;
        let permissions = engine.catalog().all::<PermissionId>().count() - restrictions;
        assert_eq!(assert_table(&engine, &matrix.permissions, &roles), permissions);
        assert_table(&engine, &matrix.features, &roles);
        assert_eq!(assert_table(&engine, &matrix.changes, &actors), 16);
        // Two modes, to disconnect, five types of objects.
        assert_eq!(assert_table(&engine, &matrix.connectors, &actors), 2 + 1 + 5);
        let declared =
            engine.catalog().all::<FeatureId>().map(|(_, feature)| engine.catalog().data_of(feature));
        let declared: u32 = declared.map(tollkeeper::id::IdSet::count).sum();
        let classes = engine.catalog().all::<DataId>().count();
        let rows = assert_table(&engine, &matrix.data, &[Actor::Anybody]);
        assert_eq!((rows, declared), (classes + declared as usize, 5 + 14 * 5));
    }
}

// P7
#[test]
fn a_matrix_in_ids_says_what_its_record_says() {
    for engine in worlds::engines() {
        let (matrix, asked) = (engine.matrix(), |request: Request<'_>| engine.evaluate(&request));
        let by_permission = matrix.permissions().map(|(permission, role, answered)| {
            (asked(Request::new(Subject::role(role), permission)), answered)
        });
        let by_feature = matrix
            .features()
            .map(|(feature, role, answered)| (asked(Request::new(Subject::role(role), feature)), answered));
        let record = matrix.record();
        let cells =
            |table: &Table| -> Vec<Cell> { table.rows.iter().flat_map(|row| row.cells.clone()).collect() };
        let cells = [cells(&record.permissions), cells(&record.features)].concat();
        let all: Vec<_> = by_permission.chain(by_feature).collect();
        assert_eq!((all.len(), cells.is_empty()), (cells.len(), false));
        for ((decision, answered), cell) in all.into_iter().zip(cells) {
            assert_eq!(decision, answered.decision);
            let in_ids = (answered.answer, answered.decision.reason(), answered.level);
            assert_eq!(in_ids, (cell.answer, cell.reason, cell.level));
        }
    }
}

// AI-03, P7
#[test]
fn features_by_switches_equal_the_evaluation_in_the_turned_domain() {
    let engine = worlds::engine(worlds::CLINIC);
    let switches = engine.matrix().record().switches;
    assert_eq!(switches.columns, ["as it is", "ai_partners off", "ai_studio off", "ml off"]);
    assert_switches(&engine, &switches);
}

// DEC-04
#[test]
fn a_cell_names_the_level_that_decided() {
    let engine = worlds::engine(worlds::CONFIGURED);
    for (role, question, answer, level) in [
        ("admin", Question::Permission("manage_roles".into()), Answer::Allow, Some(Level::Role)),
        ("admin", Question::Permission("create_teams".into()), Answer::Allow, Some(Level::CatalogDefault)),
        ("helper", Question::Permission("create_teams".into()), Answer::Deny, Some(Level::Role)),
        ("guest", Question::Permission("create_teams".into()), Answer::Deny, None),
        ("admin", Question::Permission("view_roles".into()), Answer::Allow, None),
        (
            "super_admin",
            Question::Permission("download_files_mobile".into()),
            Answer::Deny,
            Some(Level::Locked),
        ),
        ("member", Question::Feature("smart_status".into()), Answer::Allow, Some(Level::CatalogDefault)),
        ("member", Question::Feature("ai_studio_workflows".into()), Answer::Deny, Some(Level::Domain)),
    ] {
        let cell = engine.cell(&question.asked_by(Actor::Role(role.to_owned()).subject()));
        assert_eq!((cell.answer, cell.level), (answer, level), "{role} {question}: {cell:?}");
    }
}

// P7
#[test]
fn who_can_and_what_can_are_the_cells_that_are_not_denied() {
    for engine in worlds::engines() {
        let matrix = engine.matrix().record();
        let tables = [&matrix.permissions, &matrix.features, &matrix.connectors].into_iter();
        let questions = tables.flat_map(|table| &table.rows);
        let roles = || engine.roles().map(|(role, _)| Actor::Role(role.to_owned()));
        for row in questions {
            let who = engine.who_can(&row.question.action(), &NamedContext::default());
            let who: Vec<_> = who.into_iter().filter(|(actor, _)| matches!(actor, Actor::Role(_))).collect();
            let cells = roles().zip(row.cells.iter().cloned());
            assert_eq!(who, cells.filter(|(_, cell)| cell.answer != Answer::Deny).collect::<Vec<_>>());
        }
        for (column, actor) in roles().enumerate() {
            let what = engine.what_can(&actor.subject(), &NamedContext::default());
            let tables =
                [&matrix.permissions, &matrix.features, &matrix.changes, &matrix.connectors].into_iter();
            let cells = tables.flat_map(|table| &table.rows).map(|row| (&row.question, &row.cells[column]));
            let cells = cells.chain(matrix.data.rows.iter().map(|row| (&row.question, &row.cells[0])));
            let cells: Vec<_> = cells
                .filter(|(_, cell)| cell.answer != Answer::Deny)
                .map(|(question, cell)| (question.clone(), cell.clone()))
                .collect();
            assert_eq!(what, cells);
        }
    }
}

// AI-14
#[test]
fn a_feature_whose_provider_comes_with_the_model_depends_on_the_model() {
    let engine = worlds::engine(worlds::CLINIC);
    let workflows = Question::Feature("ai_studio_workflows".into());
    let cell = engine.cell(&workflows.asked_by(Actor::Role("guest".into()).subject()));
    assert_eq!((cell.answer, cell.unstated.model), (Answer::Depends, true), "one model is not barred");
    let mut off = NamedChange::default();
    (off.setting, off.to) = (Some("ai_studio".to_owned()), Some(To::Switch(Switch::Off)));
    let off = engine.preview(&off).unwrap();
    let cell = off.cell(&workflows.asked_by(Actor::Role("guest".into()).subject()));
    assert_eq!(cell.answer, Answer::Deny, "no model helps where the switch is off");
}

// AI-04, AI-14: processing for automations depends on who runs the model, where a regime bars somebody
#[test]
fn processing_for_a_feature_of_models_depends_on_the_model() {
    let process = |feature: &str| Question::Process { feature: feature.into(), data: "user_content".into() };
    let anybody = |question: &Question| question.asked_by(Actor::Anybody.subject());
    let clinic = worlds::engine(worlds::CLINIC);
    let cell = clinic.cell(&anybody(&process("ai_studio_workflows")));
    assert_eq!((cell.answer, cell.unstated.model), (Answer::Depends, true), "{cell:?}");
    assert_eq!(clinic.cell(&anybody(&process("smart_editor"))).answer, Answer::Deny);
    let open = worlds::engine(worlds::ORGANIZATION);
    assert_eq!(open.cell(&anybody(&process("ai_studio_workflows"))).answer, Answer::Allow);
    // A regime that bars a provider, but none that is not stated: allowed so far, and yet not for every model.
    let text = include_str!("../../src/catalog/builtin.toml").replace(", unstated_providers = true", "");
    let catalog = tollkeeper::catalog::Catalog::parse(&text).unwrap();
    let domain = tollkeeper::domain::Domain::parse(worlds::CLINIC).unwrap();
    let lenient = Engine::compile(&catalog, &domain).unwrap();
    let cell = lenient.cell(&anybody(&process("ai_studio_workflows")));
    assert_eq!((cell.answer, cell.reason), (Answer::Depends, Reason::FeatureOn), "{cell:?}");
}
