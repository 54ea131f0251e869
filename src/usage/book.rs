//! The price book: what each model charges for each pool of tokens, from when.
//!
//! A service keeps one book for all its accounts. Names are looked up once, to keys that are the book's own;
//! the book only grows, so a key or a version number written down years ago still means the same. A ledger
//! never reads the book: usage is priced before it is recorded, and the amount travels with the version that
//! made it. That way no later entry can change a past charge (CRD-03).

use std::fmt;

use crate::units::{MicroCredits, Price, Timestamp};

use super::wire::{Malformed, Wire, wire_enum, wire_newtype, wire_struct};

/// The largest number of token pools in a book.
pub const POOL_COUNT_MAX: usize = 8;

/// A model of a price book: a name that was looked up once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelKey(pub(super) u16);

impl ModelKey {
    /// Stands for a model that the book does not have: its usage is unpriced, hence denied (CRD-12).
    pub const UNKNOWN: Self = Self(u16::MAX);
}

/// A pool of tokens of a price book, such as input, output or cached input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PoolKey(u8);

/// The number of a price version, counted up through the whole book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PriceVersion(pub(super) u32);

impl PriceVersion {
    /// The number: the book's first version is zero.
    pub const fn number(self) -> u32 {
        self.0
    }
}

/// Tokens by pool. Pools are exclusive: a cached token is counted in its own pool and in no other.
///
/// ```
/// use tollkeeper::usage::book::{PriceBook, Tokens};
///
/// let mut book = PriceBook::new();
/// let (input, output) = (book.add_pool("input")?, book.add_pool("output")?);
/// let tokens = Tokens::none().with(input, 1_234).with(output, 567).with_total(1_801);
/// assert_eq!(tokens.count(output), 567);
/// # Ok::<(), tollkeeper::usage::book::BookError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Tokens {
    counts: Counts,
    total: Option<u64>,
}

/// A count for each pool, in two halves: the upper ones are nearly always zero, and then the lower ones are all that
/// has to be priced and remembered.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct Counts {
    lower: [u32; POOL_COUNT_MAX],
    upper: [u32; POOL_COUNT_MAX],
}

impl Tokens {
    /// No tokens in any pool.
    pub const fn none() -> Self {
        Self { counts: Counts::NONE, total: None }
    }

    /// The same with so many tokens in this pool.
    #[inline]
    pub fn with(mut self, pool: PoolKey, count: u64) -> Self {
        self.counts.set(usize::from(pool.0), count);
        self
    }

    /// The same with the total that the provider reported, to be held against the sum of the pools.
    pub fn with_total(mut self, total: u64) -> Self {
        self.total = Some(total);
        self
    }

    /// The tokens in this pool.
    pub fn count(&self, pool: PoolKey) -> u64 {
        self.counts.iter().nth(usize::from(pool.0)).unwrap_or(0)
    }
}

impl Counts {
    const NONE: Self = Self { lower: [0; POOL_COUNT_MAX], upper: [0; POOL_COUNT_MAX] };

    fn iter(&self) -> impl Iterator<Item = u64> + Clone {
        let halves = self.upper.iter().zip(&self.lower);
        halves.map(|(upper, lower)| u64::from(*upper) << u32::BITS | u64::from(*lower))
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "each half takes its own bits")]
    fn set(&mut self, pool: usize, count: u64) {
        if let (Some(lower), Some(upper)) = (self.lower.get_mut(pool), self.upper.get_mut(pool)) {
            (*lower, *upper) = (count as u32, (count >> u32::BITS) as u32);
        }
    }
}

impl fmt::Debug for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// What was used and what it costs: the only thing that a ledger charges.
///
/// It is made by [`PriceBook::usage`], or by [`Usage::of_amount`] for a charge that has no tokens. Usage
/// without a price is a value as well, not an error, so that the ledger can record its denial (CRD-12).
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    counts: Counts,
    cost: Cost,
}

/// What usage costs, and how that is known.
#[derive(Clone, Copy, Debug)]
enum Cost {
    Stated { charge: MicroCredits },
    Priced { model: ModelKey, at: Timestamp, version: PriceVersion, charge: MicroCredits },
    Unpriced { model: ModelKey, at: Timestamp },
}

