//! Domains: one customer's configuration.
//!
//! A [`Domain`] states kind, plan, add-ons, regimes, settings, lists, role permissions, custom roles and limits
//! in the names of a catalog. It is read from TOML or built in code, and means something only together with a
//! catalog: [`Engine::compile`](crate::engine::Engine::compile) checks it against one.

mod builder;
mod change;
mod digest;
pub(crate) mod resolve;
pub(crate) mod source;
mod state;

use std::fmt;
use std::sync::Arc;

pub use builder::{DomainBuilder, Limit};
pub use change::Change;
pub(crate) use resolve::{Cell, Resolved, is_email_domain};
pub(crate) use source::DomainSource;
pub(crate) use state::{After, State};

use crate::diagnostic::Diagnostics;

/// One customer's configuration, in the names of a catalog.
///
/// Cheap to clone. Two domains are equal if they state the same, in whatever order and layout.
///
/// # Example: a small organization
///
/// ```
/// use tollkeeper::domain::Domain;
///
/// let domain = Domain::parse(r#"
///     [domain]
///     id = "acme"
///     kind = "organization"
///     plan = "enterprise"
///     [holders]
///     super_admin = 2
///     [settings]
///     uploads = "off"
/// "#)?;
/// assert_eq!(domain.id(), "acme");
/// assert_eq!(Domain::parse(&domain.to_toml())?, domain);
/// # Ok::<(), tollkeeper::diagnostic::Diagnostics>(())
/// ```
#[derive(Clone)]
pub struct Domain {
    inner: Arc<Inner>,
}

struct Inner {
    source: DomainSource,
    /// What the places of names refer to; none for a domain built in code.
    text: Option<Box<str>>,
    hash: u64,
}

impl Domain {
    /// Reads a domain file: syntax and shape. Names are checked when an engine is compiled, against its catalog.
    ///
    /// # Errors
    /// Every problem of syntax and shape, in the order of the text.
    pub fn parse(text: &str) -> Result<Self, Diagnostics> {
        let (source, problems) = DomainSource::read(text);
        problems.into_result(Some(text))?;
        Ok(Self::new(source, Some(text.into())))
    }

    pub(crate) fn of_source(source: DomainSource) -> Self {
        Self::new(source, None)
    }

    fn new(source: DomainSource, text: Option<Box<str>>) -> Self {
        let hash = digest::digest(&source);
        Self { inner: Arc::new(Inner { source, text, hash }) }
    }

    /// The domain as canonical TOML: parsing it gives an equal domain.
    pub fn to_toml(&self) -> String {
        // Serializing maps of strings, numbers and lists cannot fail; an empty text would parse to an error.
        toml::to_string(&self.inner.source).unwrap_or_default()
    }

    /// The id of the domain.
    pub fn id(&self) -> &str {
        self.inner.source.domain.id.as_ref().map_or("", |id| id.get_ref())
    }

    pub(crate) fn source(&self) -> &DomainSource {
        &self.inner.source
    }

    /// The same for equal domains, on every machine.
    pub(crate) fn hash(&self) -> u64 {
        self.inner.hash
    }

    pub(crate) fn text(&self) -> Option<&str> {
        self.inner.text.as_deref()
    }
}

impl PartialEq for Domain {
    fn eq(&self, other: &Self) -> bool {
        self.inner.source == other.inner.source
    }
}

impl fmt::Debug for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Domain({})", self.id())
    }
}
