//! Ids: names that were looked up once.
//!
//! A name such as `create_teams` is resolved when a service starts; from then on a `Copy` id of eight bytes
//! stands for it. An id carries the tag of the catalog (for a custom role: of its name) that it came from, so
//! that an id of one catalog never means something in another: it denies with `foreign-id`.
//!
//! This module knows nothing of catalogs, domains or requests.

use std::fmt;
use std::marker::PhantomData;

/// Forty-eight bits of a content hash: where an id comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Tag(u64);

impl Tag {
    const BITS: u64 = 0xFFFF_FFFF_FFFF;

    /// The tag of the thing with this content hash. The all-ones pattern is kept for unknown names.
    pub(crate) const fn of_hash(hash: u64) -> Self {
        let bits = (hash >> 16) & Self::BITS;
        Self(if bits == Self::BITS { 0 } else { bits })
    }
}

/// The largest number of things of one kind; positions are 0 to 65,534.
pub(crate) const COUNT_MAX: usize = 65_535;

/// The largest number of roles × permissions: a catalog keeps a byte for each.
pub(crate) const CELLS_MAX: usize = 1 << 24;

macro_rules! ids {
    ($($(#[$attribute:meta])* $name:ident;)*) => {$(
        $(#[$attribute])*
        ///
        /// `Copy`, eight bytes; from another catalog it denies with `foreign-id`.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl $name {
            /// Stands for a name that the catalog does not have: whatever uses it is denied with the reason of
            /// its kind, `unknown-…`.
            pub const UNKNOWN: Self = Self(u64::MAX);

            pub(crate) const fn new(tag: Tag, position: u16) -> Self {
                Self(tag.0 << 16 | position as u64)
            }

            pub(crate) const fn position(self) -> u16 {
                (self.0 & 0xFFFF) as u16
            }

            pub(crate) const fn index(self) -> usize {
                self.position() as usize
            }

            pub(crate) const fn is_of(self, tag: Tag) -> bool {
                self.0 >> 16 == tag.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                if *self == Self::UNKNOWN {
                    return f.write_str(concat!(stringify!($name), "(unknown)"));
                }
                write!(f, concat!(stringify!($name), "({} of {:012x})"), self.position(), self.0 >> 16)
            }
        }
    )*};
}

ids! {
    /// A kind of domain, such as an organization or a workspace.
    KindId;
    /// A plan that a domain subscribes to.
    PlanId;
    /// An add-on that a domain bought or that its plan includes.
    AddOnId;
    /// A role: of the catalog, or a custom one of a domain.
    RoleId;
    /// Whom a domain gives a role by default, such as new members.
    RoleDefaultId;
    /// A position that is no role, such as billing owner.
    StandingId;
    /// A named yes/no that the caller vouches for.
    FactId;
    /// A list kept by a domain, such as its trusted e-mail domains.
    ListId;
    /// An org-wide switch.
    SettingId;
    /// A permission.
    PermissionId;
    /// Who runs a model or a service.
    ProviderId;
    /// A service that features build on, such as embeddings.
    ServiceId;
    /// A compliance state of a domain.
    RegimeId;
    /// A class of data.
    DataId;
    /// A feature.
    FeatureId;
    /// What a use of a feature is counted on.
    MeterId;
    /// A limit that a domain or its plan sets.
    LimitId;
    /// A model that priced runs select.
    ModelId;
    /// A pool of tokens that a model prices, such as input or output.
    QuantityId;
    /// Something the caller must do when acting on an allow.
    ObligationId;
    /// What to serve instead of a denied feature.
    FallbackId;
    /// A bridge over which another product reads what a domain has.
    ConnectorId;
    /// One way to connect a connector.
    ModeId;
    /// A type of object that connectors read, such as a task.
    ObjectId;
}

impl RoleId {
    /// The id as it is stored.
    pub(crate) const fn to_bits(self) -> u64 {
        self.0
    }

    pub(crate) const fn of_bits(bits: u64) -> Self {
        Self(bits)
    }
}

/// A set of ids of one catalog: at most 64 different ones, in one word.
///
/// ```
/// use tollkeeper::{catalog::Catalog, id::{IdSet, ObligationId}};
///
/// let catalog = Catalog::builtin();
/// let disclose = catalog.find::<ObligationId>("disclose_ai").unwrap_or(ObligationId::UNKNOWN);
/// let known: IdSet<ObligationId> = [disclose].into_iter().collect();
/// assert!(known.contains(disclose));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct IdSet<T> {
    tag: Tag,
    bits: u64,
    of: PhantomData<T>,
}

