//! Catalogs: what a product has.
//!
//! A [`Catalog`] names a product's plans, roles, permissions, settings, features, providers and rules. It is
//! data: a TOML file, parsed and checked once. [`Catalog::builtin`] is a complete one.

mod bind;
mod builtin;
mod connectors;
mod credits;
mod graph;
pub(crate) mod model;
mod rows;
pub(crate) mod source;
pub(crate) mod tables;
mod validate;

use std::fmt;
use std::sync::Arc;

#[doc(hidden)]
pub use bind::Binder;
pub use bind::{Bind, BindError};
pub use credits::CreditPlan;
pub(crate) use model::Model;
pub(crate) use rows::Numbering;
pub(crate) use source::CatalogSource;
pub(crate) use validate::{is_id, limit, too_many_cells};

use crate::diagnostic::Diagnostics;

/// What a product has: plans, roles, permissions, settings, features and the rules about them.
///
/// Cheap to clone: clones share one validated model. Two catalogs are equal if they state the same.
///
/// # Example: a catalog of one permission
///
/// ```
/// use tollkeeper::catalog::Catalog;
///
/// let catalog = Catalog::parse(r#"
///     [catalog]
///     id = "notes"
///     version = "1"
///     [kinds.team]
///     [plans.free]
///     [roles.writer]
///     [permissions.share]
///     default = { writer = "on" }
/// "#)?;
/// assert!(catalog.find::<tollkeeper::id::PermissionId>("share").is_some());
/// # Ok::<(), tollkeeper::diagnostic::Diagnostics>(())
/// ```
#[derive(Clone)]
pub struct Catalog {
    model: Arc<Model>,
}

impl Catalog {
    /// Reads and checks a catalog file.
    ///
    /// # Errors
    /// Every problem of the text, in its order: syntax, shape, ids outside the grammar, unknown names, circles,
    /// contradictions, exceeded limits, and providers without the guarantees that the data they get demands.
    pub fn parse(text: &str) -> Result<Self, Diagnostics> {
        let (source, problems) = CatalogSource::read(text);
        validate::validate(source, problems, text).map(|model| Self { model: Arc::new(model) })
    }

    /// The catalog as canonical TOML: parsing it gives an equal catalog with the same ids.
    pub fn to_toml(&self) -> String {
        self.model.source.to_toml()
    }

    /// The id of the catalog, from `[catalog]`.
    pub fn id(&self) -> &str {
        self.model.source.catalog.id.as_ref().map_or("", |id| id.get_ref())
    }

    /// The version that the catalog states of itself, from `[catalog]`.
    pub fn version(&self) -> &str {
        self.model.source.catalog.version.as_ref().map_or("", |version| version.get_ref())
    }

    pub(crate) fn model(&self) -> &Model {
        &self.model
    }
}

impl PartialEq for Catalog {
    fn eq(&self, other: &Self) -> bool {
        self.model.source == other.model.source
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Catalog({} {}, {:016x})", self.id(), self.version(), self.model.hash)
    }
}