impl Usage {
    /// Usage whose charge is known without tokens, such as a flat amount for a run.
    pub const fn of_amount(charge: MicroCredits) -> Self {
        Self { counts: Counts::NONE, cost: Cost::Stated { charge } }
    }

    /// The charge, or `None` if there is no price for it.
    pub const fn charge(&self) -> Option<MicroCredits> {
        match self.cost {
            Cost::Stated { charge } | Cost::Priced { charge, .. } => Some(charge),
            Cost::Unpriced { .. } => None,
        }
    }

    /// The version of the model's prices that made the charge; `None` without model or price.
    pub const fn price_version(&self) -> Option<PriceVersion> {
        match self.cost {
            Cost::Priced { version, .. } => Some(version),
            Cost::Stated { .. } | Cost::Unpriced { .. } => None,
        }
    }

    /// The model that was used; `None` for a plain amount.
    pub const fn model(&self) -> Option<ModelKey> {
        match self.cost {
            Cost::Priced { model, .. } | Cost::Unpriced { model, .. } => Some(model),
            Cost::Stated { .. } => None,
        }
    }

    /// The instant for which a price was asked; `None` for a plain amount.
    pub(super) const fn priced_at(&self) -> Option<Timestamp> {
        match self.cost {
            Cost::Priced { at, .. } | Cost::Unpriced { at, .. } => Some(at),
            Cost::Stated { .. } => None,
        }
    }
}

/// Usage in half the space, without the instant that it was priced at: for what most runs use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Brief {
    pub(super) charge: MicroCredits,
    counts: [u32; POOL_COUNT_MAX],
    source: BriefSource,
}

#[derive(Clone, Copy, Debug)]
enum BriefSource {
    Stated,
    Priced { model: ModelKey, version: PriceVersion },
}

impl Usage {
    /// The same in brief, if it fits and was priced at this instant.
    #[inline]
    pub(super) fn brief(&self, at: Timestamp) -> Option<Brief> {
        let (charge, source) = match self.cost {
            Cost::Stated { charge } => (charge, BriefSource::Stated),
            Cost::Priced { model, at: priced_at, version, charge } if priced_at == at => {
                (charge, BriefSource::Priced { model, version })
            }
            Cost::Priced { .. } | Cost::Unpriced { .. } => return None,
        };
        if self.counts.upper != [0; POOL_COUNT_MAX] {
            return None;
        }
        Some(Brief { charge, counts: self.counts.lower, source })
    }
}

impl Brief {
    /// The usage, priced at this instant.
    pub(super) fn usage(&self, at: Timestamp) -> Usage {
        let counts = Counts { lower: self.counts, ..Counts::NONE };
        let charge = self.charge;
        let cost = match self.source {
            BriefSource::Stated => Cost::Stated { charge },
            BriefSource::Priced { model, version } => Cost::Priced { model, at, version, charge },
        };
        Usage { counts, cost }
    }
}

/// Two usages are the same if the same was used at the same instant. What it cost follows from that and from
/// the book as it stood then, so a retry is recognized even after the book has grown.
impl PartialEq for Usage {
    fn eq(&self, other: &Self) -> bool {
        let used = |usage: &Self| (usage.model(), usage.counts, usage.priced_at());
        used(self) == used(other) && (self.model().is_some() || self.charge() == other.charge())
    }
}

impl Eq for Usage {}

/// Why usage cannot be stated: the caller's numbers are at fault, so there is nothing to record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UsageError {
    /// The reported total is not the sum of the pools: tokens were counted twice or dropped.
    #[error("the total of {total} tokens is not the sum of the pools, {sum}")]
    PoolMismatch {
        /// The total as reported.
        total: u64,
        /// The sum over all pools.
        sum: u128,
    },
    /// The charge does not fit an amount of credits.
    #[error("the charge is too large to be an amount of credits")]
    Overflow,
}

/// Why the book refused an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BookError {
    /// The book holds at most [`POOL_COUNT_MAX`] pools.
    #[error("a price book holds at most {POOL_COUNT_MAX} token pools")]
    TooManyPools,
    /// The book holds at most 65,534 models.
    #[error("a price book holds at most 65,534 models")]
    TooManyModels,
    /// The book holds at most four billion versions.
    #[error("a price book holds at most 4,294,967,295 versions")]
    TooManyVersions,
    /// The model does not belong to this book.
    #[error("the model is not in the price book")]
    UnknownModel,
    /// Which of two versions with the same start should count would be anyone's guess.
    #[error("the model already has prices effective at this instant")]
    EffectiveTwice,
}

