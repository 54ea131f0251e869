//! What a reason is about: the role, the setting, the provider that decided.

use std::fmt;

/// A word that a reason's parameter goes by, in explanations and records.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Parameter {
    /// The role that decided, or that is needed.
    Role,
    /// The permission that decided.
    Permission,
    /// The permission that decided in the place of the one asked for.
    DecidedBy,
    /// The reason for which the permission asked for would have been denied by itself.
    Despite,
    /// The feature.
    Feature,
    /// The setting that decided.
    Setting,
    /// The level that decided.
    Level,
    /// The provider that is barred.
    Provider,
    /// The service that is barred.
    Service,
    /// The regime that bars, removes or starts off.
    Regime,
    /// The class of data that is barred.
    Data,
    /// The list that decided.
    List,
    /// The plan of the domain.
    Plan,
    /// An add-on that would include it.
    AddOn,
    /// The kind of the domain.
    Kind,
    /// A standing that is needed.
    Standing,
    /// The limit that decided.
    Limit,
    /// The model that has no price.
    Model,
    /// The pool of tokens that has no price.
    Quantity,
    /// An e-mail domain would decide and is not stated.
    EmailDomain,
    /// A fact that verifies the first holder of a role.
    Fact,
    /// The connector.
    Connector,
    /// How the connector is connected.
    Mode,
    /// The type of object that is read.
    Object,
}

impl Parameter {
    /// Every parameter.
    pub const ALL: [Self; 21] = [
        Self::Role,
        Self::Permission,
        Self::DecidedBy,
        Self::Despite,
        Self::Feature,
        Self::Setting,
        Self::Level,
        Self::Provider,
        Self::Service,
        Self::Regime,
        Self::Data,
        Self::List,
        Self::Plan,
        Self::AddOn,
        Self::Kind,
        Self::Standing,
        Self::Limit,
        Self::Model,
        Self::Quantity,
        Self::EmailDomain,
        Self::Fact,
    ];

    /// The spelling in explanations and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Permission => "permission",
            Self::DecidedBy => "decided_by",
            Self::Despite => "despite",
            Self::Feature => "feature",
            Self::Setting => "setting",
            Self::Level => "level",
            Self::Provider => "provider",
            Self::Service => "service",
            Self::Regime => "regime",
            Self::Data => "data",
            Self::List => "list",
            Self::Plan => "plan",
            Self::AddOn => "add_on",
            Self::Kind => "kind",
            Self::Standing => "standing",
            Self::Limit => "limit",
            Self::Model => "model",
            Self::Quantity => "quantity",
            Self::EmailDomain => "email_domain",
            Self::Fact => "fact",
            Self::Connector => "connector",
            Self::Mode => "mode",
            Self::Object => "object",
        }
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How many parameters a reason has at most.
const PARAMETERS_MAX: usize = 4;

/// What a reason is about: at most four parameters, by position in the catalog.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Because {
    parameters: [Option<Parameter>; PARAMETERS_MAX],
    positions: [u16; PARAMETERS_MAX],
}

impl Because {
    /// Nothing to say.
    pub(crate) const NOTHING: Self =
        Self { parameters: [None; PARAMETERS_MAX], positions: [0; PARAMETERS_MAX] };

    pub(crate) const fn one(parameter: Parameter, position: u16) -> Self {
        Self { parameters: [Some(parameter), None, None, None], positions: [position, 0, 0, 0] }
    }

    /// One parameter more; a fifth is left out.
    pub(crate) const fn and(self, parameter: Parameter, position: u16) -> Self {
        // Spelled out: where the parameters before are known, so is the free place, and nothing is searched.
        let (p, at) = (self.parameters, self.positions);
        let new = Some(parameter);
        let (parameters, positions) = match p {
            [None, ..] => ([new, None, None, None], [position, 0, 0, 0]),
            [_, None, ..] => ([p[0], new, None, None], [at[0], position, 0, 0]),
            [_, _, None, _] => ([p[0], p[1], new, None], [at[0], at[1], position, 0]),
            [_, _, _, None] => ([p[0], p[1], p[2], new], [at[0], at[1], at[2], position]),
            _ => (p, at),
        };
        Self { parameters, positions }
    }

    /// One parameter more, if there is one.
    pub(crate) fn and_maybe(self, parameter: Parameter, position: Option<u16>) -> Self {
        position.map_or(self, |position| self.and(parameter, position))
    }

    pub(crate) fn get(&self, wanted: Parameter) -> Option<u16> {
        self.iter().find(|(parameter, _)| *parameter == wanted).map(|(_, position)| position)
    }

    /// The parameters with the position of what they name, in the order they were stated.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Parameter, u16)> + '_ {
        self.parameters
            .iter()
            .zip(self.positions)
            .filter_map(|(parameter, at)| parameter.map(|one| (one, at)))
    }
}
