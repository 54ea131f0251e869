//! A content hash that is the same on every machine: 64-bit FNV-1a.
//!
//! It names versions and tags ids; it is no protection against somebody who forges contents on purpose.

use std::hash::{BuildHasherDefault, Hasher};

/// The hash of what was written so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fnv(u64);

/// Builds [`Fnv`] for maps: lookups that do not depend on a random seed.
pub(crate) type FixedState = BuildHasherDefault<Fnv>;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_vectors_hold() {
        for (text, hash) in
            [("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)]
        {
            assert_eq!(Fnv::of(text.as_bytes()), hash);
        }
    }
}
