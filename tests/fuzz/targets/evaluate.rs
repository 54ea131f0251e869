//! Requests in ids: of this catalog, of another one, unknown, at random positions. No panic, no allow without the
//! right ids, and the explanation folds to the decision.

#![no_main]

use std::sync::LazyLock;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use tollkeeper::catalog::{Bind, Catalog};
use tollkeeper::domain::{Change, Domain};
use tollkeeper::engine::Engine;
use tollkeeper::id::{
    ConnectorId, DataId, FactId, FeatureId, LimitId, ListId, ModeId, ModelId, ObjectId, PermissionId,
    QuantityId, RoleId, SettingId, StandingId,
};
use tollkeeper::request::{Action, Balance, Read, Request, Run, Subject};
use tollkeeper::units::Timestamp;
use tollkeeper::word::{Scope, Switch, Trigger};

static CATALOGS: LazyLock<[Catalog; 2]> = LazyLock::new(|| {
    let notes = include_str!("../../../examples/catalogs/notes.toml");
    [Catalog::builtin(), Catalog::parse(notes).unwrap()]
});
static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let domain = Domain::parse(include_str!("../../../examples/domains/clinic.toml")).unwrap();
    Engine::compile(&CATALOGS[0], &domain).unwrap()
});

/// An id to be picked: which catalog's, and which one. Most are of the engine's own.
#[derive(Arbitrary, Debug, Clone, Copy)]
struct Pick(u8, u8);

#[derive(Arbitrary, Debug)]
enum Asked {
    Permission(Pick),
    Run { feature: Pick, trigger: u8, model: Option<Pick>, tokens: Vec<(Pick, u64)> },
    Process(Pick, Pick, Option<Pick>),
    Store(Pick),
    Setting(Pick, bool),
    Cell(Pick, Pick, bool),
    List(Pick, Vec<String>),
    Create(String, Pick),
    Delete(Pick),
    Assign(Pick, Option<Pick>),
    OptIn(Pick, bool),
    Connect(Pick, Pick),
    Disconnect(Pick),
    Read { object: Pick, through: Pick, mode: Option<Pick>, scope: u8 },
    Malformed,
}

#[derive(Arbitrary, Debug)]
struct Question {
    roles: Vec<Pick>,
    standings: Vec<Pick>,
    asked: Asked,
    facts: Vec<(Pick, bool)>,
    email_domain: Option<String>,
    at: Option<i64>,
    touched_at: Option<i64>,
    balances: Vec<(Pick, bool, u64)>,
}

/// Whether an id is of the engine's own catalog.
const fn own(pick: Pick) -> bool {
    pick.0 < 224
}

fn id<T: Bind>(pick: Pick, unknown: T) -> T {
    let catalog = match pick.0 {
        0..224 => &CATALOGS[0],
        224..240 => &CATALOGS[1],
        _ => return unknown,
    };
    let all: Vec<T> = catalog.all::<T>().map(|(_, id)| id).collect();
    all.get(usize::from(pick.1) % all.len().max(1)).copied().unwrap_or(unknown)
}

const fn switch(on: bool) -> Switch {
    if on { Switch::On } else { Switch::Off }
}

