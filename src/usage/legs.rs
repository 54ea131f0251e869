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

/// A list of legs that allocates only beyond two of them.
#[derive(Clone, Debug, Default)]
pub(super) enum Legs {
    #[default]
    None,
    One {
        leg: Leg,
    },
    Two {
        legs: [Leg; 2],
    },
    Many {
        legs: Vec<Leg>,
    },
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
    pub(super) fn push(&mut self, Leg { source, amount }: Leg) {
        match self {
            Self::None => *self = Self::One { leg: Leg { source, amount } },
            _ => self.push_further(source, amount),
        }
    }

    #[inline(never)]
    fn push_further(&mut self, source: Source, amount: u64) {
        let leg = Leg { source, amount };
        *self = match std::mem::take(self) {
            Self::None => Self::One { leg },
            Self::One { leg: first } => Self::Two { legs: [first, leg] },
            Self::Two { legs: [first, second] } => Self::Many { legs: vec![first, second, leg] },
            Self::Many { mut legs } => {
                legs.push(leg);
                Self::Many { legs }
            }
        };
    }

    #[inline]
    pub(super) fn clear(&mut self) {
        *self = Self::None;
    }

    #[inline]
    pub(super) fn as_slice(&self) -> &[Leg] {
        match self {
            Self::None => &[],
            Self::One { leg } => std::slice::from_ref(leg),
            Self::Two { legs } => legs,
            Self::Many { legs } => legs,
        }
    }

    #[inline]
    pub(super) fn as_mut_slice(&mut self) -> &mut [Leg] {
        match self {
            Self::None => &mut [],
            Self::One { leg } => std::slice::from_mut(leg),
            Self::Two { legs } => legs,
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
