//! What both forms of Cedar share: names to entities, requests to contexts, responses to answers.

use std::collections::HashMap;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityId, EntityTypeName, EntityUid, Policy, PolicyId,
    PolicySet, Request, Response, RestrictedExpression,
};
use tollkeeper::decision::Reason;
use tollkeeper::word::Trigger;
use tollkeeper_benches::workload::{Ask, What};

use crate::{Answer, Reply, reason_of};

/// An entity id out of parts that need no parsing.
pub fn uid(kind: &EntityTypeName, name: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(name))
}

pub fn kind(name: &str) -> EntityTypeName {
    name.parse().expect("a type name")
}

pub fn strings<'n>(names: impl IntoIterator<Item = &'n str>) -> RestrictedExpression {
    let strings = names.into_iter().map(|name| RestrictedExpression::new_string(name.to_owned()));
    RestrictedExpression::new_set(strings)
}

/// The circumstances of a request.
pub fn context(ask: &Ask) -> Context {
    let stated = |holds: bool| {
        let facts = ask.facts.iter().filter(move |(_, so)| *so == holds);
        strings(facts.map(|(name, _)| name.as_str()))
    };
    let mut pairs: Vec<(String, RestrictedExpression)> = Vec::with_capacity(4);
    match &ask.what {
        What::Permission(_) => {
            pairs.push(("so".to_owned(), stated(true)));
            pairs.push(("not_so".to_owned(), stated(false)));
            if let Some(domain) = ask.email_domain {
                let domain = RestrictedExpression::new_string(domain.to_ascii_lowercase());
                pairs.push(("email_domain".to_owned(), domain));
            }
        }
        What::Feature(_, trigger) => {
            let counts = matches!(trigger, Trigger::Requested | Trigger::FollowUp | Trigger::Recurring);
            pairs.push(("counts".to_owned(), RestrictedExpression::new_bool(counts)));
            if let Some(remaining) = ask.remaining {
                let remaining = i64::try_from(remaining).unwrap_or(i64::MAX);
                pairs.push(("remaining".to_owned(), RestrictedExpression::new_long(remaining)));
            }
        }
        What::Setting(..) => pairs.push(("standings".to_owned(), strings(ask.standing.as_deref()))),
    }
    Context::from_pairs(pairs).expect("keys stand once each")
}

/// Policies, some of them annotated with a reason, and with a rank where the order of reasons is not what counts.
pub struct Annotated {
    policies: PolicySet,
    reasons: HashMap<PolicyId, (u8, Reason)>,
}

impl Annotated {
    pub fn new(text: &str) -> Self {
        let policies: PolicySet = text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"));
        let annotated = |policy: &Policy| {
            let rank = policy.annotation("rank").and_then(|rank| rank.parse().ok()).unwrap_or(0);
            Some((policy.id().clone(), (rank, reason_of(policy.annotation("reason")?)?)))
        };
        Self { reasons: policies.policies().filter_map(annotated).collect(), policies }
    }

    pub fn respond(&self, authorizer: &Authorizer, request: &Request, entities: &Entities) -> Response {
        authorizer.is_authorized(request, &self.policies, entities)
    }

    /// The first reason among the policies that determined a response.
    pub fn reason(&self, response: &Response) -> Option<Reason> {
        let reasons = response.diagnostics().reason().filter_map(|id| self.reasons.get(id));
        reasons.min().map(|(_, reason)| *reason)
    }
}

pub fn allows(response: &Response) -> bool {
    response.decision() == Decision::Allow
}

/// What is said to a question with a name that is not known: Cedar tells what is missing in its diagnostics.
pub fn reply(response: &Response) -> Reply {
    let error = response.diagnostics().errors().next().map(ToString::to_string);
    // Behind the policy that it happened in.
    let told = error.and_then(|error| Some(error.rsplit_once(": ")?.1.to_owned()));
    Reply::beside(Answer { allow: allows(response), reason: None }, told)
}
