//! Compiling: a domain checked against a catalog, its static gates folded; and an engine as bytes and back.

use std::hash::Hasher;

use super::Engine;
use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostics, Problems};
use crate::domain::{Domain, Resolved};
use crate::hash::Fnv;

/// The form in which engines are written as bytes.
const FORMAT: u8 = 1;

/// Form, catalog and version come before what the domain states.
const HEAD: usize = 1 + 8 + 8;

/// Bytes that are no engine of this catalog.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BytesError {
    /// They are written in a form that this version of the library does not know.
    #[error(
        "the engine is stored in form {found}, this library reads form {FORMAT}; compile its domain again"
    )]
    UnknownForm {
        /// The form that they state.
        found: u8,
    },
    /// They were written by an engine of another catalog, or of another version of this one.
    #[error(
        "the engine is stored for catalog {found:016x}, not for {expected:016x}; compile its domain again"
    )]
    OtherCatalog {
        /// The content hash of the catalog that they state.
        found: u64,
        /// That of the catalog at hand.
        expected: u64,
    },
    /// They are not what an engine wrote: cut off or changed.
    #[error("the stored engine is cut off or damaged; compile its domain again")]
    Damaged,
    /// They state a domain that does not fit the catalog. No engine writes such bytes.
    #[error("the stored engine is of a domain that does not fit: {0}")]
    Unsound(#[source] Diagnostics),
}

/// Compiles a domain; `problems` are those that reading it met.
pub(super) fn compile(
    catalog: &Catalog,
    domain: &Domain,
    mut problems: Problems,
) -> Result<Engine, Diagnostics> {
    let resolved = Resolved::of_domain(domain, catalog.model(), &mut problems);
    problems.into_result(domain.text())?;
    Ok(Engine { catalog: catalog.clone(), resolved })
}

impl Engine {
    /// A content hash of catalog and domain: a logged request and its decision can be replayed against the same
    /// version and must give the same bytes. Not proof against forgery.
    pub fn version(&self) -> u64 {
        version(self.catalog.model().hash, self.resolved.stated())
    }

    /// The engine as bytes, to be stored and read back with [`from_bytes`](Self::from_bytes): what the domain
    /// states, in the positions of the catalog, most often a few dozen bytes.
    ///
    /// Good for the same catalog only, and faster to read than a domain file; keep the file (or
    /// [`to_toml`](Domain::to_toml) of the [`domain`](Self::domain)) for the day on which the catalog changes. Equal
    /// domains have equal bytes.
    ///
    /// # Example: stored and read back
    ///
    /// ```
    /// use tollkeeper::{catalog::Catalog, engine::Engine};
    ///
    /// let catalog = Catalog::builtin();
    /// let engine = Engine::parse(&catalog, "domain = { id = 'acme', kind = 'workspace', plan = 'starter' }")?;
    /// let stored = engine.to_bytes();
    /// assert!(stored.len() < 32);
    ///
    /// let again = Engine::from_bytes(&catalog, &stored)?;
    /// assert_eq!(again.domain(), engine.domain());
    /// assert_eq!(again.version(), engine.version());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_bytes(&self) -> Vec<u8> {
        let stated = self.resolved.stated();
        let mut bytes = Vec::with_capacity(HEAD.saturating_add(stated.len()));
        bytes.push(FORMAT);
        bytes.extend(self.catalog.model().hash.to_le_bytes());
        bytes.extend(self.version().to_le_bytes());
        bytes.extend_from_slice(stated);
        bytes
    }

    /// Reads an engine that [`to_bytes`](Self::to_bytes) wrote: the same decisions, version and domain.
    ///
    /// Everything is checked that compiling checks; no bytes make a panic or an engine that no domain compiles to.
    ///
    /// # Errors
    /// Bytes of another form or catalog, and bytes that are cut off or changed.
    pub fn from_bytes(catalog: &Catalog, bytes: &[u8]) -> Result<Self, BytesError> {
        let model = catalog.model();
        let (&found, rest) = bytes.split_first().ok_or(BytesError::Damaged)?;
        if found != FORMAT {
            return Err(BytesError::UnknownForm { found });
        }
        let (hash, rest) = rest.split_first_chunk().ok_or(BytesError::Damaged)?;
        let (found, expected) = (u64::from_le_bytes(*hash), model.hash);
        if found != expected {
            return Err(BytesError::OtherCatalog { found, expected });
        }
        let (stored, stated) = rest.split_first_chunk().ok_or(BytesError::Damaged)?;
        if u64::from_le_bytes(*stored) != version(model.hash, stated) {
            return Err(BytesError::Damaged);
        }
        let mut problems = Problems::default();
        let resolved = Resolved::of_bytes(stated, model, &mut problems).ok_or(BytesError::Damaged)?;
        problems.into_result(None).map_err(BytesError::Unsound)?;
        Ok(Self { catalog: catalog.clone(), resolved })
    }
}

fn version(catalog: u64, stated: &[u8]) -> u64 {
    let mut version = Fnv::default();
    version.write(&catalog.to_le_bytes());
    version.write(stated);
    version.finish()
}
