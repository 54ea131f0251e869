//! Requests: who asks for what, and in which circumstances.
//!
//! A request speaks ids only and borrows what it holds, so that building one costs nothing. [`NamedRequest`] is
//! its counterpart in names, for JSON and TOML.

mod action;
mod context;
mod named;
mod subject;

pub use action::{Action, Read, Run};
pub use context::{Balance, Context};
pub use named::{NamedAction, NamedChange, NamedContext, NamedRequest, NamedSubject, Resource, To};
pub(crate) use named::{Object, form, read_from_object};
pub use subject::Subject;

use crate::domain::After;
use crate::id::{FactId, LimitId};
use crate::units::Timestamp;

/// A question: may this subject do this here?
///
/// # Example: deleting a task that one has access to
///
/// ```
/// use tollkeeper::{bind, catalog::Catalog, id::{FactId, PermissionId, RoleId}};
/// use tollkeeper::request::{Request, Subject};
///
/// bind! { struct Names {
///     member: RoleId = "member",
///     delete_tasks: PermissionId = "delete_tasks",
///     task_access: FactId = "task_access",
/// } }
/// let names = Names::bind(&Catalog::builtin())?;
/// let request = Request::new(Subject::role(names.member), names.delete_tasks).fact(names.task_access, true);
/// # Ok::<(), tollkeeper::catalog::BindError>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Request<'a> {
    /// Who asks.
    pub subject: Subject<'a>,
    /// What for.
    pub action: Action<'a>,
    /// In which circumstances.
    pub context: Context<'a>,
    /// What of the domain would be different, which only the engine asks.
    pub(crate) after: Option<&'a After>,
}

impl<'a> Request<'a> {
    /// A question without circumstances.
    #[inline]
    pub fn new(subject: Subject<'a>, action: impl Into<Action<'a>>) -> Self {
        Self { subject, action: action.into(), context: Context::default(), after: None }
    }

    /// The caller vouches that a fact is so, or is not so.
    #[inline]
    pub fn fact(mut self, fact: FactId, holds: bool) -> Self {
        self.context = self.context.fact(fact, holds);
        self
    }

    /// The e-mail domain of the person whom the action concerns, such as an invitee.
    pub const fn email_domain(mut self, email_domain: &'a str) -> Self {
        self.context.email_domain = Some(email_domain);
        self
    }

    /// When it happens.
    pub const fn at(mut self, at: Timestamp) -> Self {
        self.context.at = Some(at);
        self
    }

    /// When the object in question was last created, viewed or modified.
    pub const fn touched_at(mut self, touched_at: Timestamp) -> Self {
        self.context.touched_at = Some(touched_at);
        self
    }

    /// What is left of, or used up of, limits.
    pub const fn balances(mut self, balances: &'a [(LimitId, Balance)]) -> Self {
        self.context.balances = balances;
        self
    }

    /// The same question in other circumstances.
    pub const fn with_context(mut self, context: Context<'a>) -> Self {
        self.context = context;
        self
    }
}
