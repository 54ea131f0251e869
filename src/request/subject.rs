//! Subjects: who asks.

use std::slice;

use crate::id::{RoleId, StandingId};

/// Who asks: their roles in the domain (usually one) and standings that are no roles.
///
/// A subject with several roles may do what any one of them may do.
#[derive(Clone, Copy, Debug)]
#[doc(alias = "principal")]
pub struct Subject<'a> {
    roles: Roles<'a>,
    standings: &'a [StandingId],
}

#[derive(Clone, Copy, Debug)]
enum Roles<'a> {
    One(RoleId),
    Many(&'a [RoleId]),
}

impl<'a> Subject<'a> {
    /// Somebody with one role.
    pub const fn role(role: RoleId) -> Self {
        Self { roles: Roles::One(role), standings: &[] }
    }

    /// Somebody with these roles, in whatever order.
    pub const fn roles(roles: &'a [RoleId]) -> Self {
        match roles {
            [role] => Self::role(*role),
            _ => Self { roles: Roles::Many(roles), standings: &[] },
        }
    }

    /// Somebody without a role; enough for what is open to everybody.
    pub const fn nobody() -> Self {
        Self::roles(&[])
    }

    /// The same with standings.
    pub const fn with_standings(self, standings: &'a [StandingId]) -> Self {
        Self { standings, ..self }
    }

    /// The roles.
    pub const fn all_roles(&self) -> &[RoleId] {
        match &self.roles {
            Roles::One(role) => slice::from_ref(role),
            Roles::Many(roles) => roles,
        }
    }

    /// The role of somebody who was stated to have one.
    #[inline]
    pub(crate) const fn only_role(&self) -> Option<RoleId> {
        match self.roles {
            Roles::One(role) => Some(role),
            Roles::Many(_) => None,
        }
    }

    /// The standings.
    pub const fn standings(&self) -> &'a [StandingId] {
        self.standings
    }
}
