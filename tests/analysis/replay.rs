use tollkeeper::analysis::{Actor, FlipKind, Logged, Question, replay};
use tollkeeper::engine::Engine;
use tollkeeper::request::NamedRequest;

use super::worlds;

fn requests(engine: &Engine) -> Vec<NamedRequest> {
    let matrix = engine.matrix().record();
    let rows = matrix.permissions.rows.into_iter().chain(matrix.features.rows);
    let asked = rows.flat_map(|row| {
        engine.roles().map(move |(role, _)| row.question.asked_by(Actor::Role(role.to_owned()).subject()))
    });
    asked.collect()
}

#[test]
fn a_replay_yields_exactly_what_differs() {
    let old = worlds::engine(worlds::CONFIGURED);
    let new = worlds::engine(&worlds::CONFIGURED.replace("uploads = 'off'", "apps = 'off'"));
    let log = requests(&old);
    let mut replay = replay(log.clone(), &old, &new);
    let flips: Vec<_> = replay.by_ref().collect();
    let counts = replay.counts();
    let differs: Vec<_> = log
        .iter()
        .filter(|request| {
            let (old, new) = (old.decide(request), new.decide(request));
            (old.reason, old.because, old.obligations) != (new.reason, new.because, new.obligations)
        })
        .collect();
    assert_eq!(flips.iter().map(|flip| &flip.request).collect::<Vec<_>>(), differs);
    let count = |kind| flips.iter().filter(|flip| flip.kind == kind).count() as u64;
    assert_eq!(counts.allow_to_deny, count(FlipKind::AllowToDeny));
    assert_eq!(counts.deny_to_allow, count(FlipKind::DenyToAllow));
    assert_eq!(counts.reason_only, count(FlipKind::ReasonOnly));
    assert_eq!(counts.requests, log.len() as u64);
    assert_eq!(counts.unchanged(), counts.requests - flips.len() as u64);
    assert!(counts.allow_to_deny > 0);
    assert!(flips.iter().all(|flip| log[usize::try_from(flip.number).unwrap() - 1] == flip.request));
}

// DEC-07
#[test]
fn a_logged_line_round_trips_and_is_confirmed_by_the_version_that_made_it() {
    let engine = worlds::engine(worlds::CLINIC);
    let other = worlds::engine(worlds::ORGANIZATION);
    for request in requests(&engine) {
        let logged = engine.log(request);
        let line = serde_json::to_string(&logged).unwrap();
        assert!(!line.contains('\n'));
        let again: Logged = serde_json::from_str(&line).unwrap();
        assert_eq!(again, logged);
        assert!(engine.confirms(&again));
        assert!(!other.confirms(&again));
    }
}

#[test]
fn an_altered_log_is_noticed() {
    let engine = worlds::engine(worlds::CLINIC);
    let request = Question::Permission("create_teams".into()).asked_by(Actor::Role("guest".into()).subject());
    let honest = engine.log(request.clone());
    let mut altered = engine.log(Question::Permission("view_roles".into()).asked_by(request.subject.clone()));
    altered.request = request;
    let mut replay = replay([honest, altered], &engine, &engine);
    assert_eq!(replay.by_ref().count(), 0);
    assert_eq!((replay.counts().requests, replay.counts().unconfirmed), (2, 1));
}

#[test]
fn a_replay_reads_its_log_one_by_one() {
    let engine = worlds::engine(worlds::WORKSPACE);
    let mut read = 0_u32;
    let request = Question::Permission("use_product".into()).asked_by(Actor::Role("member".into()).subject());
    let other = worlds::engine(worlds::PERSONAL);
    let log = std::iter::repeat_with(|| {
        read += 1;
        Logged::from(Question::Feature("smart_editor".into()).asked_by(request.subject.clone()))
    });
    assert_eq!(replay(log, &engine, &other).take(3).count(), 3);
    assert_eq!(read, 3);
}
