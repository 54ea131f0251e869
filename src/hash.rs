//! Hashes that are the same on every machine: one of contents, one for tables of names.
//!
//! Neither is a protection against somebody who forges contents on purpose.

use std::hash::{BuildHasherDefault, Hasher};

/// 64-bit FNV-1a of what was written so far: it names versions and tags ids.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    /// The hash of some bytes.
    pub(crate) fn of(bytes: &[u8]) -> u64 {
        let mut hash = Self::default();
        hash.write(bytes);
        hash.finish()
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

/// Spreads short names over a table, eight bytes a step: what a lookup by name costs most.
///
/// Of no seed, so that lookups are the same everywhere; the names in a table are those of a catalog, which nobody
/// floods with names that collide. Nothing keeps what it gives.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Spread(u64);

/// Builds [`Spread`] for tables of names: lookups that do not depend on a random seed.
pub(crate) type FixedState = BuildHasherDefault<Spread>;

impl Spread {
    /// Both halves of a product: every bit of the word reaches those that a table looks at.
    #[expect(clippy::cast_possible_truncation, reason = "the lower half, which has the upper one in it")]
    fn mix(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = (product ^ product >> 64) as u64;
    }
}

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some((word, more)) = rest.split_first_chunk() {
            self.mix(u64::from_le_bytes(*word));
            rest = more;
        }
        // What is left over is read together with bytes before it, where there are any.
        let last = bytes.last_chunk().map(|word| u64::from_le_bytes(*word));
        self.mix(last.unwrap_or_else(|| rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte))));
    }

    /// What ends a string: where it ends is seen from its last bytes.
    fn write_u8(&mut self, end: u8) {
        self.0 ^= u64::from(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_a_little_are_spread_wide() {
        let hash = |name: &str| {
            let mut hash = Spread::default();
            hash.write(name.as_bytes());
            hash.write_u8(0xff);
            hash.finish()
        };
        let names: Vec<String> =
            (0..4096).flat_map(|n| [format!("p{n}"), format!("permission_{n}")]).collect();
        // The places of a table of 16,384 and the seven bits that it compares first.
        let places: std::collections::BTreeSet<_> = names.iter().map(|name| hash(name) & 0x3fff).collect();
        let tops: std::collections::BTreeSet<_> = names.iter().map(|name| hash(name) >> 57).collect();
        assert!(places.len() > 5_800, "{} places of 8,192 names", places.len());
        assert_eq!(tops.len(), 128);
    }

    #[test]
    fn the_published_vectors_hold() {
        for (text, hash) in
            [("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)]
        {
            assert_eq!(Fnv::of(text.as_bytes()), hash);
        }
    }
}
