//! Requests in names: the form of JSON and TOML (DEC-07).

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use toml::de::DeValue;

use crate::document::{Entry, Read, Value, words};
use crate::units::Timestamp;
use crate::word::{Scope, Switch, Trigger};

/// Declares a table that stands in requests and suites: every key optional, unknown ones refused.
macro_rules! form {
    ($(#[$attribute:meta])* $name:ident { $($(#[$key_attribute:meta])* $key:ident $(= $called:literal)?: $type:ty,)* }) => {
        $(#[$attribute])*
        #[derive(Clone, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(default, deny_unknown_fields)]
        #[non_exhaustive]
        pub struct $name {
            $(
                $(#[$key_attribute])*
                $(#[serde(rename = $called)])?
                #[serde(skip_serializing_if = "crate::document::is_default")]
                pub $key: $type,
            )*
        }

        crate::document::keys! { $name { $($key $(= $called)?),* } }
    };
}
pub(crate) use form;

/// A request in names, as it comes in JSON or TOML and goes into logs.
///
/// Unknown keys are refused when it is read; unknown *names* are no error but deny with their own reason, so
/// that a typo can never open anything.
///
/// # Example: from JSON
///
/// ```
/// use tollkeeper::request::NamedRequest;
///
/// let request: NamedRequest = serde_json::from_str(r#"{
///     "subject": { "id": "u-17", "roles": ["admin"] },
///     "action": { "permission": "delete_tasks" },
///     "context": { "facts": { "task_access": true } }
/// }"#)?;
/// assert_eq!(request.subject.roles, ["admin"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct NamedRequest {
    /// Who asks.
    #[serde(default, skip_serializing_if = "crate::document::is_default")]
    pub subject: NamedSubject,
    /// What for.
    pub action: NamedAction,
    /// What it concerns; carried into records, never interpreted.
    #[serde(default, skip_serializing_if = "crate::document::is_default")]
    pub resource: Option<Resource>,
    /// In which circumstances.
    #[serde(default, skip_serializing_if = "crate::document::is_default")]
    pub context: NamedContext,
}

form! {
    /// Who asks.
    NamedSubject {
        /// Who it is, for records; never interpreted.
        id: Option<String>,
        /// Roles of the catalog or custom ones.
        roles: Vec<String>,
        /// Standings.
        standings: Vec<String>,
    }
}
form! {
    /// What is asked for: the keys of one of the forms of [`Action`](super::Action).
    NamedAction {
        /// To use a permission.
        permission: Option<String>,
        /// To run a feature, or what data is processed for.
        feature: Option<String>,
        /// Why the feature runs.
        trigger: Option<Trigger>,
        /// The model that was selected, for a run or for processing.
        model: Option<String>,
        /// An estimate of tokens, by pool.
        #[serde(deserialize_with = "once_each")]
        tokens: BTreeMap<String, u64>,
        /// To process a class of data for a feature.
        process: Option<String>,
        /// To store or process a class of data at all.
        store: Option<String>,
        /// To change the domain.
        change: Option<NamedChange>,
        /// To connect a connector.
        connect: Option<String>,
        /// How the connector is connected.
        mode: Option<String>,
        /// To disconnect a connector.
        disconnect: Option<String>,
        /// To read an object of this type.
        read: Option<String>,
        /// The connector that it is read through.
        through: Option<String>,
        /// Where the search looks.
        scope: Option<Scope>,
    }
}
form! {
    /// A change: the keys of one of the forms of [`Change`](crate::domain::Change).
    NamedChange {
        /// A setting.
        setting: Option<String>,
        /// A role whose permission changes.
        role: Option<String>,
        /// The permission of the role.
        permission: Option<String>,
        /// A list.
        list: Option<String>,
        /// A custom role to be made.
        create_role: Option<String>,
        /// What it is based on.
        based_on: Option<String>,
        /// A custom role to be deleted.
        delete_role: Option<String>,
        /// A role to be assigned to a person.
        assign_role: Option<String>,
        /// The role the person had.
        from: Option<String>,
        /// A beta feature.
        opt_in: Option<String>,
        /// The new value.
        to: Option<To>,
    }
}
form! {
    /// The circumstances.
    NamedContext {
        /// What the caller vouches for.
        #[serde(deserialize_with = "once_each")]
        facts: BTreeMap<String, bool>,
        /// The e-mail domain of the person whom the action concerns.
        email_domain: Option<String>,
        /// When it happens.
        at: Option<Timestamp>,
        /// When the object in question was last created, viewed or modified.
        touched_at: Option<Timestamp>,
        /// What is left, by limit.
        #[serde(deserialize_with = "once_each")]
        remaining: BTreeMap<String, u64>,
        /// What is used, by limit.
        #[serde(deserialize_with = "once_each")]
        used: BTreeMap<String, u64>,
    }
}
form! {
    /// What a request concerns.
    Resource {
        /// Of which type it is.
        kind = "type": Option<String>,
        /// Which one it is.
        id: Option<String>,
    }
}

/// The new value of a change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "expected `on`, `off` or an array of entries")]
#[non_exhaustive]
pub enum To {
    /// A position of a switch.
    Switch(Switch),
    /// The entries of a list.
    Entries(Vec<String>),
}

words! { Scope }

impl Read for To {
    fn read(value: &Value<'_>, entry: &mut Entry<'_>) -> Option<Self> {
        match value.get_ref() {
            DeValue::String(_) => Switch::read(value, entry).map(Self::Switch),
            DeValue::Array(_) => Vec::read(value, entry).map(Self::Entries),
            _ => entry.wrong_type(value, "`on`, `off` or an array of entries"),
        }
    }
}

impl Read for Timestamp {
    fn read(value: &Value<'_>, entry: &mut Entry<'_>) -> Option<Self> {
        entry.parse(value)
    }
}

impl NamedRequest {
    /// A request in names.
    pub fn new(subject: NamedSubject, action: NamedAction) -> Self {
        Self { subject, action, resource: None, context: NamedContext::default() }
    }
}

/// Reads a map whose keys stand in it once each: a second statement never silently replaces the first.
fn once_each<'de, D, T>(deserializer: D) -> Result<BTreeMap<String, T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct OnceEach<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for OnceEach<T> {
        type Value = BTreeMap<String, T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            let mut map = BTreeMap::new();
            while let Some((key, value)) = entries.next_entry::<String, T>()? {
                if map.contains_key(&key) {
                    return Err(A::Error::custom(format!("duplicate key `{key}`")));
                }
                map.insert(key, value);
            }
            Ok(map)
        }
    }
    deserializer.deserialize_map(OnceEach(PhantomData))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(json: &str) -> String {
        serde_json::from_str::<NamedRequest>(json).unwrap_err().to_string()
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (json, message) in [
            (r#"{"action":{"permision":"x"}}"#, "unknown field `permision`"),
            (r#"{"subject":{"role":"x"},"action":{}}"#, "unknown field `role`"),
            (r#"{"subject":{}}"#, "missing field `action`"),
            (r#"{"action":{},"context":{"facts":{"a":true,"a":false}}}"#, "duplicate key `a`"),
            (r#"{"action":{"permission":"a","permission":"b"}}"#, "duplicate field `permission`"),
            (r#"{"action":{"change":{"setting":"a","to":"maybe"}}}"#, "`on`, `off` or an array of entries"),
            (r#"{"action":{},"context":{"remaining":{"a":-1}}}"#, "invalid value: integer `-1`"),
            (r#"{"action":{},"context":{"facts":3}}"#, "invalid type: integer `3`, expected a map"),
        ] {
            assert!(error(json).contains(message), "{json}: {}", error(json));
        }
    }
}