/// Prices per model and token pool, versioned by the instant from which they are effective.
///
/// ```
/// use tollkeeper::units::MicroCredits;
/// use tollkeeper::usage::book::{PriceBook, Tokens};
///
/// let mut book = PriceBook::new();
/// let (input, output) = (book.add_pool("input")?, book.add_pool("output")?);
/// let model = book.add_model("large")?;
/// let prices = [(input, "0.025".parse()?), (output, "0.2".parse()?)];
/// book.add_version(model, "2027-01-01T00:00:00Z".parse()?, &prices)?;
///
/// let tokens = Tokens::none().with(input, 1_234).with(output, 567);
/// let usage = book.usage(model, &tokens, "2027-02-01T09:00:00Z".parse()?)?;
/// assert_eq!(usage.charge(), Some(MicroCredits::new(144_250_000)));
///
/// let too_early = book.usage(model, &tokens, "2026-12-31T23:59:59Z".parse()?)?;
/// assert_eq!(too_early.charge(), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct PriceBook {
    pools: Vec<Box<str>>,
    models: Vec<Model>,
    version_count: u32,
}

#[derive(Clone, Debug)]
struct Model {
    name: Box<str>,
    /// In the order of their effective instants.
    versions: Vec<Version>,
}

#[derive(Clone, Debug)]
struct Version {
    effective: Timestamp,
    number: PriceVersion,
    /// The price of each pool that has one.
    prices: [Option<Price>; POOL_COUNT_MAX],
    /// The same in millionths of a credit, zero where there is none.
    micros: [u64; POOL_COUNT_MAX],
    /// None of the pools from this position on has a price.
    priced: usize,
    /// The bits that no lower half of a count may have for the charge to be a plain sum of products: for a pool without
    /// a price all of them, for the others those of counts so large that the sum might not fit.
    beyond: [u32; POOL_COUNT_MAX],
}

impl PriceBook {
    /// A book without pools, models or prices: everything is unpriced.
    pub const fn new() -> Self {
        Self { pools: Vec::new(), models: Vec::new(), version_count: 0 }
    }

    /// The key of the pool with this name, added if the book does not have it.
    ///
    /// # Errors
    ///
    /// [`BookError::TooManyPools`].
    pub fn add_pool(&mut self, name: &str) -> Result<PoolKey, BookError> {
        if let Some(pool) = self.pool(name) {
            return Ok(pool);
        }
        let key = u8::try_from(self.pools.len()).ok().filter(|key| usize::from(*key) < POOL_COUNT_MAX);
        let key = key.map(PoolKey).ok_or(BookError::TooManyPools)?;
        self.pools.push(name.into());
        Ok(key)
    }

    /// The key of the model with this name, added without any price if the book does not have it.
    ///
    /// # Errors
    ///
    /// [`BookError::TooManyModels`].
    pub fn add_model(&mut self, name: &str) -> Result<ModelKey, BookError> {
        let known = self.model(name);
        if known != ModelKey::UNKNOWN {
            return Ok(known);
        }
        let key = u16::try_from(self.models.len()).ok().map(ModelKey);
        let key = key.filter(|key| *key != ModelKey::UNKNOWN).ok_or(BookError::TooManyModels)?;
        self.models.push(Model { name: name.into(), versions: Vec::new() });
        Ok(key)
    }

    /// Adds prices of a model, effective from an instant on. A pool that is left out has no price: its use is
    /// denied, not free and not charged as another pool (CRD-12).
    ///
    /// The instant may lie in the past; charges made before keep the version that they were made with.
    ///
    /// # Errors
    ///
    /// [`BookError::UnknownModel`], [`BookError::EffectiveTwice`], [`BookError::TooManyVersions`].
    pub fn add_version(
        &mut self,
        model: ModelKey,
        effective: Timestamp,
        prices: &[(PoolKey, Price)],
    ) -> Result<PriceVersion, BookError> {
        let number = PriceVersion(self.version_count);
        let next = self.version_count.checked_add(1).ok_or(BookError::TooManyVersions)?;
        let entry = self.models.get_mut(usize::from(model.0)).ok_or(BookError::UnknownModel)?;
        let place = entry.versions.partition_point(|version| version.effective < effective);
        if entry.versions.get(place).is_some_and(|version| version.effective == effective) {
            return Err(BookError::EffectiveTwice);
        }
        let mut table = [None; POOL_COUNT_MAX];
        for (pool, price) in prices {
            if let Some(slot) = table.get_mut(usize::from(pool.0)) {
                *slot = Some(*price);
            }
        }
        let version = Version::new(effective, number, table);
        entry.versions.insert(place, version);
        self.version_count = next;
        Ok(number)
    }

