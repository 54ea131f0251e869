//! Events: everything that can happen to an account, each with the id that makes it happen once.

use std::fmt;
use std::sync::Arc;

use crate::units::{MicroCredits, Timestamp};

use super::book::Usage;
use super::outputs::{Follow, Origin, OutputLimit};
use super::plan::{PlanKey, Subscription};
use super::wire::{Malformed, Wire, wire_enum, wire_newtype};

/// The bits of an id. As one number they would be aligned to sixteen bytes, and with them whatever has an id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Bits {
    upper: u64,
    lower: u64,
}

impl Bits {
    #[expect(clippy::cast_possible_truncation, reason = "each half takes its own bits")]
    const fn new(bits: u128) -> Self {
        Self { upper: (bits >> 64) as u64, lower: bits as u64 }
    }

    const fn get(self) -> u128 {
        (self.upper as u128) << 64 | self.lower as u128
    }
}

impl Wire for Bits {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.get().write(bytes);
    }

    fn read(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        u128::read(bytes).map(Self::new)
    }
}

macro_rules! ids {
    ($($(#[$attribute:meta])* $name:ident;)*) => {$(
        $(#[$attribute])*
        ///
        /// The host makes it, for example from a UUID. It is fixed in width and never joined from strings, so
        /// that two different things cannot get the same one.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Bits);

        impl $name {
            /// The id with these 128 bits.
            pub const fn new(bits: u128) -> Self {
                Self(Bits::new(bits))
            }

            /// The 128 bits of the id.
            pub const fn bits(self) -> u128 {
                self.0.get()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:x})"), self.bits())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::LowerHex::fmt(&self.bits(), f)
            }
        }

        wire_newtype!($name);
    )*};
}

wire_newtype!(Version);

ids! {
    /// The organization that an account belongs to.
    AccountId;
    /// What makes an event happen once: it names the operation, not the attempt, so a retry carries the same.
    /// A reservation, a charge and a grant are known by the id of the event that made them.
    EventId;
    /// Who runs a workflow.
    ActorId;
    /// An output of an AI feature.
    OutputId;
    /// A recurring opt-in.
    OptInId;
}

/// How many events an account has recorded: the version of its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Version(pub(super) u64);

impl Version {
    /// The number of recorded events.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The version after one more event.
    pub(super) const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// The words that a person gave for a correction: not empty, at most [`Reason::LENGTH_MAX`] bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason(Arc<str>);

impl Reason {
    /// The largest length of a reason in bytes.
    pub const LENGTH_MAX: usize = 256;

    /// A reason in these words; `None` if there are none or too many.
    pub fn new(words: &str) -> Option<Self> {
        let fits = !words.trim().is_empty() && words.len() <= Self::LENGTH_MAX;
        fits.then(|| Self(words.into()))
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One thing that happened to one account.
///
/// ```
/// use tollkeeper::usage::event::{AccountId, Body, Event, EventId};
///
/// let at = "2027-01-31T09:00:00Z".parse()?;
/// let event = Event::new(AccountId::new(7), EventId::new(1), at, Body::Advance);
/// assert_eq!(event.id(), EventId::new(1));
/// # Ok::<(), tollkeeper::units::TimestampError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub(super) account: AccountId,
    pub(super) id: EventId,
    pub(super) at: Timestamp,
    pub(super) body: Body,
    /// When the host learned of it.
    pub(super) received: Timestamp,
    /// Not part of what happened, so it is neither compared nor written down.
    pub(super) expected: Option<Version>,
}

impl Event {
    /// The event with this id, which happened to the account at that instant.
    pub const fn new(account: AccountId, id: EventId, at: Timestamp, body: Body) -> Self {
        Self { account, id, at, body, received: at, expected: None }
    }

    /// The same event, of which the host learned at this instant of its own clock. Without it an event counts
    /// as learned of when it happened.
    ///
    /// The instant of an event may come from elsewhere; this one is trusted. It decides what is late, what
    /// lapsed and what is too far ahead, so that one wrong clock cannot carry an account into the next
    /// century.
    pub const fn received(mut self, at: Timestamp) -> Self {
        self.received = at;
        self
    }

