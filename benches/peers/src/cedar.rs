//! What both forms of Cedar share: names to entities, requests to contexts, responses to answers.

use cedar_policy::{Context, EntityId, EntityTypeName, EntityUid, Response, RestrictedExpression};
use tollkeeper::word::Trigger;
use tollkeeper_benches::workload::{Ask, What};

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

/// An answer to a question with a name that is not known.
pub fn shown(response: &Response) -> String {
    let errors = response.diagnostics().errors().count();
    let decision = format!("{:?}", response.decision()).to_lowercase();
    match errors {
        0 => decision,
        errors => format!("{decision}, with {errors} errors in its diagnostics"),
    }
}
