//! Domains: one customer's configuration.
//!
//! A [`Domain`] states kind, plan, add-ons, regimes, settings, lists, role permissions, custom roles and limits
//! in the names of a catalog. It is read from TOML or built in code, and means something only together with a
//! catalog: [`Engine::compile`](crate::engine::Engine::compile) checks it against one.

mod builder;
mod change;
mod compact;
mod edit;
mod names;
mod read;
mod resolved;
mod rules;
mod settle;
pub(crate) mod source;
mod state;

use std::fmt;
use std::sync::Arc;

pub(crate) use crate::catalog::model::Cell;
pub use builder::{DomainBuilder, Limit};
pub use change::Change;
pub(crate) use edit::{Edit, lower_case};
pub(crate) use names::{is_email_domain, product};
pub(crate) use resolved::Resolved;
pub(crate) use source::DomainSource;
pub(crate) use state::{After, State};

use crate::catalog::Model;
use crate::diagnostic::{Diagnostics, Problems};
use crate::document::{Name, Spanned};
use crate::word::Switch;

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
}

impl Domain {
    /// Reads a domain file: syntax and shape. Names are checked when an engine is compiled, against its catalog;
    /// [`Engine::parse`](crate::engine::Engine::parse) does both and reports all problems at once.
    ///
    /// # Errors
    /// Every problem of syntax and shape, in the order of the text.
    pub fn parse(text: &str) -> Result<Self, Diagnostics> {
        let (domain, problems) = Self::read(text);
        problems.into_result(Some(text))?;
        Ok(domain)
    }

    /// Whatever of a domain file can be read, and what is wrong with the rest.
    pub(crate) fn read(text: &str) -> (Self, Problems) {
        let (source, problems) = DomainSource::read(text);
        (Self::of_text(source, text), problems)
    }

    /// A domain whose tables stand in `text` among others.
    pub(crate) fn of_text(source: DomainSource, text: &str) -> Self {
        Self::new(source, Some(text.into()))
    }

    pub(crate) fn of_source(source: DomainSource) -> Self {
        Self::new(source, None)
    }

    fn new(source: DomainSource, text: Option<Box<str>>) -> Self {
        Self { inner: Arc::new(Inner { source, text }) }
    }

    /// The domain as canonical TOML: parsing it gives an equal domain.
    pub fn to_toml(&self) -> String {
        self.inner.source.to_toml()
    }

    /// The id of the domain.
    pub fn id(&self) -> &str {
        self.inner.source.domain.id.as_ref().map_or("", |id| id.get_ref())
    }

    /// What the file states of settings, in the order of names; what it comes to, an engine knows.
    pub fn settings(&self) -> impl Iterator<Item = (&str, Switch)> {
        self.inner.source.settings.iter().map(|(name, to)| (name.get_ref().as_str(), *to))
    }

    /// What the file states of the permissions of roles: role, permission, position.
    pub fn role_permissions(&self) -> impl Iterator<Item = (&str, &str, Switch)> {
        self.inner.source.roles.iter().flat_map(|(role, row)| {
            let stated = row.permissions.iter();
            stated.map(move |(name, to)| (role.get_ref().as_str(), name.get_ref().as_str(), *to))
        })
    }

    /// How many the file says hold a role, in the order of names.
    pub fn holders(&self) -> impl Iterator<Item = (&str, u64)> {
        self.inner.source.holders.iter().map(|(name, count)| (name.get_ref().as_str(), *count))
    }

    /// How many seats the file says were bought, of the plan or an add-on, in the order of names.
    pub fn seats(&self) -> impl Iterator<Item = (&str, u64)> {
        self.inner.source.seats.iter().map(|(name, count)| (name.get_ref().as_str(), *count))
    }

    /// The limits that the file sets, by name and in that order; [`Engine::limit`](crate::engine::Engine::limit) tells
    /// what each comes to.
    pub fn limits(&self) -> impl Iterator<Item = &str> {
        self.inner.source.limits.keys().map(|name| name.get_ref().as_str())
    }

    /// The region that the data is to live in, if the file names one.
    pub fn region(&self) -> Option<&str> {
        self.inner.source.residency.region.as_ref().map(|region| region.get_ref().as_str())
    }

