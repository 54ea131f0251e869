//! Tallies: which outputs count, once each, against the organization's limit (USE-01 to USE-05).
//!
//! The unit is the output, not the action on it: fifty people who follow up one proactive output make it
//! count once. An event first says what it asks for ([`Outputs::check`]), then the limit answers
//! ([`Outputs::admit`]).

use std::sync::Arc;

use crate::units::Timestamp;

use super::event::{Body, OptInId, OutputId};
use super::fact::{Change, Facts};
use super::options::{AtLimit, Booking, Early, EndedOptIn, Options};
use super::outcome::{Denial, Note, Rejected};
use super::outputs::{Follow, Origin, OutputBalance, OutputLimit};
use super::period::Period;
use super::plan::Stop;
use super::window::{Known, Link, Window};
use super::wire::{Malformed, Wire, wire_enum, wire_struct};

#[derive(Clone, Debug, Default)]
pub(super) struct Outputs {
    /// Which limit holds from when on, in order. Before the first there is none.
    terms: Vec<Term>,
    /// In the order in which they were begun.
    tallies: Vec<Tally>,
    seen: Window<Seen>,
    opt_ins: Vec<OptIn>,
    /// Follow-ups whose output has not arrived, and when they were made.
    parked: Vec<Parked>,
}

#[derive(Clone, Debug, PartialEq)]
struct Term {
    from: Timestamp,
    limit: Option<Arc<OutputLimit>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Tally {
    period: Period,
    used: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Seen {
    output: OutputId,
    origin: Origin,
    at: Timestamp,
    standing: Standing,
    /// Follows from the other outputs.
    earlier: Link,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Standing {
    Counted {
        /// At this instant.
        at: Timestamp,
    },
    /// Proactive, and not followed up.
    Waiting,
    /// Recurring, after its opt-in.
    Ended,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct OptIn {
    id: OptInId,
    from: Timestamp,
    until: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Parked {
    output: OutputId,
    at: Timestamp,
}

/// What an event asks for, once everything that could reject it has been checked.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Limit { from: Timestamp, limit: Option<Arc<OutputLimit>> },
    Arrive { output: OutputId, origin: Origin, at: Timestamp, standing: Asked },
    Count { output: OutputId, at: Timestamp, begin: Option<(OptInId, Timestamp)> },
    Park { output: OutputId, at: Timestamp },
    Begin { opt_in: OptInId, from: Timestamp, note: Option<Note> },
    End { opt_in: OptInId, until: Timestamp },
    Nothing { note: Option<Note> },
}

/// How an output that arrives asks to stand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Asked {
    /// To count at this instant.
    Count(Timestamp),
    /// Not to count, whatever the limit says.
    Waiting,
    /// Not to count, and not to be produced at a reached limit.
    WaitingWithRoom(Timestamp),
    /// To count for a follow-up that came before it, if there is room.
    FollowedUp(Timestamp),
    Ended,
}

/// When an event of the outputs happened, and when it is booked.
#[derive(Clone, Copy, Debug)]
pub(super) struct When {
    pub(super) at: Timestamp,
    pub(super) booked: Timestamp,
    /// The books are closed before this instant.
    pub(super) closed: Timestamp,
}

impl Outputs {
    /// Those of an account that was told of none.
    pub(super) const NONE: &'static Self = &Self {
        terms: Vec::new(),
        tallies: Vec::new(),
        seen: Window::EMPTY,
        opt_ins: Vec::new(),
        parked: Vec::new(),
    };

    /// What an event asks for, or why it is rejected.
    pub(super) fn check(&self, when: When, body: &Body, options: &Options) -> Result<Step, Rejected> {
        match body {
            Body::Limit { limit } => match self.terms.last() {
                Some(term) if when.booked < term.from => Err(Rejected::PeriodClosed { before: term.from }),
                _ => Ok(Step::Limit { from: when.booked, limit: limit.clone() }),
            },
            Body::Produce { output, origin } => self.check_produce(when, *output, *origin, options),
            Body::FollowUp { output, action } => self.check_follow_up(when, *output, *action, options),
            Body::Dismiss { output } if self.seen(*output).is_some() => Ok(Step::Nothing { note: None }),
            Body::OptIn { opt_in } => {
                self.check_new(*opt_in)?;
                Ok(Step::Begin { opt_in: *opt_in, from: when.at, note: None })
            }
            Body::OptOut { opt_in } => match self.opt_in(*opt_in).ok_or(Rejected::UnknownOptIn)?.until {
                None => Ok(Step::End { opt_in: *opt_in, until: when.at }),
                Some(_) => Err(Rejected::OptInEnded),
            },
            _ => Err(Rejected::UnknownOutput),
        }
    }

    fn check_produce(
        &self,
        when: When,
        output: OutputId,
        origin: Origin,
        options: &Options,
    ) -> Result<Step, Rejected> {
        if let Some(seen) = self.seen(output) {
            return if seen.origin == origin {
                Ok(Step::Nothing { note: Some(seen.standing.note()) })
            } else {
                Err(Rejected::OutputConflict)
            };
        }
        let standing = match origin {
            Origin::Requested => Asked::Count(when.booked),
            Origin::Recurring { opt_in } => self.recurring(when, opt_in, options)?,
            Origin::Proactive => self.proactive(when, output, options),
        };
        Ok(Step::Arrive { output, origin, at: when.at, standing })
    }

    /// An opt-in is half-open: at the instant of the opt-out it has ended (USE-03).
    fn recurring(&self, when: When, opt_in: OptInId, options: &Options) -> Result<Asked, Rejected> {
        let opt_in = self.opt_in(opt_in).filter(|opt_in| opt_in.from <= when.at);
        let until = opt_in.ok_or(Rejected::UnknownOptIn)?.until;
        match (until.is_some_and(|until| until <= when.at), options.ended_opt_in) {
            (false, _) => Ok(Asked::Count(when.booked)),
            (true, EndedOptIn::Uncounted) => Ok(Asked::Ended),
            (true, EndedOptIn::Reject) => Err(Rejected::OptInEnded),
        }
    }

    fn proactive(&self, when: When, output: OutputId, options: &Options) -> Asked {
        let parked = self.parked.iter().find(|parked| parked.output == output);
        match (parked, options.booking, options.at_limit) {
            (Some(parked), Booking::AtFollowUp, _) => Asked::FollowedUp(parked.at),
            (Some(_), Booking::AtOutput, _) => Asked::FollowedUp(when.booked),
            (None, _, AtLimit::Allow) => Asked::Waiting,
            (None, _, AtLimit::Deny) => Asked::WaitingWithRoom(when.booked),
        }
    }

    fn check_follow_up(
        &self,
        when: When,
        output: OutputId,
        action: Follow,
        options: &Options,
    ) -> Result<Step, Rejected> {
        let opt_in = match action {
            Follow::OptIn { opt_in } => Some(opt_in),
            Follow::Recommended | Follow::Share => None,
        };
        opt_in.map_or(Ok(()), |opt_in| self.check_new(opt_in))?;
        let Some(seen) = self.seen(output) else {
            return match (options.early, opt_in) {
                (Early::Park, None) => Ok(Step::Park { output, at: when.booked }),
                _ => Err(Rejected::UnknownOutput),
            };
        };
        match (seen.standing, opt_in, options.booking) {
            (Standing::Waiting, _, Booking::AtOutput) if seen.at < when.closed => {
                Err(Rejected::PeriodClosed { before: when.closed })
            }
            (Standing::Waiting, _, booking) => {
                let at = if booking == Booking::AtOutput { seen.at } else { when.booked };
                Ok(Step::Count { output, at, begin: opt_in.map(|opt_in| (opt_in, when.at)) })
            }
            (standing, None, _) => Ok(Step::Nothing { note: Some(standing.note()) }),
            (standing, Some(opt_in), _) => {
                Ok(Step::Begin { opt_in, from: when.at, note: Some(standing.note()) })
            }
        }
    }

    fn seen(&self, output: OutputId) -> Option<&Seen> {
        self.seen.get(self.seen.find(output.bits())?)
    }

    fn check_new(&self, opt_in: OptInId) -> Result<(), Rejected> {
        if self.opt_in(opt_in).is_some() { Err(Rejected::OptInExists) } else { Ok(()) }
    }

    fn opt_in(&self, id: OptInId) -> Option<&OptIn> {
        self.opt_ins.iter().find(|opt_in| opt_in.id == id)
    }

    /// What the limit says to a step (USE-05).
    pub(super) fn admit(&self, step: &Step) -> Result<Option<Note>, Denial> {
        match step {
            Step::Arrive { standing: Asked::Count(at), .. } | Step::Count { at, .. } => {
                self.room(*at).map(Some)
            }
            Step::Arrive { standing: Asked::WaitingWithRoom(at), .. } => {
                self.room(*at).map(|_| Some(Note::UncountedProactive))
            }
            Step::Arrive { standing: Asked::Waiting, .. } => Ok(Some(Note::UncountedProactive)),
            Step::Arrive { standing: Asked::FollowedUp(at), .. } => {
                Ok(Some(self.room(*at).unwrap_or(Note::UncountedProactive)))
            }
            Step::Arrive { standing: Asked::Ended, .. } => Ok(Some(Note::UncountedOptInEnded)),
            Step::Park { .. } => Ok(Some(Note::Parked)),
            Step::Begin { note, .. } | Step::Nothing { note } => Ok(*note),
            Step::Limit { .. } | Step::End { .. } => Ok(None),
        }
    }

    /// Whether one more output may count at an instant, and how.
    fn room(&self, at: Timestamp) -> Result<Note, Denial> {
        let Some(limit) = self.limit_at(at) else { return Ok(Note::CountedUnenforced) };
        let tally = self.tally_at(at).ok_or(Denial::LimitReached)?;
        let used = u128::from(tally.used).saturating_add(1);
        match limit.stop {
            _ if used > u128::from(u64::MAX) || !limit.stop.admits(used, limit.limit) => {
                Err(Denial::LimitReached)
            }
            Stop::Unlimited => Ok(Note::CountedUnenforced),
            _ if used > u128::from(limit.limit) => Ok(Note::CountedOver),
            _ => Ok(Note::Counted),
        }
    }

    /// Does what a step asks for, if the limit admits it.
    pub(super) fn perform(&mut self, step: Step, facts: &mut Facts<'_>) -> Result<Option<Note>, Denial> {
        let note = self.admit(&step)?;
        match step {
            Step::Arrive { output, origin, at, standing } => {
                self.arrive(output, origin, at, standing, note);
                state(facts, output, note);
            }
            Step::Count { output, at, begin } => {
                self.count(at);
                let number = self.seen.find(output.bits());
                if let Some(seen) = number.and_then(|number| self.seen.get_mut(number)) {
                    seen.standing = Standing::Counted { at };
                }
                if let Some((opt_in, from)) = begin {
                    self.begin(opt_in, from);
                }
                state(facts, output, note);
            }
            Step::Park { output, at } => {
                if !self.parked.iter().any(|parked| parked.output == output) {
                    self.parked.push(Parked { output, at });
                }
            }
            Step::Begin { opt_in, from, .. } => self.begin(opt_in, from),
            Step::End { opt_in, until } => {
                self.opt_ins
                    .iter_mut()
                    .filter(|begun| begun.id == opt_in)
                    .for_each(|begun| begun.until = Some(until.max(begun.from)));
            }
            Step::Limit { from, limit } => self.set_limit(from, limit),
            Step::Nothing { .. } => {}
        }
        Ok(note)
    }

    fn arrive(&mut self, output: OutputId, origin: Origin, at: Timestamp, asked: Asked, note: Option<Note>) {
        let standing = match (asked, note) {
            (Asked::Ended, _) => Standing::Ended,
            (_, Some(Note::UncountedProactive)) | (Asked::Waiting | Asked::WaitingWithRoom(_), _) => {
                Standing::Waiting
            }
            (Asked::Count(booked) | Asked::FollowedUp(booked), _) => {
                self.count(booked);
                Standing::Counted { at: booked }
            }
        };
        self.parked.retain(|parked| parked.output != output);
        if let Some((seen, earlier)) = self.seen.push(output.bits()) {
            *seen = Seen { output, origin, at, standing, earlier };
        }
    }

    fn count(&mut self, at: Timestamp) {
        if let Some(tally) = self.tallies.iter_mut().rev().find(|tally| tally.period.contains(at)) {
            tally.used = tally.used.saturating_add(1);
        } else if let Some(tally) = self.tally_at(at) {
            self.tallies.push(Tally { used: 1, ..tally });
        }
    }

    fn begin(&mut self, opt_in: OptInId, from: Timestamp) {
        self.opt_ins.push(OptIn { id: opt_in, from, until: None });
    }

    /// A new number or stop holds for the period that is running; a new schedule cuts that period off and
    /// begins its own, so that no instant has two periods or none.
    fn set_limit(&mut self, from: Timestamp, limit: Option<Arc<OutputLimit>>) {
        let schedule = |limit: &Option<Arc<OutputLimit>>| limit.as_ref().map(|limit| limit.schedule.clone());
        let same = |term: &Term| schedule(&term.limit) == schedule(&limit);
        match self.terms.last_mut() {
            Some(term) if same(term) => term.limit = limit,
            Some(term) if term.from == from => {
                term.limit = limit;
                self.cut_tallies(from);
            }
            _ => {
                self.terms.push(Term { from, limit });
                self.cut_tallies(from);
            }
        }
    }

    /// Ends the tallies at an instant, and counts again, in the new periods, what counted from then on.
    fn cut_tallies(&mut self, from: Timestamp) {
        let mut moved =
            self.seen.iter().filter_map(|seen| seen.standing.counted_from(from)).collect::<Vec<_>>();
        moved.sort_unstable();
        for tally in std::mem::take(&mut self.tallies) {
            let left = moved.iter().filter(|at| tally.period.contains(**at)).count();
            let used = tally.used.saturating_sub(u64::try_from(left).unwrap_or(u64::MAX));
            let cut = Period::new(tally.period.from, tally.period.until.min(from));
            self.tallies.extend(cut.map(|period| Tally { period, used }));
        }
        for at in moved {
            self.count(at);
        }
    }

    fn limit_at(&self, at: Timestamp) -> Option<&OutputLimit> {
        self.terms.iter().rev().find(|term| term.from <= at)?.limit.as_deref()
    }

    /// The tally of the period around an instant, new if nothing was counted in it.
    fn tally_at(&self, at: Timestamp) -> Option<Tally> {
        if let Some(tally) = self.tallies.iter().rev().find(|tally| tally.period.contains(at)) {
            return Some(*tally);
        }
        let next = self.terms.partition_point(|term| term.from <= at);
        let term = next.checked_sub(1).and_then(|current| self.terms.get(current));
        let from = term.map_or(i64::MIN, |term| term.from.nanoseconds());
        let until = self.terms.get(next).map_or(i64::MAX, |term| term.from.nanoseconds());
        let span = Period::new(Timestamp::from_nanoseconds(from), Timestamp::from_nanoseconds(until))?;
        let period = match term.and_then(|term| term.limit.as_ref()) {
            Some(limit) => limit.schedule.period_at(at).ok()?.intersection(span)?,
            None => span,
        };
        Some(Tally { period, used: 0 })
    }

    pub(super) fn balance(&self, at: Timestamp) -> Option<OutputBalance> {
        let limit = self.limit_at(at).filter(|limit| limit.stop != Stop::Unlimited);
        let tally = self.tally_at(at)?;
        Some(OutputBalance { period: tally.period, used: tally.used, limit: limit.map(|limit| limit.limit) })
    }

    /// Forgets outputs, parked follow-ups and ended opt-ins of before the window. Late events of before it
    /// are rejected, so none of them can come back as new.
    pub(super) fn forget_before(&mut self, oldest: Timestamp) {
        self.seen.forget_while(|seen| seen.at < oldest);
        if self.parked.first().is_some_and(|parked| parked.at < oldest) {
            self.parked.retain(|parked| parked.at >= oldest);
        }
        if self.opt_ins.iter().any(|opt_in| opt_in.until.is_some_and(|until| until < oldest)) {
            self.opt_ins.retain(|opt_in| opt_in.until.is_none_or(|until| until >= oldest));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        let nothing_said = self.terms.is_empty() && self.opt_ins.is_empty() && self.parked.is_empty();
        nothing_said && self.tallies.is_empty() && self.seen.numbers().is_empty()
    }

    /// Whether the lists agree with each other: what loading checks.
    pub(super) fn is_sound(&self) -> bool {
        let in_order = self.terms.iter().zip(self.terms.iter().skip(1)).all(|(a, b)| a.from < b.from);
        let disjoint = self.tallies.iter().enumerate().all(|(index, tally)| {
            let others = self.tallies.iter().skip(index.saturating_add(1));
            others.clone().all(|other| other.period.intersection(tally.period).is_none())
        });
        in_order && disjoint
    }
}

fn state(facts: &mut Facts<'_>, output: OutputId, note: Option<Note>) {
    if let Some(note) = note {
        facts.state(|| Change::Output { output, note });
    }
}

impl Standing {
    const fn note(self) -> Note {
        match self {
            Self::Counted { .. } => Note::AlreadyCounted,
            Self::Waiting => Note::UncountedProactive,
            Self::Ended => Note::UncountedOptInEnded,
        }
    }

    fn counted_from(self, from: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Counted { at } => Some(at).filter(|at| *at >= from),
            Self::Waiting | Self::Ended => None,
        }
    }
}

wire_enum!(Standing { 0 Counted { at }, 1 Waiting, 2 Ended });
wire_struct!(Term { from, limit });
wire_struct!(Tally { period, used });
wire_struct!(Seen { output, origin, at, standing, earlier });
wire_struct!(OptIn { id, from, until });
wire_struct!(Parked { output, at });

impl Known for Seen {
    const BLANK: Self = Self {
        output: OutputId::new(0),
        origin: Origin::Requested,
        at: Timestamp::from_nanoseconds(0),
        standing: Standing::Waiting,
        earlier: Link::BLANK,
    };

    fn id(&self) -> u128 {
        self.output.bits()
    }

    fn earlier(&self) -> Link {
        self.earlier
    }
}

fn read_seen(bytes: &mut &[u8]) -> Result<Window<Seen>, Malformed> {
    let mut outputs = Window::default();
    for seen in Vec::<Seen>::read(bytes)? {
        if outputs.find(seen.output.bits()).is_some() {
            return Err(Malformed);
        }
        if let Some((slot, earlier)) = outputs.push(seen.output.bits()) {
            *slot = Seen { earlier, ..seen };
        }
    }
    Ok(outputs)
}

impl Wire for Outputs {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.terms.write(bytes);
        self.tallies.write(bytes);
        self.seen.iter().copied().collect::<Vec<_>>().write(bytes);
        self.opt_ins.write(bytes);
        self.parked.write(bytes);
    }

    fn read(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        Ok(Self {
            terms: Vec::read(bytes)?,
            tallies: Vec::read(bytes)?,
            seen: read_seen(bytes)?,
            opt_ins: Vec::read(bytes)?,
            parked: Vec::read(bytes)?,
        })
    }
}