    /// The same event, to be refused as stale unless the account is at this version: for a decision that must
    /// be acted on only if nothing happened in between.
    pub const fn expecting(mut self, version: Version) -> Self {
        self.expected = Some(version);
        self
    }

    /// The account.
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// The id.
    pub const fn id(&self) -> EventId {
        self.id
    }

    /// When it happened.
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// When the host learned of it.
    pub const fn received_at(&self) -> Timestamp {
        self.received
    }

    /// What happened.
    pub const fn body(&self) -> &Body {
        &self.body
    }

    /// The first field in which an event recorded under the same id differs, if one does.
    pub(super) fn first_difference(&self, at: Timestamp, body: &Body) -> Option<&'static str> {
        if self.at != at {
            return Some("at");
        }
        body.first_difference(&self.body)
    }
}

/// Defines the bodies of events together with their names, their comparison and their byte form.
macro_rules! bodies {
    ($($(#[$doc:meta])* $tag:literal $name:literal $variant:ident $({
        $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)?
    })?)*) => {
        /// What happened.
        ///
        /// There is no transfer: nothing moves credits between organizations, plans or periods (CRD-07).
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Body {
            $($(#[$doc])* $variant $({ $($(#[$field_doc])* $field: $type),* })?,)*
        }

        impl Body {
            /// The stable name of the kind of event.
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant $({ $($field: _),* })? => $name,)*
                }
            }

            fn first_difference(&self, other: &Self) -> Option<&'static str> {
                if self.name() != other.name() {
                    return Some("body");
                }
                match self {
                    $(Self::$variant $({ $($field),* })? => {
                        $($(if !matches!(other, Self::$variant { $field: theirs, .. } if theirs == $field) {
                            return Some(stringify!($field));
                        })*)?
                    })*
                }
                None
            }
        }

        wire_enum!(Body { $($tag $variant $({ $($field),* })?,)* });
    };
}