    /// The key of the pool with this name.
    pub fn pool(&self, name: &str) -> Option<PoolKey> {
        let position = self.pools.iter().position(|pool| **pool == *name)?;
        u8::try_from(position).ok().map(PoolKey)
    }

    /// The key of the model with this name; [`ModelKey::UNKNOWN`] if the book does not have it.
    pub fn model(&self, name: &str) -> ModelKey {
        let position = self.models.iter().position(|model| *model.name == *name);
        position.and_then(|position| u16::try_from(position).ok()).map_or(ModelKey::UNKNOWN, ModelKey)
    }

    /// The usage of so many tokens of a model, priced by the version effective at the instant of use.
    ///
    /// An unknown model, a used pool without a price and an instant before every version give usage without a
    /// charge, which a ledger denies (CRD-12).
    ///
    /// # Errors
    ///
    /// [`UsageError::PoolMismatch`] if a stated total is not the sum of the pools; [`UsageError::Overflow`].
    #[inline]
    pub fn usage(&self, model: ModelKey, tokens: &Tokens, at: Timestamp) -> Result<Usage, UsageError> {
        let charged = self.version_at(model, at).and_then(|version| {
            let charge = version.plain_charge(tokens)?;
            Some(Cost::Priced { model, at, version: version.number, charge })
        });
        match charged {
            Some(cost) => Ok(Usage { counts: tokens.counts, cost }),
            None => self.checked_usage(model, tokens, at),
        }
    }

    /// The same whether or not the usage has a price, adds up and fits.
    #[cold]
    fn checked_usage(&self, model: ModelKey, tokens: &Tokens, at: Timestamp) -> Result<Usage, UsageError> {
        let sum = tokens.counts.iter().map(u128::from).sum();
        if let Some(total) = tokens.total.filter(|total| u128::from(*total) != sum) {
            return Err(UsageError::PoolMismatch { total, sum });
        }
        let version = self.version_at(model, at);
        let charge = version.map_or(Ok(None), |version| version.charge(&tokens.counts))?;
        let cost = match version.zip(charge) {
            Some((version, charge)) => Cost::Priced { model, at, version: version.number, charge },
            None => Cost::Unpriced { model, at },
        };
        Ok(Usage { counts: tokens.counts, cost })
    }

    #[inline]
    fn version_at(&self, model: ModelKey, at: Timestamp) -> Option<&Version> {
        let versions = &self.models.get(usize::from(model.0))?.versions;
        // The newest is nearly always the one, and then the search is one comparison.
        versions.iter().rev().find(|version| version.effective <= at)
    }
}

impl Version {
    fn new(effective: Timestamp, number: PriceVersion, prices: [Option<Price>; POOL_COUNT_MAX]) -> Self {
        let micros = prices.map(|price| price.map_or(0, |price| price.thousandths().saturating_mul(1_000)));
        let sum = micros.iter().fold(0_u64, |sum, micros| sum.saturating_add(*micros));
        let most = u64::MAX.checked_div(sum).unwrap_or(u64::MAX);
        // As many low bits as make no count above `most`, so that one look at the bits of a count is enough.
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        let zeros = most.leading_zeros().saturating_add(u32::from(most < u32::MAX));
        let beyond = !u32::MAX.checked_shr(zeros).unwrap_or(0);
        let beyond = prices.map(|price| if price.is_some() { beyond } else { u32::MAX });
        let priced = prices.iter().rposition(Option::is_some).map_or(0, |last| last.saturating_add(1));
        Self { effective, number, prices, micros, priced, beyond }
    }

