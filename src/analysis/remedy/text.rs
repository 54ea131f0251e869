//! Remedies as sentences.

use std::fmt;

use super::{Made, Remedy, Step};
use crate::request::{NamedChange, To};

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`{} ", self.by, if self.from_above { " from above" } else { "" })?;
        write_change(f, &self.change)?;
        write_given(f, &self.given)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Change(made) | Self::Assign(made) => made.fmt(f),
            Self::Ask { by, given } => {
                write!(f, "`{by}` asks for it")?;
                write_given(f, given)
            }
            Self::Fact { fact, holds: true } => write!(f, "it is so, and stated, that `{fact}`"),
            Self::Fact { fact, holds: false } => write!(f, "it is not so, and stated, that `{fact}`"),
            Self::EmailDomain(domain) => {
                write!(f, "the e-mail domain is stated and on the list, such as `{domain}`")
            }
            Self::Model(model) => write!(f, "model `{model}` is selected, with an estimate of tokens"),
            Self::Balance(limit) => {
                write!(f, "limit `{limit}` covers it: stated, in the next period, or with more bought")
            }
            Self::Plan(plan) => write!(f, "the domain is on plan `{plan}`"),
            Self::AddOn(add_on) => write!(f, "the domain has add-on `{add_on}`"),
            Self::Vacate(role) => write!(f, "nobody holds role `{role}` any more"),
        }
    }
}

fn write_given(f: &mut fmt::Formatter<'_>, given: &[String]) -> fmt::Result {
    given.iter().try_for_each(|fact| write!(f, ", once `{fact}` is so"))
}

/// A change as what somebody does.
pub(in crate::analysis) fn write_change(f: &mut fmt::Formatter<'_>, change: &NamedChange) -> fmt::Result {
    let to = match &change.to {
        Some(To::Switch(to)) => to.as_str().to_owned(),
        Some(To::Entries(entries)) => format!("[{}]", entries.join(", ")),
        None => String::new(),
    };
    let NamedChange { setting, role, permission, list, .. } = change;
    if let Some(setting) = setting {
        return write!(f, "turns setting `{setting}` {to}");
    }
    if let (Some(role), Some(permission)) = (role, permission) {
        return write!(f, "turns `{permission}` {to} for role `{role}`");
    }
    if let Some(list) = list {
        return write!(f, "sets list `{list}` to {to}");
    }
    if let (Some(role), Some(base)) = (&change.create_role, &change.based_on) {
        return write!(f, "creates role `{role}`, based on `{base}`");
    }
    if let Some(role) = &change.delete_role {
        return write!(f, "deletes role `{role}`");
    }
    if let Some(role) = &change.assign_role {
        write!(f, "assigns role `{role}`")?;
        return change.from.iter().try_for_each(|from| write!(f, " in the place of `{from}`"));
    }
    write!(f, "opts {to} to feature `{}`", change.opt_in.as_deref().unwrap_or_default())
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps: Vec<String> = self.steps.iter().map(Step::to_string).collect();
        f.write_str(&steps.join("; then "))
    }
}
