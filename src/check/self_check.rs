//! A self-check: before an engine is used, it denies what must be denied.

use crate::decision::{Gate, Reason};
use crate::engine::Engine;
use crate::request::NamedRequest;

/// Asks requests that must be denied, before the engine is used.
///
/// A service calls this when it starts or swaps engines, with a handful of requests that no configuration of it
/// should ever allow, and refuses to go on if one is. It guards against what tests of a build cannot see: the
/// wrong file in the right place, an empty file of vectors, names that have moved on.
///
/// # Errors
/// The first request that is allowed; that there is none at all; or the first one that is denied only because it
/// is not understood, which would prove nothing.
///
/// # Example: refusing to start
///
/// ```
/// use tollkeeper::{catalog::Catalog, check, domain::Domain, engine::Engine};
///
/// let domain = Domain::parse("[domain]\nid = 'acme'\nkind = 'workspace'\nplan = 'starter'")?;
/// let engine = Engine::compile(&Catalog::builtin(), &domain)?;
/// let guest_creates_teams = serde_json::from_str(
///     r#"{ "subject": { "roles": ["guest"] }, "action": { "permission": "create_teams" } }"#,
/// )?;
/// let member_creates_teams = serde_json::from_str(
///     r#"{ "subject": { "roles": ["member"] }, "action": { "permission": "create_teams" } }"#,
/// )?;
/// check::self_check(&engine, &[guest_creates_teams])?;
/// let error = check::self_check(&engine, &[member_creates_teams]).unwrap_err();
/// assert_eq!(error.to_string(), "request 1 must be denied, but domain `acme` allows it: `on-by-default`");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn self_check(engine: &Engine, must_be_denied: &[NamedRequest]) -> Result<(), SelfCheckError> {
    if must_be_denied.is_empty() {
        return Err(SelfCheckError::NothingToCheck);
    }
    for (number, request) in (1..).zip(must_be_denied) {
        let reason = engine.evaluate_named(request).reason();
        match reason.gate() {
            None => {
                let (request, domain) = (Box::new(request.clone()), engine.domain_id().to_owned());
                return Err(SelfCheckError::Allowed { number, request, domain, reason });
            }
            Some(Gate::Known) => return Err(SelfCheckError::NotUnderstood { number, reason }),
            Some(_) => {}
        }
    }
    Ok(())
}

/// An engine must not be used: it failed its self-check.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SelfCheckError {
    /// There is no request to ask.
    #[error("there is nothing that must be denied: a self-check without requests proves nothing")]
    NothingToCheck,
    /// A request that must be denied is allowed.
    #[error("request {number} must be denied, but domain `{domain}` allows it: `{reason}`")]
    Allowed {
        /// Which one, counted from 1.
        number: usize,
        /// The request.
        request: Box<NamedRequest>,
        /// The domain that allows it.
        domain: String,
        /// Why it is allowed.
        reason: Reason,
    },
    /// A request is denied, but only as it is not understood.
    #[error("request {number} is denied as `{reason}` whatever the domain says: correct its names")]
    NotUnderstood {
        /// Which one, counted from 1.
        number: usize,
        /// What is not understood.
        reason: Reason,
    },
}