    /// The sum over the pools, if the tokens add up, each pool that is used has a price and no count is so large that
    /// the sum might not fit.
    #[inline]
    fn plain_charge(&self, tokens: &Tokens) -> Option<MicroCredits> {
        let Counts { lower, upper } = &tokens.counts;
        let used = self.beyond.iter().zip(lower).fold(0, |used, (bits, count)| used | (bits & count));
        if upper.iter().fold(used, |used, count| used | count) > 0 {
            return None;
        }
        let counts = || lower.iter().map(|count| u64::from(*count));
        if tokens.total.is_some_and(|total| total != counts().fold(0, u64::wrapping_add)) {
            return None;
        }
        let parts = self.micros.iter().zip(counts()).take(self.priced);
        let sum = parts.fold(0_u64, |sum, (micros, count)| sum.wrapping_add(micros.wrapping_mul(count)));
        Some(MicroCredits::new(sum))
    }

    /// The sum over the pools; none if one of them is used and has no price.
    fn charge(&self, counts: &Counts) -> Result<Option<MicroCredits>, UsageError> {
        let mut used = self.prices.iter().zip(counts.iter()).filter(|(_, count)| *count > 0);
        if used.clone().any(|(price, _)| price.is_none()) {
            return Ok(None);
        }
        // Two factors of 64 bits have a product of 128, so that only the sum has to be checked.
        let sum = used.try_fold(0_u128, |sum, (price, count)| {
            let thousandths = price.map_or(0, Price::thousandths);
            sum.checked_add(u128::from(thousandths).saturating_mul(u128::from(count)))
        });
        let fits = sum.and_then(|sum| u64::try_from(sum).ok()).and_then(MicroCredits::from_thousandths);
        fits.map(Some).ok_or(UsageError::Overflow)
    }
}

impl Wire for Counts {
    fn write(&self, bytes: &mut Vec<u8>) {
        let mut counts = [0; POOL_COUNT_MAX];
        counts.iter_mut().zip(self.iter()).for_each(|(slot, count)| *slot = count);
        counts.write(bytes);
    }

    fn read(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        let mut counts = Self::NONE;
        let read = <[u64; POOL_COUNT_MAX]>::read(bytes)?;
        (0..).zip(read).for_each(|(pool, count)| counts.set(pool, count));
        Ok(counts)
    }
}

wire_newtype!(ModelKey, PriceVersion);
wire_struct!(Usage { counts, cost });
wire_enum!(Cost {
    0 Stated { charge },
    1 Priced { model, at, version, charge },
    2 Unpriced { model, at },
});

#[cfg(test)]
mod tests {
    use super::*;

    /// The plain sum is taken where it is exact and nowhere else: around the largest counts that it is taken for, at
    /// cheap and dear prices, it is what the checked sum says.
    #[test]
    fn the_plain_charge_is_the_checked_one() {
        let prices =
            [0, 1, 25, 4_294_967, 4_294_968, u64::MAX / 1_000, u64::MAX].map(Price::from_thousandths);
        let edges = (0..u64::BITS).map(|bit| 1_u64 << bit);
        let counts: Vec<u64> = edges.flat_map(|edge| [edge - 1, edge, edge + 1]).chain([u64::MAX]).collect();
        let (at, mut plain) = (Timestamp::from_nanoseconds(0), 0);
        for (cheap, dear) in prices.iter().flat_map(|cheap| prices.iter().map(move |dear| (*cheap, *dear))) {
            let mut table = [None; POOL_COUNT_MAX];
            (table[0], table[5]) = (Some(cheap), Some(dear));
            let version = Version::new(at, PriceVersion(0), table);
            for (pool, count) in [0, 3, 5].into_iter().flat_map(|pool| counts.iter().map(move |c| (pool, *c)))
            {
                let mut tokens = Tokens::none();
                [0, 5, pool].into_iter().for_each(|pool| tokens.counts.set(pool, count));
                let total = tokens.counts.iter().fold(0, u64::wrapping_add);
                if let Some(charge) = version.plain_charge(&tokens) {
                    assert_eq!(Ok(Some(charge)), version.charge(&tokens.counts), "{table:?} {tokens:?}");
                    assert_eq!(version.plain_charge(&tokens.with_total(total)), Some(charge));
                    assert_eq!(version.plain_charge(&tokens.with_total(total + 1)), None);
                    plain += usize::from(count > 0);
                }
            }
        }
        assert!(plain > 100, "{plain}");
    }
}
