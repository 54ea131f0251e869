//! What a reason is about: the role, the setting, the provider that decided.

use std::fmt;

/// A word that a reason's parameter goes by, in explanations and records.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Parameter {
    /// The role that decided, or that is needed.
    Role = 1,
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
    pub const ALL: [Self; 24] = [
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
        Self::Connector,
        Self::Mode,
        Self::Object,
    ];

    /// One more than the position among all; nothing is zero.
    const fn code(self) -> u32 {
        self as u32
    }

    fn of_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code.checked_sub(1)?)).copied()
    }

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

/// What a reason is about: at most four parameters, by position in the catalog.
///
/// Three words, a byte and two bytes of which belong to each parameter: every gate that is passed or fails makes
/// one, and what is known when it is made costs nothing to put together.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Because {
    parameters: u32,
    positions: [u32; 2],
}

impl Because {
    /// Nothing to say.
    pub(crate) const NOTHING: Self = Self { parameters: 0, positions: [0; 2] };

    pub(crate) const fn one(parameter: Parameter, position: u16) -> Self {
        Self { parameters: parameter.code(), positions: [position as u32, 0] }
    }

    /// One parameter more; a fifth is left out.
    pub(crate) const fn and(self, parameter: Parameter, position: u16) -> Self {
        let (code, position) = (parameter.code(), position as u32);
        let Self { parameters, positions: [first, second] } = self;
        let (parameters, positions) = match parameters {
            0 => (code, [position, 0]),
            1..=0xff => (parameters | code << 8, [first | position << 16, 0]),
            0x100..=0xffff => (parameters | code << 16, [first, position]),
            0x1_0000..=0xff_ffff => (parameters | code << 24, [first, second | position << 16]),
            _ => (parameters, [first, second]),
        };
        Self { parameters, positions }
    }

    /// One parameter more, if there is one.
    pub(crate) fn and_maybe(self, parameter: Parameter, position: Option<u16>) -> Self {
        position.map_or(self, |position| self.and(parameter, position))
    }

    pub(crate) fn get(&self, wanted: Parameter) -> Option<u16> {
        self.stated().find(|(code, _)| u32::from(*code) == wanted.code()).map(|(_, position)| position)
    }

    /// The parameters with the position of what they name, in the order they were stated.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Parameter, u16)> + '_ {
        self.stated().filter_map(|(code, position)| Some((Parameter::of_code(code)?, position)))
    }

    /// The same by code; nothing is stated by the code zero.
    fn stated(&self) -> impl Iterator<Item = (u8, u16)> + '_ {
        let positions = self.positions.iter().flat_map(|two| {
            let [a, b, c, d] = two.to_le_bytes();
            [u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])]
        });
        self.parameters.to_le_bytes().into_iter().zip(positions)
    }
}

impl fmt::Debug for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_come_back_in_the_order_they_were_stated() {
        assert!((1..).zip(Parameter::ALL).all(|(code, parameter)| parameter.code() == code));
        let all = Parameter::ALL.into_iter().zip([0, 65_535, 1, 258]).cycle().skip(20).take(5);
        let because = all.clone().fold(Because::NOTHING, |because, (one, at)| because.and(one, at));
        assert_eq!(because.iter().collect::<Vec<_>>(), all.take(4).collect::<Vec<_>>());
        assert_eq!(Because::NOTHING.and(Parameter::Object, 7), Because::one(Parameter::Object, 7));
        assert_eq!(Because::NOTHING.iter().count(), 0);
    }
}
