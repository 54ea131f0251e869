//! Circumstances: every way in which what a question leaves open can turn out.

use super::question::names;
use crate::ascending::Ascending;
use crate::decision::Reason;
use crate::engine::Engine;
use crate::id::{FactId, IdSet, LimitId, ListId, ModelId, QuantityId};
use crate::request::{Action, Balance, Context, NamedRequest, Request, Run};

/// A balance that covers every charge: what is compared is configuration, not usage.
pub(super) const AMPLE: u64 = 1_000_000_000_000;

/// An e-mail domain that stands on no list: its last label is reserved for that.
const OUTSIDER: &str = "outsider.invalid";

/// The request with everything that it leaves open and that one of the engines reads stated, in every way: each
/// fact both ways, an e-mail domain for every entry of a list and one that is on none, each model with one token
/// of each pool that it prices, and none. Balances cover whatever is charged.
///
/// The requests come in a fixed order; one that leaves nothing open comes back alone.
pub(super) fn circumstances(engines: &[&Engine], request: &NamedRequest) -> Vec<NamedRequest> {
    let mut all = vec![request.clone()];
    for limit in union(engines, request, limits) {
        for request in &mut all {
            if !request.context.used.contains_key(&limit) {
                request.context.remaining.entry(limit.clone()).or_insert(AMPLE);
            }
        }
    }
    for fact in union(engines, request, facts) {
        if !request.context.facts.contains_key(&fact) {
            all = each(&all, &|request| both_ways(request, &fact));
        }
    }
    if request.context.email_domain.is_none() {
        let emails = union(engines, request, emails);
        if !emails.is_empty() {
            all = each(&all, &|request| from_each(request, &emails));
        }
    }
    if request.action.model.is_none() {
        let models = union(engines, request, models);
        if !models.is_empty() {
            all = each(&all, &|request| on_each(engines, request, &models));
        }
    }
    all
}

/// All that becomes of requests, in their order.
fn each(
    requests: &[NamedRequest],
    becomes: &dyn Fn(&NamedRequest) -> Vec<NamedRequest>,
) -> Vec<NamedRequest> {
    let mut all = Vec::new();
    requests.iter().for_each(|request| all.extend(becomes(request)));
    all
}

type Names = Vec<String>;

fn union(
    engines: &[&Engine],
    request: &NamedRequest,
    of: fn(&Engine, &NamedRequest) -> Names,
) -> Ascending<String> {
    engines.iter().flat_map(|engine| of(engine, request)).collect()
}

fn facts(engine: &Engine, request: &NamedRequest) -> Names {
    let reads = engine.reads_named(request).facts;
    let all = engine.catalog().all::<FactId>().filter(|(_, fact)| reads.contains(*fact));
    all.map(|(name, _)| name.to_owned()).collect()
}

fn limits(engine: &Engine, request: &NamedRequest) -> Names {
    let reads = engine.reads_named(request).limits;
    let name = |limit: &LimitId| engine.catalog().name(*limit).map(str::to_owned);
    reads.iter().filter_map(name).collect()
}

fn emails(engine: &Engine, request: &NamedRequest) -> Names {
    if !engine.reads_named(request).email_domain {
        return Vec::new();
    }
    let lists = engine.catalog().all::<ListId>();
    let entries = lists.flat_map(|(_, list)| engine.list(list).map(str::to_owned).collect::<Vec<_>>());
    entries.chain([OUTSIDER.to_owned()]).collect()
}

fn models(engine: &Engine, request: &NamedRequest) -> Names {
    if engine.reads_named(request).model { names::<ModelId>(engine).collect() } else { Vec::new() }
}

fn both_ways(request: &NamedRequest, fact: &str) -> Vec<NamedRequest> {
    let with = |holds: &bool| {
        let mut request = request.clone();
        request.context.facts.insert(fact.to_owned(), *holds);
        request
    };
    [false, true].iter().map(with).collect()
}

fn from_each(request: &NamedRequest, emails: &Ascending<String>) -> Vec<NamedRequest> {
    let from = |email: &String| {
        let mut request = request.clone();
        request.context.email_domain = Some(email.clone());
        request
    };
    emails.iter().map(from).collect()
}

/// On each model and, as no completion says what happens then, on none.
fn on_each(engines: &[&Engine], request: &NamedRequest, models: &Ascending<String>) -> Vec<NamedRequest> {
    let on_models = models.iter().map(|model| on_model(engines, request, model));
    [request.clone()].into_iter().chain(on_models).collect()
}

/// The request on a model; a run with one token of each pool that it prices.
pub(super) fn on_model(engines: &[&Engine], request: &NamedRequest, model: &str) -> NamedRequest {
    let mut request = request.clone();
    request.action.model = Some(model.to_owned());
    if request.action.process.is_some() {
        return request;
    }
    for engine in engines {
        let Some(id) = engine.catalog().find::<ModelId>(model) else { continue };
        let quantities = engine.quantities(id).filter_map(|quantity| engine.catalog().name(quantity));
        request.action.tokens.extend(quantities.map(|quantity| (quantity.to_owned(), 1)));
    }
    request
}

/// The same with the balances around which one of the engines decides differently: for each limit that it sets, as
/// much used as still leaves room for the charge, and one more.
pub(super) fn with_balances(engines: &[&Engine], requests: &[NamedRequest]) -> Vec<NamedRequest> {
    each(requests, &|request| {
        let mut all = vec![request.clone()];
        for limit in union(engines, request, limits) {
            let stated = request.context.used.contains_key(&limit);
            let edges: Ascending<u64> =
                engines.iter().flat_map(|engine| edges(engine, request, &limit)).collect();
            all.extend(edges.into_iter().filter(|_| !stated).map(|used| {
                let mut request = request.clone();
                request.context.remaining.remove(&limit);
                request.context.used.insert(limit.clone(), used);
                request
            }));
        }
        all
    })
}