impl<T> IdSet<T> {
    pub(crate) const fn new(tag: Tag, bits: u64) -> Self {
        Self { tag, bits, of: PhantomData }
    }

    /// The set without ids.
    pub const fn empty() -> Self {
        Self::new(Tag(0), 0)
    }

    pub(crate) const fn bits(self) -> u64 {
        self.bits
    }

    /// Whether the set has no ids.
    pub const fn is_empty(self) -> bool {
        self.bits == 0
    }

    /// How many ids the set has.
    pub const fn count(self) -> u32 {
        self.bits.count_ones()
    }
}

/// An id that an [`IdSet`] can hold. Sealed.
pub trait InSet: Copy + sealed::Bits {}

mod sealed {
    #[expect(unnameable_types, reason = "sealed: only the ids of this module go into sets")]
    pub trait Bits: Sized {
        fn of_bits(bits: u64) -> Self;
        fn bits(self) -> u64;
    }
}

macro_rules! in_set {
    ($($id:ident)*) => {$(
        impl InSet for $id {}
        impl sealed::Bits for $id {
            fn of_bits(bits: u64) -> Self {
                Self(bits)
            }
            fn bits(self) -> u64 {
                self.0
            }
        }
    )*};
}
in_set! { FactId ProviderId DataId ObligationId }

/// The bit of a thing that lives in a word; none for positions that no word has.
#[inline]
pub(crate) fn bit(position: u16) -> u64 {
    1_u64.checked_shl(u32::from(position)).unwrap_or(0)
}

/// The positions of the bits that are set, ascending.
pub(crate) fn positions(bits: u64) -> impl Iterator<Item = u16> {
    let mut left = bits;
    std::iter::from_fn(move || {
        let position = u16::try_from(left.trailing_zeros()).ok().filter(|_| left != 0)?;
        left &= !bit(position);
        Some(position)
    })
}

pub(crate) fn parts<T: InSet>(id: T) -> (Tag, u16) {
    let bits = id.bits();
    (Tag(bits >> 16), (bits & 0xFFFF) as u16)
}

impl<T: InSet> IdSet<T> {
    /// Whether the set has this id.
    pub fn contains(self, id: T) -> bool {
        let (tag, position) = parts(id);
        tag == self.tag && self.bits & bit(position) != 0
    }

    /// Whether every id of this set is in the other one.
    pub fn is_subset_of(self, other: Self) -> bool {
        self.bits == 0 || (self.tag == other.tag && self.bits & !other.bits == 0)
    }

    /// The set with one id more; `None` if the id is of another catalog than those in the set.
    pub fn with(self, id: T) -> Option<Self> {
        let (tag, position) = parts(id);
        (self.bits == 0 || self.tag == tag).then(|| Self::new(tag, self.bits | bit(position)))
    }

    /// The ids of the set, in the order of their names.
    pub fn iter(self) -> impl Iterator<Item = T> {
        positions(self.bits).map(move |position| T::of_bits(self.tag.0 << 16 | u64::from(position)))
    }
}

impl<T: InSet> FromIterator<T> for IdSet<T> {
    /// Collects ids of one catalog, that of the first; ids of another one are left out.
    fn from_iter<I: IntoIterator<Item = T>>(ids: I) -> Self {
        ids.into_iter().fold(Self::empty(), |set, id| set.with(id).unwrap_or(set))
    }
}

impl<T> fmt::Debug for IdSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(positions(self.bits)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_remembers_its_catalog_and_its_position() {
        let here = Tag::of_hash(0x1234_5678_9abc_def0);
        let elsewhere = Tag::of_hash(0x0234_5678_9abc_def0);
        let id = RoleId::new(here, 65_534);
        assert_eq!(id.index(), 65_534);
        assert!(id.is_of(here));
        assert!(!id.is_of(elsewhere));
    }

    #[test]
    fn no_catalog_can_own_the_unknown_id() {
        let greatest = Tag::of_hash(u64::MAX);
        assert!(!RoleId::UNKNOWN.is_of(greatest));
        assert_eq!(format!("{:?}", RoleId::UNKNOWN), "RoleId(unknown)");
    }
}
