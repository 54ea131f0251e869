//! Reasons: the closed vocabulary of why a request is allowed or denied.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Effect;

/// The kinds of conditions, in the order in which they are asked.
///
/// The order is the precedence of reasons: a deny reports the first gate that fails.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Gate {
    /// The ids belong to this catalog and the request fits a form.
    Known,
    /// Plan and add-ons include it.
    Plan,
    /// It exists for this kind of domain.
    Kind,
    /// No compliance regime bars a provider, a service or a class of data.
    Compliance,
    /// The settings it depends on are on.
    Setting,
    /// The role can hold it at all.
    Role,
    /// It is on for the role.
    RoleSetting,
    /// The actor may make the change.
    Authority,
    /// The facts it needs are true.
    Facts,
    /// What a list restricts is on the list.
    List,
    /// The domain opted in to the beta.
    OptIn,
    /// The limit or the balance covers it.
    Usage,
}

impl Gate {
    /// Every gate, in order.
    pub const ALL: [Self; 12] = [
        Self::Known,
        Self::Plan,
        Self::Kind,
        Self::Compliance,
        Self::Setting,
        Self::Role,
        Self::RoleSetting,
        Self::Authority,
        Self::Facts,
        Self::List,
        Self::OptIn,
        Self::Usage,
    ];

