//! What a domain states, in the positions of its catalog: most often a few dozen bytes.
//!
//! ```text
//!   kind  plan  id  which sections there are (two bytes)  section …
//! ```
//!
//! Numbers are LEB128, texts are a length and UTF-8, a section is its length and its entries, in the order of
//! [`Section`]; entries are in the order of names, and a section without entries is left out. So domains that state
//! the same have the same bytes. Names stand here only where they are the domain's own.

use crate::catalog::source::LimitSource;
use crate::document::Spanned;
use crate::word::{Every, Stop, Switch};

/// The parts of a domain, those first that decisions read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Section {
    Regimes,
    AddOns,
    Holders,
    OptIns,
    Limits,
    Settings,
    Locked,
    RoleDefaults,
    Roles,
    CustomRoles,
    Lists,
    Seats,
    Attested,
    Residency,
}

impl Section {
    /// Every section, in order.
    pub(super) const ALL: [Self; 14] = [
        Self::Regimes,
        Self::AddOns,
        Self::Holders,
        Self::OptIns,
        Self::Limits,
        Self::Settings,
        Self::Locked,
        Self::RoleDefaults,
        Self::Roles,
        Self::CustomRoles,
        Self::Lists,
        Self::Seats,
        Self::Attested,
        Self::Residency,
    ];

    /// How many there are.
    pub(super) const COUNT: u32 = Self::Residency as u32 + 1;

    pub(super) const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// Writes what a domain states, section after section.
#[derive(Debug)]
pub(super) struct Writer {
    bytes: Vec<u8>,
    present: u16,
    present_at: usize,
}

impl Writer {
    pub(super) fn new(kind: u16, plan: u16, id: &str) -> Self {
        let mut this = Self { bytes: Vec::with_capacity(192), present: 0, present_at: 0 };
        this.number(kind);
        this.number(plan);
        this.text(id);
        this.present_at = this.bytes.len();
        this.bytes.extend([0; 2]);
        this
    }