bodies! {
    /// The organization holds a plan for a term. A renewal is another subscription that begins where the term
    /// before ends.
    0 "subscribe" Subscribe {
        /// The terms.
        subscription: Arc<Subscription>,
    }
    /// The organization leaves a plan before its term ends. Its grants stay bound to it and expire at their
    /// own end (CRD-06, CRD-07).
    1 "unsubscribe" Unsubscribe {
        /// The plan.
        plan: PlanKey,
    }
    /// The organization names someone who may burn a plan's credits.
    2 "name_builder" NameBuilder {
        /// The plan.
        plan: PlanKey,
        /// Who is named.
        actor: ActorId,
    }
    /// The organization no longer names someone; what that actor reserved before stays reserved.
    3 "drop_builder" DropBuilder {
        /// The plan.
        plan: PlanKey,
        /// Who is no longer named.
        actor: ActorId,
    }
    /// The credits that a plan includes are issued for one period, once (CRD-02).
    4 "include" Include {
        /// The plan.
        plan: PlanKey,
        /// Any instant of the period.
        within: Timestamp,
    }
    /// Credits are bought in set increments for one period, available in full at once (CRD-08).
    5 "purchase" Purchase {
        /// The plan under which alone they are usable.
        plan: PlanKey,
        /// Any instant of the period.
        within: Timestamp,
        /// How many.
        amount: MicroCredits,
    }
    /// Credits are given for one period, with a reason.
    6 "goodwill" Goodwill {
        /// The plan under which alone they are usable.
        plan: PlanKey,
        /// Any instant of the period.
        within: Timestamp,
        /// How many.
        amount: MicroCredits,
        /// Why.
        reason: Reason,
    }
    /// A grant is withdrawn, once: what is left of it is revoked, what was used is reported as owed.
    7 "revoke" Revoke {
        /// The event that issued the grant.
        grant: EventId,
        /// Why.
        reason: Reason,
    }
    /// Credits are set aside for a run, until it is settled or voided or the deadline is there (CRD-10).
    ///
    /// A reservation may outlast its period; a host that wants none to sets the end of the period as deadline.
    8 "reserve" Reserve {
        /// The estimate: it gates admission and decides nothing else (CRD-05).
        usage: Usage,
        /// Who runs it.
        actor: ActorId,
        /// The first instant at which the reservation has lapsed.
        deadline: Timestamp,
    }
    /// A run ended: the actual usage is charged, what was reserved beyond it is freed (CRD-04, CRD-10).
    ///
    /// The charge belongs to the instant of the reservation: its period and its plans pay, also for what goes
    /// beyond the reservation, even if another period or plan has begun since.
    9 "settle" Settle {
        /// The event that reserved.
        reservation: EventId,
        /// What was used, beyond parts settled before.
        usage: Usage,
    }
    /// Part of a run is charged and its reservation stays open: a lease is settled in parts.
    10 "settle_part" SettlePart {
        /// The event that reserved.
        reservation: EventId,
        /// What this part used.
        usage: Usage,
    }
    /// A run did not happen: all of its reservation is freed.
    11 "void" Void {
        /// The event that reserved.
        reservation: EventId,
    }
    /// Usage that happened without an open reservation is charged; it is never refused for lack of credits
    /// (CRD-04).
    12 "record" Record {
        /// What was used.
        usage: Usage,
        /// Who used it.
        actor: ActorId,
        /// The reservation that had lapsed or was voided, if there was one.
        after: Option<EventId>,
    }
    /// Part of a charge is given back, from the leg that was charged last.
    13 "correct" Correct {
        /// The event that charged.
        charge: EventId,
        /// How much is given back.
        amount: MicroCredits,
        /// Why.
        reason: Reason,
    }
    /// A charge is made again at another price: the only way that a price reaches a past charge.
    14 "reprice" Reprice {
        /// The event that charged.
        charge: EventId,
        /// The usage with the price that it should have had.
        usage: Usage,
        /// Why.
        reason: Reason,
    }
    /// The books are closed up to an instant: nothing is booked before it any more.
    15 "close" Close {
        /// The first instant that stays open.
        before: Timestamp,
    }
    /// Nothing but the passing of time: reservations whose deadline is there lapse.
    16 "advance" Advance
    /// The organization's limit of outputs is this from now on; none means counted and not enforced (USE-01).
    17 "limit" Limit {
        /// The limit.
        limit: Option<Arc<OutputLimit>>,
    }
    /// An AI feature produced an output.
    18 "produce" Produce {
        /// The output.
        output: OutputId,
        /// Why it was produced.
        origin: Origin,
    }
    /// Someone acted on an output (USE-02).
    19 "follow_up" FollowUp {
        /// The output.
        output: OutputId,
        /// What was done.
        action: Follow,
    }
    /// Someone dismissed an output: no follow-up (USE-02).
    20 "dismiss" Dismiss {
        /// The output.
        output: OutputId,
    }
    /// A recurring opt-in begins (USE-03).
    21 "opt_in" OptIn {
        /// The opt-in.
        opt_in: OptInId,
    }
    /// A recurring opt-in ends; what is produced from this instant on is not under it.
    22 "opt_out" OptOut {
        /// The opt-in.
        opt_in: OptInId,
    }
}

impl Body {
    /// Whether it is an event of outputs, not of credits.
    pub(super) const fn is_of_outputs(&self) -> bool {
        matches!(
            self,
            Self::Limit { .. }
                | Self::Produce { .. }
                | Self::FollowUp { .. }
                | Self::Dismiss { .. }
                | Self::OptIn { .. }
                | Self::OptOut { .. }
        )
    }
}

impl Wire for Reason {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.0.write(bytes);
    }

    fn read(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        Self::new(&Arc::<str>::read(bytes)?).ok_or(Malformed)
    }
}