    /// The stable spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Plan => "plan",
            Self::Kind => "kind",
            Self::Compliance => "compliance",
            Self::Setting => "setting",
            Self::Role => "role",
            Self::RoleSetting => "role-setting",
            Self::Authority => "authority",
            Self::Facts => "facts",
            Self::List => "list",
            Self::OptIn => "opt-in",
            Self::Usage => "usage",
        }
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Declares every reason once: variant, code, the gate it comes from (allows: none), documentation.
macro_rules! reasons {
    ($(#[doc = $doc:literal] $variant:ident = $code:literal, $gate:expr;)*) => {
        /// Why a request is allowed or denied: a stable, kebab-case code.
        ///
        /// In the order of precedence: allows first, then denials in the order of their gates. The spellings are
        /// public contract, and so is the order among gates. A code carries no names or numbers; those stand
        /// beside it, in [`Because`](super::Because).
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[non_exhaustive]
        pub enum Reason {
            $(#[doc = $doc] $variant,)*
        }

        impl Reason {
            /// Every reason, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable code.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// What the code means, as a sentence for people; the same as its documentation.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $doc.trim_ascii(),)* }
            }

            /// The gate that fails with this reason; `None` for an allow.
            pub const fn gate(self) -> Option<Gate> {
                match self { $(Self::$variant => $gate,)* }
            }
        }
    };
}

reasons! {
    /// The permission is fixed by the role.
    Inherent = "inherent", None;
    /// The role has the permission, and nobody changed that.
    OnByDefault = "on-by-default", None;
    /// The domain gave the role the permission.
    OnForRole = "on-for-role", None;
    /// A fact exempts the request from the permission, as a draft is from the one to delete tasks.
    Exempt = "exempt", None;
    /// Another permission decided, as a fact handed the question to it or as it suffices as well.
    DecidedByOtherPermission = "decided-by-other-permission", None;
    /// The feature, or processing for it, is on.
    FeatureOn = "feature-on", None;
    /// No regime bars the class of data.
    DataPermitted = "data-permitted", None;
    /// The actor may make the change.
    AuthorizedChange = "authorized-change", None;

    /// Connecting, disconnecting or reading through the connector is permitted.
    ConnectorPermitted = "connector-permitted", None;

    /// A role that neither catalog nor domain has.
    UnknownRole = "unknown-role", Some(Gate::Known);
    /// A standing that the catalog does not have.
    UnknownStanding = "unknown-standing", Some(Gate::Known);
    /// A permission that the catalog does not have.
    UnknownPermission = "unknown-permission", Some(Gate::Known);
    /// A feature that the catalog does not have.
    UnknownFeature = "unknown-feature", Some(Gate::Known);
    /// A setting that the catalog does not have.
    UnknownSetting = "unknown-setting", Some(Gate::Known);
    /// A list that the catalog does not have.
    UnknownList = "unknown-list", Some(Gate::Known);
    /// A class of data that the catalog does not have.
    UnknownData = "unknown-data", Some(Gate::Known);
    /// A fact that the catalog does not have.
    UnknownFact = "unknown-fact", Some(Gate::Known);
    /// A limit that the catalog does not have.
    UnknownLimit = "unknown-limit", Some(Gate::Known);
    /// A model that the catalog does not have.
    UnknownModel = "unknown-model", Some(Gate::Known);
    /// A pool of tokens that no model of the catalog prices.
    UnknownQuantity = "unknown-quantity", Some(Gate::Known);
    /// A connector that the catalog does not have.
    UnknownConnector = "unknown-connector", Some(Gate::Known);
    /// A mode that the connector does not have.
    UnknownMode = "unknown-mode", Some(Gate::Known);
    /// A type of object that no connector of the catalog reads.
    UnknownObject = "unknown-object", Some(Gate::Known);
    /// An id that was bound to another catalog or comes from another domain.
    ForeignId = "foreign-id", Some(Gate::Known);
    /// The request fits no form, or contradicts itself.
    MalformedRequest = "malformed-request", Some(Gate::Known);

    /// Neither plan nor add-ons include it.
    NotInPlan = "not-in-plan", Some(Gate::Plan);

    /// It does not exist for this kind of domain.
    NotForDomainKind = "not-for-domain-kind", Some(Gate::Kind);

    /// A regime bars a provider that it needs.
    ProviderBarred = "provider-barred", Some(Gate::Compliance);
    /// A regime bars a service that it requires.
    ServiceBarred = "service-barred", Some(Gate::Compliance);
    /// A regime bars a class of data that it uses, or the feature does not declare the class.
    DataBarred = "data-barred", Some(Gate::Compliance);

    /// The connector does not read objects of this type.
    NotReadable = "not-readable", Some(Gate::Compliance);

    /// A setting that it depends on is off.
    SettingOff = "setting-off", Some(Gate::Setting);
    /// A regime removes the setting that it depends on.
    SettingAbsent = "setting-absent", Some(Gate::Setting);
    /// The setting is stated from above and cannot be changed here.
    SettingLocked = "setting-locked", Some(Gate::Setting);

    /// The permission is not available to enable for the role.
    NeverForRole = "never-for-role", Some(Gate::Role);
    /// The role does not hold the permission, and it does not exist as a setting of the role.
    NotGrantedToRole = "not-granted-to-role", Some(Gate::Role);

    /// The domain turned the permission off for the role.
    OffForRole = "off-for-role", Some(Gate::RoleSetting);
    /// The role starts without the permission, and nobody changed that.
    OffByDefault = "off-by-default", Some(Gate::RoleSetting);

    /// The actor may not make the change.
    NotAuthorized = "not-authorized", Some(Gate::Authority);
    /// The change belongs to the role it names.
    NeedsRole = "needs-role", Some(Gate::Authority);
    /// The change belongs to a role that nobody holds before being verified.
    NeedsVerification = "needs-verification", Some(Gate::Authority);
    /// The last holder of the role can be neither removed nor demoted.
    LastHolder = "last-holder", Some(Gate::Authority);
    /// The role cannot be deleted while somebody holds it.
    RoleInUse = "role-in-use", Some(Gate::Authority);
    /// The role can be neither changed nor deleted nor based upon.
    RoleImmutable = "role-immutable", Some(Gate::Authority);
    /// The domain would no longer be sound after the change.
    InvalidChange = "invalid-change", Some(Gate::Authority);

    /// The search is limited to a scope that the connector's source is no part of.
    OutOfScope = "out-of-scope", Some(Gate::Facts);
    /// A fact that is needed is false.
    FactFalse = "fact-false", Some(Gate::Facts);
    /// A fact that must not be so is true.
    FactTrue = "fact-true", Some(Gate::Facts);
    /// A fact that would decide is not stated.
    MissingFact = "missing-fact", Some(Gate::Facts);

    /// It is restricted to a list that does not have the entry.
    NotOnList = "not-on-list", Some(Gate::List);
    /// It is restricted to a list that has no entries.
    ListEmpty = "list-empty", Some(Gate::List);

    /// The domain did not opt in to the beta.
    OptInMissing = "opt-in-missing", Some(Gate::OptIn);

    /// The limit does not cover the charge.
    LimitReached = "limit-reached", Some(Gate::Usage);
    /// The credits do not cover the charge.
    CreditsExhausted = "credits-exhausted", Some(Gate::Usage);
    /// The run has no price: no model or tokens are stated, or the model does not price the tokens.
    Unpriced = "unpriced", Some(Gate::Usage);
    /// The balance that would decide is not stated.
    BalanceUnknown = "balance-unknown", Some(Gate::Usage);
    /// The caller does not know an obligation of the allow.
    UnknownObligation = "unknown-obligation", Some(Gate::Usage);
}

impl Reason {
    /// Whether an `otherwise` permission is asked after a deny for this reason: what a role lacks, and facts that are
    /// not so; never `never-for-role`.
    pub(crate) fn leads_on(self) -> bool {
        let lacking = matches!(self.gate(), Some(Gate::Role | Gate::RoleSetting | Gate::Facts));
        lacking && self != Self::NeverForRole
    }

    /// Allow or deny: which of the two a reason means is fixed.
    pub const fn effect(self) -> Effect {
        match self.gate() {
            None => Effect::Allow,
            Some(_) => Effect::Deny,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Reason {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Reason".into()
    }

    fn json_schema(_generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let one =
            |reason: &Self| serde_json::json!({ "const": reason.as_str(), "description": reason.meaning() });
        let all: Vec<_> = Self::ALL.iter().map(one).collect();
        schemars::json_schema!({ "type": "string", "oneOf": all })
    }
}

impl<'de> Deserialize<'de> for Reason {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        let known = Self::ALL.iter().copied().find(|reason| reason.as_str() == code);
        known.ok_or_else(|| de::Error::custom(format!("unknown reason `{code}`")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_stand_in_the_order_of_their_gates() {
        assert!(Reason::ALL.windows(2).all(|pair| pair[0].gate() <= pair[1].gate()));
        assert!(Gate::ALL.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