    pub(super) fn number(&mut self, number: impl Into<u64>) {
        let mut left = number.into();
        while left > 0x7F {
            self.bytes.push((left & 0x7F) as u8 | 0x80);
            left >>= 7;
        }
        self.bytes.push((left & 0x7F) as u8);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// A position and a switch in one number.
    pub(super) fn switch(&mut self, position: u16, to: Switch) {
        self.number(u64::from(position) << 1 | u64::from(to == Switch::On));
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    /// What stood elsewhere, as it is.
    pub(super) fn copy(&mut self, bytes: Bytes<'_>) {
        self.bytes.extend_from_slice(bytes.0);
    }

    /// Starts something that its length precedes.
    pub(super) fn open(&mut self) -> usize {
        self.bytes.push(0);
        self.bytes.len()
    }

    /// Ends what began at `start`; its length is known now.
    pub(super) fn close(&mut self, start: usize) {
        let length = self.bytes.len().saturating_sub(start);
        let at = start.saturating_sub(1);
        match (u8::try_from(length), self.bytes.get_mut(at)) {
            (Ok(short @ ..0x80), Some(byte)) => *byte = short,
            _ => {
                let tail = self.bytes.split_off(start);
                self.bytes.truncate(at);
                self.number(length as u64);
                self.bytes.extend(tail);
            }
        }
    }

    /// Ends a section; one without entries is left out.
    pub(super) fn close_section(&mut self, section: Section, start: usize) {
        if self.bytes.len() == start {
            self.bytes.truncate(start.saturating_sub(1));
        } else {
            self.close(start);
            self.present |= section.bit();
        }
    }

    /// A limit, whatever of it is stated.
    pub(super) fn limit(&mut self, row: &LimitSource) {
        let every = match row.every {
            None => 0,
            Some(Every::Month) => 1,
            Some(Every::Quarter) => 2,
            Some(Every::Year) => 3,
        };
        let flags = u8::from(row.limit.is_some())
            | u8::from(row.anchor.is_some()) << 1
            | u8::from(row.ceiling_percent.is_some()) << 2
            | (row.stop as u8) << 3
            | every << 5;
        self.byte(flags);
        for number in [row.limit, row.ceiling_percent.as_ref().map(|percent| *percent.get_ref())] {
            number.into_iter().for_each(|number| self.number(number));
        }
        row.anchor.iter().for_each(|anchor| self.text(anchor.get_ref()));
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        let present = self.present.to_le_bytes();
        self.bytes.iter_mut().skip(self.present_at).zip(present).for_each(|(to, byte)| *to = byte);
        self.bytes
    }
}

/// Bytes that are left to read. What is not there, or not written the shortest way, reads as `None`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bytes<'b>(pub(super) &'b [u8]);

impl<'b> Bytes<'b> {
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    /// The same without the first so many.
    pub(super) fn from(self, start: usize) -> Self {
        Self(self.0.get(start..).unwrap_or_default())
    }

    /// The same without what is left.
    pub(super) fn up_to(self, left: Self) -> Self {
        Self(self.0.get(..self.len().saturating_sub(left.len())).unwrap_or_default())
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    #[inline]
    pub(super) fn number(&mut self) -> Option<u64> {
        if let Some((short @ ..0x80, rest)) = self.0.split_first() {
            self.0 = rest;
            return Some(u64::from(*short));
        }
        self.long_number()
    }

    #[cold]
    fn long_number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7F);
            let padding = shift > 0 && byte == 0;
            if padding || part << shift >> shift != part {
                return None;
            }
            number |= part << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    pub(super) fn position(&mut self) -> Option<u16> {
        u16::try_from(self.number()?).ok()
    }

    pub(super) fn switch(&mut self) -> Option<(u16, Switch)> {
        let number = self.number()?;
        let to = if number & 1 == 1 { Switch::On } else { Switch::Off };
        Some((u16::try_from(number >> 1).ok()?, to))
    }

    /// What its length precedes.
    pub(super) fn part(&mut self) -> Option<Self> {
        let length = usize::try_from(self.number()?).ok()?;
        let (part, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(Self(part))
    }

    pub(super) fn text(&mut self) -> Option<&'b str> {
        std::str::from_utf8(self.part()?.0).ok()
    }

    /// A limit; its names and numbers have no place.
    pub(super) fn limit(&mut self) -> Option<LimitSource> {
        let flags = self.byte()?;
        let stated = |flag: u8| flags & flag != 0;
        let stop = match flags >> 3 & 0b11 {
            0 => Stop::Hard,
            1 => Stop::Soft,
            2 => Stop::None,
            _ => return None,
        };
        let every = match flags >> 5 {
            0 => None,
            1 => Some(Every::Month),
            2 => Some(Every::Quarter),
            3 => Some(Every::Year),
            _ => return None,
        };
        let limit = if stated(1) { Some(self.number()?) } else { None };
        let ceiling = if stated(4) { Some(Spanned::new(0..0, self.number()?)) } else { None };
        let anchor = if stated(2) { Some(Spanned::new(0..0, self.text()?.to_owned())) } else { None };
        Some(LimitSource { limit, every, anchor, stop, ceiling_percent: ceiling })
    }

    /// The entries up to the end, or up to one that cannot be read.
    pub(super) fn entries<T>(
        mut self,
        mut read: impl FnMut(&mut Self) -> Option<T> + Clone,
    ) -> impl Iterator<Item = T> + Clone {
        std::iter::from_fn(move || if self.is_empty() { None } else { read(&mut self) })
    }
}

/// What a domain states, as one reads it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stated<'b> {
    pub(super) kind: u16,
    pub(super) plan: u16,
    pub(super) id: &'b str,
    pub(super) present: u16,
    pub(super) sections: Bytes<'b>,
}

/// What is stated of the permissions of a role.
#[derive(Clone, Copy, Debug)]
pub(super) struct RoleRow<'b> {
    /// Of the catalog; for a custom role its base.
    pub(super) base: u16,
    pub(super) permissions: Bytes<'b>,
}

impl<'b> RoleRow<'b> {
    pub(super) fn read(bytes: &mut Bytes<'b>) -> Option<Self> {
        Some(Self { base: bytes.position()?, permissions: bytes.part()? })
    }

    pub(super) fn permissions(&self) -> impl Iterator<Item = (u16, Switch)> + use<'b> {
        self.permissions.entries(Bytes::switch)
    }
}

