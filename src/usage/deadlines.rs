//! Deadlines: when which reservation lapses, the next one first.
//!
//! The next one is kept apart: most accounts have one run at a time, and need no list for it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::units::Timestamp;

use super::event::EventId;

/// When which reservation lapses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Deadline {
    pub(super) at: Timestamp,
    pub(super) reservation: EventId,
    /// The number of its record.
    pub(super) number: u64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Deadlines {
    /// None only if there are no others.
    next: Option<Deadline>,
    others: BinaryHeap<Reverse<Deadline>>,
}

impl Deadlines {
    #[inline]
    pub(super) const fn next(&self) -> Option<Deadline> {
        self.next
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Deadline> + '_ {
        self.next.into_iter().chain(self.others.iter().map(|Reverse(deadline)| *deadline))
    }

    #[inline]
    pub(super) fn push(&mut self, deadline: Deadline) {
        let Some(next) = self.next else {
            self.next = Some(deadline);
            return;
        };
        self.next = Some(next.min(deadline));
        self.others.push(Reverse(next.max(deadline)));
    }

    /// Forgets the next one.
    #[inline]
    pub(super) fn pop(&mut self) {
        self.next = self.others.pop().map(|Reverse(deadline)| deadline);
    }
}

impl FromIterator<Deadline> for Deadlines {
    fn from_iter<T: IntoIterator<Item = Deadline>>(deadlines: T) -> Self {
        let mut others = deadlines.into_iter().map(Reverse).collect::<BinaryHeap<_>>();
        let next = others.pop().map(|Reverse(deadline)| deadline);
        Self { next, others }
    }
}
