//! Legs: which grants a reservation or a charge is made of, in the order in which they were taken.

use super::wire::{Malformed, Wire, wire_enum, wire_struct, write_list};

/// The position in the account of what a leg was taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    Grant { position: u32 },
    Excess { cycle: u32 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leg {
    pub(super) source: Source,
    pub(super) amount: u64,
}

const INLINE: usize = 2;
const EMPTY: Leg = Leg { source: Source::Grant { position: 0 }, amount: 0 };

/// A list of legs that allocates only beyond two of them.
#[derive(Clone, Debug)]
pub(super) enum Legs {
    Few { count: u8, legs: [Leg; INLINE] },
    Many { legs: Vec<Leg> },
}

impl Default for Legs {
    fn default() -> Self {
        Self::Few { count: 0, legs: [EMPTY; INLINE] }
    }
}

impl Legs {
    /// Adds a leg; to the last one, if that is from the same source.
    #[inline]
    pub(super) fn add(&mut self, leg: Leg) {
        match self.as_mut_slice().last_mut() {
            Some(last) if last.source == leg.source => last.amount = last.amount.saturating_add(leg.amount),
            _ => self.push(leg),
        }
    }

    /// Adds a leg of a source that has none.
    #[inline]
    pub(super) fn push(&mut self, leg: Leg) {
        if let Self::Few { count, legs } = self {
            if let Some(slot) = legs.get_mut(usize::from(*count)) {
                *slot = leg;
                *count = count.saturating_add(1);
                return;
            }
        }
        self.spill(leg);
    }

    #[cold]
    fn spill(&mut self, leg: Leg) {
        match self {
            Self::Many { legs } => legs.push(leg),
            Self::Few { legs, .. } => {
                *self = Self::Many { legs: legs.iter().copied().chain([leg]).collect() }
            }
        }
    }

    #[inline]
    pub(super) fn clear(&mut self) {
        match self {
            Self::Few { count, .. } => *count = 0,
            Self::Many { .. } => *self = Self::default(),
        }
    }

    #[inline]
    pub(super) fn as_slice(&self) -> &[Leg] {
        match self {
            Self::Few { count, legs } => legs.get(..usize::from(*count)).unwrap_or_default(),
            Self::Many { legs } => legs,
        }
    }

    #[inline]
    pub(super) fn as_mut_slice(&mut self) -> &mut [Leg] {
        match self {
            Self::Few { count, legs } => legs.get_mut(..usize::from(*count)).unwrap_or_default(),
            Self::Many { legs } => legs,
        }
    }

    /// The sum. It fits: what an account reserves and consumes together is bounded when it is admitted.
    #[inline]
    pub(super) fn sum(&self) -> u64 {
        self.as_slice().iter().fold(0, |sum: u64, leg| sum.saturating_add(leg.amount))
    }
}

impl PartialEq for Legs {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

wire_enum!(Source { 0 Grant { position }, 1 Excess { cycle } });
wire_struct!(Leg { source, amount });

impl Wire for Legs {
    fn write(&self, bytes: &mut Vec<u8>) {
        write_list(self.as_slice().iter(), bytes);
    }

    fn read(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        let mut legs = Self::default();
        Vec::read(bytes)?.into_iter().for_each(|leg| legs.push(leg));
        Ok(legs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legs_are_kept_in_order_however_many_and_cleared_for_good() {
        for count in 0..=6 {
            let leg = |position| Leg { source: Source::Grant { position }, amount: u64::from(position) + 1 };
            let mut legs = Legs::default();
            (0..count).for_each(|position| legs.push(leg(position)));
            assert_eq!(legs.as_slice(), (0..count).map(leg).collect::<Vec<_>>());
            legs.clear();
            assert_eq!(legs, Legs::default());
            legs.add(leg(9));
            legs.add(leg(9));
            assert_eq!(legs.as_slice(), [Leg { amount: 20, ..leg(9) }]);
        }
    }
}
