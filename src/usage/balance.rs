//! Balances: the account as it is at an instant, grant by grant and in sum.

use crate::units::{MicroCredits, Timestamp};

use super::account::Account;
use super::event::ActorId;
use super::grant::GrantBalance;
use super::outputs::OutputBalance;
use super::period::Period;
use super::plan::{PlanKey, Stop};

/// The credits of an account at an instant, in sum.
///
/// At every instant, to the micro-credit: issued = upcoming + available + bound + reserved + expired +
/// revoked + what grants have consumed. Consumption that no grant covers comes on top.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Balance {
    /// What was ever issued.
    pub issued: MicroCredits,
    /// What was issued for periods to come.
    pub upcoming: MicroCredits,
    /// What can be used.
    pub available: MicroCredits,
    /// What could be used if its plan were held.
    pub bound: MicroCredits,
    /// What open reservations hold of grants.
    pub reserved: MicroCredits,
    /// What was charged to grants.
    pub consumed: MicroCredits,
    /// What expired unused (CRD-06).
    pub expired: MicroCredits,
    /// What was withdrawn.
    pub revoked: MicroCredits,
    /// What open reservations hold beyond grants, under a soft ceiling or an unlimited plan.
    pub excess_reserved: MicroCredits,
    /// What was charged beyond grants and is owed (CRD-04). It is not set off against later grants: that
    /// would move credits from one period to another (CRD-07).
    pub overdraft: MicroCredits,
    /// What was charged under an unlimited plan beyond its grants: counted, and not owed.
    pub unlimited: MicroCredits,
}

/// What one plan's period took beyond its grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Excess {
    /// The plan.
    pub plan: PlanKey,
    /// The period.
    pub period: Period,
    /// What open reservations hold.
    pub reserved: MicroCredits,
    /// What was charged.
    pub consumed: MicroCredits,
}

impl Account {
    /// The credits at an instant, as far as the recorded events tell: for an instant to come they show what
    /// will have expired and lapsed by then. For an instant that has passed, as it was then, use a
    /// [`History`](super::history::History).
    pub fn balance(&self, at: Timestamp) -> Balance {
        let credits = self.credits_at(at);
        let held = credits.held(at);
        let mut balance = Balance::default();
        for grant in &credits.grants {
            balance.include(&grant.balance(at, held));
        }
        for cycle in &credits.cycles {
            add(&mut balance.excess_reserved, MicroCredits::new(cycle.excess_reserved));
            let place = match cycle.stop {
                Stop::Unlimited => &mut balance.unlimited,
                Stop::Hard | Stop::Soft { .. } => &mut balance.overdraft,
            };
            add(place, MicroCredits::new(cycle.excess_consumed));
        }
        balance
    }

    /// Each grant at an instant, in the order of issue.
    pub fn grants(&self, at: Timestamp) -> Vec<GrantBalance> {
        let credits = self.credits_at(at);
        let held = credits.held(at);
        credits.grants.iter().map(|grant| grant.balance(at, held)).collect()
    }

    /// What each plan's periods took beyond their grants, in the order of their beginning.
    pub fn excesses(&self, at: Timestamp) -> Vec<Excess> {
        let credits = self.credits_at(at);
        let taken =
            credits.cycles.iter().filter(|cycle| cycle.excess_reserved > 0 || cycle.excess_consumed > 0);
        taken
            .map(|cycle| Excess {
                plan: cycle.plan,
                period: cycle.period,
                reserved: MicroCredits::new(cycle.excess_reserved),
                consumed: MicroCredits::new(cycle.excess_consumed),
            })
            .collect()
    }

    /// What this actor could reserve from grants at an instant: the balance to decide a run with. Soft
    /// ceilings and unlimited plans admit more; [`Account::decide`] tells.
    pub fn available_to(&self, actor: ActorId, at: Timestamp) -> MicroCredits {
        let credits = self.credits_at(at);
        let available = credits.payer(actor, at).map(|(payer, _)| credits.available(payer));
        MicroCredits::new(available.unwrap_or(0))
    }

    /// How many outputs count in the period around an instant; `None` where the limit's schedule has none.
    pub fn outputs(&self, at: Timestamp) -> Option<OutputBalance> {
        self.known_outputs().balance(at)
    }
}

impl Balance {
    pub(super) fn include(&mut self, grant: &GrantBalance) {
        add(&mut self.issued, grant.issued);
        add(&mut self.upcoming, grant.upcoming);
        add(&mut self.available, grant.available);
        add(&mut self.bound, grant.bound);
        add(&mut self.reserved, grant.reserved);
        add(&mut self.consumed, grant.consumed);
        add(&mut self.expired, grant.expired);
        add(&mut self.revoked, grant.revoked);
    }
}

/// Adds amounts whose sum is known to fit: the account admits no more than an amount can hold.
fn add(sum: &mut MicroCredits, amount: MicroCredits) {
    *sum = sum.checked_add(amount).unwrap_or(MicroCredits::new(u64::MAX));
}