impl<'b> Stated<'b> {
    pub(super) fn read(bytes: &'b [u8]) -> Option<Self> {
        let mut bytes = Bytes(bytes);
        Some(Self {
            kind: bytes.position()?,
            plan: bytes.position()?,
            id: bytes.text()?,
            present: u16::from_le_bytes([bytes.byte()?, bytes.byte()?]),
            sections: bytes,
        })
    }

    /// The entries of a section; none where it is left out.
    pub(super) fn section(&self, section: Section) -> Bytes<'b> {
        if self.present & section.bit() == 0 {
            return Bytes::default();
        }
        let mut left = self.sections;
        for _ in 0..(self.present & section.bit().saturating_sub(1)).count_ones() {
            left.part();
        }
        left.part().unwrap_or_default()
    }

    pub(super) fn positions(&self, section: Section) -> impl Iterator<Item = u16> + Clone + use<'b> {
        self.section(section).entries(Bytes::position)
    }

    pub(super) fn switches(&self, section: Section) -> impl Iterator<Item = (u16, Switch)> + use<'b> {
        self.section(section).entries(Bytes::switch)
    }

    pub(super) fn counts(&self, section: Section) -> impl Iterator<Item = (u64, u64)> + use<'b> {
        self.section(section).entries(|bytes| Some((bytes.number()?, bytes.number()?)))
    }

    pub(super) fn limits(&self) -> impl Iterator<Item = (u16, LimitSource)> + use<'b> {
        self.section(Section::Limits).entries(|bytes| Some((bytes.position()?, bytes.limit()?)))
    }

    /// Role defaults with the role that each comes to.
    pub(super) fn role_defaults(&self) -> impl Iterator<Item = (u16, u16)> + use<'b> {
        self.section(Section::RoleDefaults).entries(|bytes| Some((bytes.position()?, bytes.position()?)))
    }

    pub(super) fn roles(&self) -> impl Iterator<Item = RoleRow<'b>> + use<'b> {
        self.section(Section::Roles).entries(RoleRow::read)
    }

    pub(super) fn custom_roles(&self) -> impl Iterator<Item = (&'b str, RoleRow<'b>)> + use<'b> {
        self.section(Section::CustomRoles).entries(|bytes| Some((bytes.text()?, RoleRow::read(bytes)?)))
    }

    /// Lists with their entries as they are stated.
    pub(super) fn lists(&self) -> impl Iterator<Item = (u16, Bytes<'b>)> + use<'b> {
        self.section(Section::Lists).entries(|bytes| Some((bytes.position()?, bytes.part()?)))
    }

    pub(super) fn attested(&self) -> impl Iterator<Item = &'b str> + use<'b> {
        self.section(Section::Attested).entries(Bytes::text)
    }

    /// Where the customer's data is to live, and whether it has moved there.
    pub(super) fn residency(&self) -> (Option<&'b str>, bool) {
        let mut bytes = self.section(Section::Residency);
        let migrated = bytes.byte() == Some(1);
        (bytes.text(), migrated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_stands_at_its_number() {
        let numbers: Vec<usize> = Section::ALL.iter().map(|section| *section as usize).collect();
        assert_eq!(numbers, (0..Section::COUNT as usize).collect::<Vec<_>>());
    }

    #[test]
    fn a_number_has_one_spelling() {
        for number in [0, 1, 0x7F, 0x80, 0x3FFF, 0x4000, u64::from(u32::MAX), u64::MAX] {
            let mut writer = Writer { bytes: Vec::new(), present: 0, present_at: 0 };
            writer.number(number);
            let mut bytes = Bytes(&writer.bytes);
            assert_eq!((bytes.number(), bytes.is_empty()), (Some(number), true));
        }
        let over = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02];
        for bad in [&[][..], &[0x80], &[0x80, 0x00], &[0xFF, 0x80, 0x00], &over] {
            assert_eq!(Bytes(bad).number(), None, "{bad:?}");
        }
    }

    #[test]
    fn a_long_part_has_a_long_length() {
        for length in [0, 1, 127, 128, 20_000] {
            let mut writer = Writer { bytes: Vec::new(), present: 0, present_at: 0 };
            let start = writer.open();
            (0..length).for_each(|_| writer.byte(7));
            writer.close(start);
            let mut bytes = Bytes(&writer.bytes);
            assert_eq!(bytes.part().map(|part| part.len()), Some(length));
            assert!(bytes.is_empty());
        }
    }
}