/// How much may be used before the charge of a request no longer fits, and one more.
fn edges(engine: &Engine, request: &NamedRequest, limit: &str) -> Vec<u64> {
    let set = engine.catalog().find::<LimitId>(limit).and_then(|limit| engine.limit(limit));
    let Some(covered) = set.and_then(|set| set.covers()) else { return Vec::new() };
    let charge = engine.evaluate_named(request).charge();
    match covered.checked_sub(charge) {
        Some(last) => vec![last, last.saturating_add(1)],
        None => vec![0],
    }
}

/// Whether this is allowed in some circumstances.
pub(super) fn possible(engine: &Engine, request: &Request<'_>) -> bool {
    in_some(engine, request, &mut |request| engine.evaluate(request).is_allow())
}

/// Whether this is allowed in all circumstances.
pub(super) fn certain(engine: &Engine, request: &Request<'_>) -> bool {
    !in_some(engine, request, &mut |request| engine.evaluate(request).is_deny())
}

/// Of these facts those that are not so wherever this is allowed.
pub(super) fn barring(engine: &Engine, request: &Request<'_>, facts: IdSet<FactId>) -> Vec<FactId> {
    let mut barring: Vec<FactId> = facts.iter().collect();
    in_some(engine, request, &mut |request| {
        if engine.evaluate(request).is_allow() {
            barring.retain(|fact| request.context.stated(*fact) != Some(true));
        }
        barring.is_empty()
    });
    barring
}

/// Whether something holds in one of the [`circumstances`] of one engine, without a name looked up. Those in which
/// the most is so come first, as that is what most permissions ask for.
fn in_some(engine: &Engine, request: &Request<'_>, holds: &mut dyn FnMut(&Request<'_>) -> bool) -> bool {
    let (reads, context) = (engine.reads(request), request.context);
    let open = |limit: &&LimitId| context.balances.iter().all(|(stated, _)| stated != *limit);
    let ample = reads.limits.iter().filter(open).map(|limit| (*limit, Balance::Remaining(AMPLE)));
    let balances: Vec<_> = context.balances.iter().copied().chain(ample).collect();
    let facts: Vec<FactId> = reads.facts.iter().filter(|fact| context.stated(*fact).is_none()).collect();
    let mut emails = vec![context.email_domain];
    if reads.email_domain && context.email_domain.is_none() {
        let lists = engine.catalog().all::<ListId>();
        emails = lists.flat_map(|(_, list)| engine.list(list)).map(Some).collect();
        emails.push(Some(OUTSIDER));
    }
    let models =
        engine.catalog().all::<ModelId>().filter(|_| reads.model && is_without_model(&request.action));
    let on_models = models.map(|(_, model)| with_model(engine, request.action, model));
    let completions = 1_u64.checked_shl(u32::try_from(facts.len()).unwrap_or(u32::MAX)).unwrap_or(u64::MAX);
    on_models.chain([(request.action, None)]).any(|(action, tokens)| {
        let action = with_tokens(action, tokens.as_deref());
        (0..completions).rev().any(|number| {
            let stated = (0..u64::BITS).zip(&facts).map(|(index, fact)| (*fact, number >> index & 1 == 1));
            let context = stated.fold(context, |context, (fact, so)| context.fact(fact, so));
            emails.iter().any(|email_domain| {
                let context = Context { email_domain: *email_domain, balances: &balances, ..context };
                holds(&Request { action, context, ..*request })
            })
        })
    })
}

/// Whether an action leaves the model open, if it is of one.
pub(super) const fn is_without_model(action: &Action<'_>) -> bool {
    match action {
        Action::Run(run) => run.model.is_none(),
        Action::Process { model, .. } => model.is_none(),
        _ => false,
    }
}

type Tokens = Vec<(QuantityId, u64)>;

/// An action on a model; a run with one token of each pool that it prices, in the place of what it states.
pub(super) fn with_model<'a>(
    engine: &Engine,
    action: Action<'a>,
    model: ModelId,
) -> (Action<'a>, Option<Tokens>) {
    match action {
        Action::Run(run) => {
            let priced: Tokens = engine.quantities(model).map(|quantity| (quantity, 1)).collect();
            let unpriced = |(own, _): &(QuantityId, u64)| priced.iter().all(|(quantity, _)| quantity != own);
            let kept = run.tokens.iter().copied().filter(unpriced);
            let tokens = kept.chain(priced.iter().copied()).collect();
            (Action::Run(Run { model: Some(model), ..run }), Some(tokens))
        }
        Action::Process { data, feature, .. } => {
            (Action::Process { data, feature, model: Some(model) }, None)
        }
        action => (action, None),
    }
}

/// An action with these tokens in the place of those that it states.
pub(super) fn with_tokens<'a>(action: Action<'a>, tokens: Option<&'a [(QuantityId, u64)]>) -> Action<'a> {
    match (action, tokens) {
        (Action::Run(run), Some(tokens)) => Action::Run(Run { tokens, ..run }),
        (action, _) => action,
    }
}

/// Whether some circumstances allow a permission by itself: not by an exemption, nor by another permission.
pub(super) fn holds(engine: &Engine, request: &NamedRequest) -> bool {
    circumstances(&[engine], request).iter().any(|request| {
        let reason = engine.evaluate_named(request).reason();
        matches!(reason, Reason::Inherent | Reason::OnByDefault | Reason::OnForRole)
    })
}
