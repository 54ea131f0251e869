//! Names to ids, once.

use std::fmt;

use super::Catalog;
use crate::diagnostic::did_you_mean;
use crate::id::{
    AddOnId, ConnectorId, DataId, FactId, FallbackId, FeatureId, IdSet, KindId, LimitId, ListId, MeterId,
    ModeId, ModelId, ObjectId, ObligationId, PermissionId, PlanId, ProviderId, QuantityId, RegimeId,
    RoleDefaultId, RoleId, ServiceId, SettingId, StandingId,
};

/// An id that a catalog finds by name.
///
/// Sealed: the kinds of things in a catalog are given.
pub trait Bind: Copy + sealed::Sealed {}

mod sealed {
    #[expect(unnameable_types, reason = "sealed: the kinds of things in a catalog are given")]
    pub trait Sealed: Sized {
        const WORD: &'static str;
        fn find(catalog: &super::Catalog, name: &str) -> Option<Self>;
        fn name(self, catalog: &super::Catalog) -> Option<&str>;
        fn at(catalog: &super::Catalog, position: u16) -> Self;
        fn names(catalog: &super::Catalog) -> Vec<(&str, u16)>;
    }
}

macro_rules! bindable {
    ($($id:ident: $word:literal in $rows:ident,)*) => {$(
        impl Bind for $id {}
        impl sealed::Sealed for $id {
            const WORD: &'static str = $word;

            fn find(catalog: &Catalog, name: &str) -> Option<Self> {
                let model = catalog.model();
                model.$rows.position(name).map(|position| Self::new(model.tag, position))
            }

            fn name(self, catalog: &Catalog) -> Option<&str> {
                let model = catalog.model();
                let known = self.is_of(model.tag) && self.index() < model.$rows.len();
                known.then(|| model.$rows.name(self.position()))
            }

            fn at(catalog: &Catalog, position: u16) -> Self {
                Self::new(catalog.model().tag, position)
            }

            fn names(catalog: &Catalog) -> Vec<(&str, u16)> {
                catalog.model().$rows.numbered()
            }
        }
    )*};
}

bindable! {
    KindId: "kind" in kinds,
    PlanId: "plan" in plans,
    AddOnId: "add-on" in add_ons,
    RoleId: "role" in roles,
    RoleDefaultId: "role default" in role_defaults,
    StandingId: "standing" in standings,
    FactId: "fact" in facts,
    ListId: "list" in lists,
    SettingId: "setting" in settings,
    PermissionId: "permission" in permissions,
    ProviderId: "provider" in providers,
    ServiceId: "service" in services,
    RegimeId: "regime" in regimes,
    DataId: "data class" in data,
    FeatureId: "feature" in features,
    MeterId: "meter" in meters,
    LimitId: "limit" in limits,
    ModelId: "model" in models,
    QuantityId: "quantity" in quantities,
    ObligationId: "obligation" in obligations,
    FallbackId: "fallback" in fallbacks,
    ConnectorId: "connector" in connectors,
    ModeId: "mode" in modes,
    ObjectId: "type of object" in objects,
}

impl Catalog {
    /// The id of the thing with this name, if the catalog has one; the type asked for says of which kind.
    ///
    /// ```
    /// use tollkeeper::{catalog::Catalog, id::RoleId};
    ///
    /// let catalog = Catalog::builtin();
    /// assert!(catalog.find::<RoleId>("guest").is_some());
    /// assert!(catalog.find::<RoleId>("gust").is_none());
    /// ```
    pub fn find<T: Bind>(&self, name: &str) -> Option<T> {
        T::find(self, name)
    }

    /// The name of the thing with this id; `None` for an id of another catalog.
    pub fn name<T: Bind>(&self, id: T) -> Option<&str> {
        id.name(self)
    }

    /// The category that a permission belongs to, if it has one (PRM-20).
    pub fn category(&self, permission: PermissionId) -> Option<&str> {
        let row = self.name(permission).and_then(|_| self.model().permissions.get(permission.position()));
        row.and_then(|row| row.category.as_deref())
    }