fuzz_target!(|question: Question| {
    let roles: Vec<RoleId> = question.roles.iter().map(|pick| id(*pick, RoleId::UNKNOWN)).collect();
    let standings: Vec<StandingId> =
        question.standings.iter().map(|pick| id(*pick, StandingId::UNKNOWN)).collect();
    let permission = |pick| id(pick, PermissionId::UNKNOWN);
    let feature = |pick| id(pick, FeatureId::UNKNOWN);
    let role = |pick| id(pick, RoleId::UNKNOWN);
    let connector = |pick| id(pick, ConnectorId::UNKNOWN);
    let mode_of = |pick| id(pick, ModeId::UNKNOWN);
    let tokens: Vec<(QuantityId, u64)> = match &question.asked {
        Asked::Run { tokens, .. } => {
            tokens.iter().map(|(pick, count)| (id(*pick, QuantityId::UNKNOWN), *count)).collect()
        }
        _ => Vec::new(),
    };
    let entries: Vec<&str> = match &question.asked {
        Asked::List(_, entries) => entries.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    };
    let action = match &question.asked {
        Asked::Permission(pick) => permission(*pick).into(),
        Asked::Run { feature: of, trigger, model, .. } => {
            let triggers = [
                Trigger::Requested,
                Trigger::Proactive,
                Trigger::FollowUp,
                Trigger::FollowUpCounted,
                Trigger::Recurring,
            ];
            let run = Run::new(feature(*of)).trigger(triggers[usize::from(*trigger) % triggers.len()]);
            match model {
                Some(model) => run.on_model(id(*model, ModelId::UNKNOWN), &tokens).into(),
                None => run.into(),
            }
        }
        Asked::Process(data, of, model) => Action::Process {
            data: id(*data, DataId::UNKNOWN),
            feature: feature(*of),
            model: model.map(|model| id(model, ModelId::UNKNOWN)),
        },
        Asked::Store(data) => Action::Store(id(*data, DataId::UNKNOWN)),
        Asked::Setting(setting, on) => {
            Change::Setting { setting: id(*setting, SettingId::UNKNOWN), to: switch(*on) }.into()
        }
        Asked::Cell(of, what, on) => {
            Change::RolePermission { role: role(*of), permission: permission(*what), to: switch(*on) }.into()
        }
        Asked::List(list, _) => Change::List { list: id(*list, ListId::UNKNOWN), to: &entries }.into(),
        Asked::Create(name, base) => Change::CreateRole { name, based_on: role(*base) }.into(),
        Asked::Delete(gone) => Change::DeleteRole { role: role(*gone) }.into(),
        Asked::Assign(to, from) => Change::AssignRole { role: role(*to), from: from.map(role) }.into(),
        Asked::OptIn(of, on) => Change::OptIn { feature: feature(*of), to: switch(*on) }.into(),
        Asked::Connect(which, mode) => Action::Connect { connector: connector(*which), mode: mode_of(*mode) },
        Asked::Disconnect(which) => Action::Disconnect { connector: connector(*which) },
        Asked::Read { object, through, mode, scope } => {
            let scopes = [Scope::Everything, Scope::Host, Scope::Source];
            let read = Read::new(id(*object, ObjectId::UNKNOWN), connector(*through));
            let read = mode.map_or(read, |mode| read.mode(mode_of(mode)));
            Action::Read(read.scope(scopes[usize::from(*scope) % scopes.len()]))
        }
        Asked::Malformed => Action::Malformed,
    };
    let balances: Vec<(LimitId, Balance)> = question
        .balances
        .iter()
        .map(|(pick, left, amount)| {
            let balance = if *left { Balance::Remaining(*amount) } else { Balance::Used(*amount) };
            (id(*pick, LimitId::UNKNOWN), balance)
        })
        .collect();
    let mut request =
        Request::new(Subject::roles(&roles).with_standings(&standings), action).balances(&balances);
    for (pick, holds) in &question.facts {
        request = request.fact(id(*pick, FactId::UNKNOWN), *holds);
    }
    if let Some(email_domain) = &question.email_domain {
        request = request.email_domain(email_domain);
    }
    if let Some(at) = question.at {
        request = request.at(Timestamp::from_nanoseconds(at));
    }
    if let Some(touched_at) = question.touched_at {
        request = request.touched_at(Timestamp::from_nanoseconds(touched_at));
    }
    let decision = ENGINE.evaluate(&request);
    let explanation = ENGINE.explain(&request);
    assert_eq!(explanation.decision(), decision);
    let reason = Some(decision.reason()).filter(|_| decision.is_deny());
    assert_eq!(explanation.fold(), (decision.effect(), reason));
    assert!(!explanation.to_string().is_empty());
    // DEC-02: one role, standing, fact or balance that is not of this catalog denies, whatever else is asked.
    let picks = question.roles.iter().chain(&question.standings);
    let picks = picks.chain(question.facts.iter().map(|(pick, _)| pick));
    let mut picks = picks.chain(question.balances.iter().map(|(pick, ..)| pick));
    if picks.any(|pick| !own(*pick)) {
        assert!(decision.is_deny());
    }
});