    /// The plan.
    pub fn plan(&self) -> &str {
        self.inner.source.domain.plan.as_ref().map_or("", |plan| plan.get_ref())
    }

    /// The add-ons that were bought, in the order of names.
    pub fn add_ons(&self) -> impl Iterator<Item = &str> {
        self.inner.source.domain.add_ons.iter().map(|name| name.get_ref().as_str())
    }

    /// The same domain on another plan: what an upgrade would bring. Nothing is bought by it.
    pub fn on_plan(&self, plan: &str) -> Self {
        let mut source = self.inner.source.clone();
        source.domain.plan = Some(unplaced(plan));
        Self::of_source(source)
    }

    /// The same domain with one add-on more: what it would bring. Nothing is bought by it.
    pub fn with_add_on(&self, add_on: &str) -> Self {
        let mut source = self.inner.source.clone();
        let add_ons = source.domain.add_ons.iter().filter(|one| one.get_ref() != add_on).cloned();
        source.domain.add_ons = add_ons.chain([unplaced(add_on)]).collect();
        Self::of_source(source)
    }

    /// The same domain with another count of holders of a role, as the directory would state it.
    pub fn with_holders(&self, role: &str, count: u64) -> Self {
        let mut source = self.inner.source.clone();
        source.holders.insert(unplaced(role), count);
        Self::of_source(source)
    }

    pub(crate) fn source(&self) -> &DomainSource {
        &self.inner.source
    }

    pub(crate) fn text(&self) -> Option<&str> {
        self.inner.text.as_deref()
    }
}

impl Resolved {
    /// Looks up everything that `domain` names, noting what does not fit.
    pub(crate) fn of_domain(domain: &Domain, model: &Model, problems: &mut Problems) -> Self {
        let source = domain.source();
        let this = Self::of(model, &names::write(source, model, problems));
        rules::check(&this, model, Some(source), problems);
        this
    }

    /// Looks up what stored bytes state. `None` if no engine wrote them.
    pub(crate) fn of_bytes(stated: &[u8], model: &Model, problems: &mut Problems) -> Option<Self> {
        if !read::is_canonical(stated, model) {
            return None;
        }
        let this = Self::of(model, stated);
        rules::check(&this, model, None, problems);
        Some(this)
    }

    /// The same with something stated otherwise; `None` where that is not sound.
    pub(crate) fn with(&self, model: &Model, edit: Edit<'_>) -> Option<Self> {
        Draft(edit::edited(self.stated(), model, edit)?).resolved(model)
    }

    /// What is stated, to be edited.
    pub(crate) fn draft(&self) -> Draft {
        Draft(self.stated().to_vec())
    }

    /// The domain in names.
    pub(crate) fn domain(&self, model: &Model) -> Domain {
        in_names(self.stated(), model)
    }

    /// The domain after a change, in names. `None` for what cannot be stated, which no allowed change leads to.
    pub(crate) fn domain_with(&self, model: &Model, change: Change<'_>) -> Option<Domain> {
        let stated = edit::edited(self.stated(), model, Edit::Change(change))?;
        Some(in_names(&stated, model))
    }
}

/// What a domain states while it is edited; in between it need not be sound.
pub(crate) struct Draft(Vec<u8>);

impl Draft {
    /// `None` for what cannot be stated.
    pub(crate) fn edit(&mut self, model: &Model, edit: Edit<'_>) -> Option<()> {
        self.0 = edit::edited(&self.0, model, edit)?;
        Some(())
    }

    /// What it comes to; `None` where it is not sound.
    pub(crate) fn resolved(self, model: &Model) -> Option<Resolved> {
        let resolved = Resolved::of(model, &self.0);
        let mut problems = Problems::default();
        rules::check(&resolved, model, None, &mut problems);
        (problems.into_result(None).is_ok() && resolved.fits(model)).then_some(resolved)
    }
}

fn in_names(stated: &[u8], model: &Model) -> Domain {
    let stated = compact::Stated::read(stated).unwrap_or_default();
    Domain::of_source(read::source(&stated, model))
}

/// A name that no text has.
fn unplaced(name: &str) -> Name {
    Spanned::new(0..0, name.to_owned())
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