    /// The classes of data that a feature declares; none for an id of another catalog.
    pub fn data_of(&self, feature: FeatureId) -> IdSet<DataId> {
        let model = self.model();
        let row = self.name(feature).and_then(|_| model.features.get(feature.position()));
        IdSet::new(model.tag, row.map_or(0, |row| row.data))
    }

    /// What a permission restricts, if it is a restriction; that is no action of its own (PRM-02).
    pub fn restricts(&self, restriction: PermissionId) -> Option<PermissionId> {
        let model = self.model();
        let row = self.name(restriction).and_then(|_| model.permissions.get(restriction.position()))?;
        row.restricts.as_ref().map(|restricts| PermissionId::new(model.tag, restricts.permission))
    }

    /// Every thing of a kind with its name, in the order of names.
    pub fn all<T: Bind>(&self) -> impl Iterator<Item = (&str, T)> {
        T::names(self).into_iter().map(|(name, position)| (name, T::at(self, position)))
    }
}

/// Some of the names that a program wants to bind are not in the catalog.
///
/// One line that lists them all, with what they were probably meant to be.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub struct BindError {
    missing: Vec<String>,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.missing.join("; "))
    }
}

/// Looks names up and remembers what was not there: the inside of [`bind!`](crate::bind).
#[doc(hidden)]
#[derive(Debug)]
pub struct Binder<'c> {
    catalog: &'c Catalog,
    missing: Vec<String>,
}

impl<'c> Binder<'c> {
    pub fn new(catalog: &'c Catalog) -> Self {
        Self { catalog, missing: Vec::new() }
    }

    pub fn get<T: Bind>(&mut self, name: &str) -> Option<T> {
        let id = T::find(self.catalog, name);
        if id.is_none() {
            let help = did_you_mean(name, T::names(self.catalog).into_iter().map(|(name, _)| name));
            let help = help.map(|help| format!(", {help}")).unwrap_or_default();
            self.missing.push(format!("unknown {} `{name}`{help}", T::WORD));
        }
        id
    }

    /// # Errors
    /// The names that were not there.
    pub fn finish<T>(self, bound: Option<T>) -> Result<T, BindError> {
        bound.ok_or(BindError { missing: self.missing })
    }
}

/// Declares a struct of ids and binds it to a catalog: strings are looked up once, all mistakes are reported at
/// once, and from then on a misspelt name is a compile error.
///
/// # Example: two names
///
/// ```
/// use tollkeeper::{bind, catalog::Catalog, id::{PermissionId, RoleId}};
///
/// bind! {
///     /// The names this service uses.
///     #[derive(Debug)]
///     pub struct Names {
///         /// Somebody from outside.
///         pub guest: RoleId = "guest",
///         pub create_teams: PermissionId = "create_teams",
///     }
/// }
///
/// let catalog = Catalog::builtin();
/// let names = Names::bind(&catalog)?;
/// assert_eq!(catalog.name(names.guest), Some("guest"));
/// # Ok::<(), tollkeeper::catalog::BindError>(())
/// ```
#[macro_export]
macro_rules! bind {
    ($(#[$attribute:meta])* $visibility:vis struct $name:ident {
        $($(#[$field_attribute:meta])* $field_visibility:vis $field:ident: $id:ty = $text:expr),* $(,)?
    }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy)]
        $visibility struct $name {
            $($(#[$field_attribute])* $field_visibility $field: $id,)*
        }

        impl $name {
            /// Looks every name up in the catalog.
            ///
            /// # Errors
            /// All names that the catalog does not have.
            $visibility fn bind(
                catalog: &$crate::catalog::Catalog,
            ) -> ::core::result::Result<Self, $crate::catalog::BindError> {
                let mut binder = $crate::catalog::Binder::new(catalog);
                $(let $field = binder.get::<$id>($text);)*
                let bound = (|| ::core::option::Option::Some(Self { $($field: $field?,)* }))();
                binder.finish(bound)
            }
        }
    };
}
