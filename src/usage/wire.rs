//! The byte form of the ledger's values: fixed-width little-endian numbers, one tag byte per choice.
//!
//! Every value has exactly one byte form, so equal states have equal bytes on every machine.

use std::sync::Arc;

use crate::units::{MicroCredits, Timestamp};

/// The bytes are not the form of any value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// A value with one byte form.
pub(super) trait Wire: Sized {
    fn write(&self, bytes: &mut Vec<u8>);
    fn read(bytes: &mut &[u8]) -> Result<Self, Malformed>;
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Wire for $number {
            fn write(&self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }

            fn read(bytes: &mut &[u8]) -> Result<Self, Malformed> {
                let (number, rest) = bytes.split_first_chunk().ok_or(Malformed)?;
                *bytes = rest;
                Ok(Self::from_le_bytes(*number))
            }
        }
    )*};
}

numbers!(u8, u16, u32, u64, u128, i64);

/// A struct, field by field.
macro_rules! wire_struct {
    ($name:ident { $($field:ident),* $(,)? }) => {
        impl $crate::usage::wire::Wire for $name {
            fn write(&self, bytes: &mut Vec<u8>) {
                $($crate::usage::wire::Wire::write(&self.$field, bytes);)*
            }

            fn read(bytes: &mut &[u8]) -> Result<Self, $crate::usage::wire::Malformed> {
                Ok(Self { $($field: $crate::usage::wire::Wire::read(bytes)?,)* })
            }
        }
    };
}

/// A struct of one unnamed field.
macro_rules! wire_newtype {
    ($($name:ident),* $(,)?) => {$(
        impl $crate::usage::wire::Wire for $name {
            fn write(&self, bytes: &mut Vec<u8>) {
                $crate::usage::wire::Wire::write(&self.0, bytes);
            }

            fn read(bytes: &mut &[u8]) -> Result<Self, $crate::usage::wire::Malformed> {
                Ok(Self($crate::usage::wire::Wire::read(bytes)?))
            }
        }
    )*};
}

/// An enum: the tag of the variant, then its fields.
macro_rules! wire_enum {
    ($name:ident { $($tag:literal $variant:ident $({ $($field:ident),* $(,)? })?),* $(,)? }) => {
        impl $crate::usage::wire::Wire for $name {
            fn write(&self, bytes: &mut Vec<u8>) {
                match self {
                    $(Self::$variant $({ $($field),* })? => {
                        bytes.push($tag);
                        $($($crate::usage::wire::Wire::write($field, bytes);)*)?
                    })*
                }
            }

            fn read(bytes: &mut &[u8]) -> Result<Self, $crate::usage::wire::Malformed> {
                match u8::read(bytes)? {
                    $($tag => Ok(Self::$variant $({
                        $($field: $crate::usage::wire::Wire::read(bytes)?,)*
                    })?),)*
                    _ => Err($crate::usage::wire::Malformed),
                }
            }
        }
    };
}

/// What follows from the rest: it is not written down, and read as its default.
macro_rules! wire_nothing {
    ($name:ident) => {
        impl $crate::usage::wire::Wire for $name {
            fn write(&self, _bytes: &mut Vec<u8>) {}

            fn read(_bytes: &mut &[u8]) -> Result<Self, $crate::usage::wire::Malformed> {
                Ok(Self::default())
            }
        }
    };
}

pub(super) use {wire_enum, wire_newtype, wire_nothing, wire_struct};

impl Wire for bool {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.push(u8::from(*self));
    }

    fn read(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        match u8::read(bytes)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed),
        }
    }
}

impl Wire for Timestamp {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.nanoseconds().write(bytes);
    }

    fn read(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        i64::read(bytes).map(Self::from_nanoseconds)
    }
}

impl Wire for MicroCredits {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.get().write(bytes);
    }

    fn read(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        u64::read(bytes).map(Self::new)
    }
}

impl<T: Wire> Wire for Option<T> {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.is_some().write(bytes);
        if let Some(value) = self {
            value.write(bytes);
        }
    }

    fn read(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        bool::read(bytes)?.then(|| T::read(bytes)).transpose()
    }
}

/// A list: its length, then its items. The length is believed only as far as there are bytes, so a damaged
/// one cannot ask for memory.
pub(super) fn write_list<'a, T: Wire + 'a>(items: impl ExactSizeIterator<Item = &'a T>, bytes: &mut Vec<u8>) {
    u64::try_from(items.len()).unwrap_or(u64::MAX).write(bytes);
    for item in items {
        item.write(bytes);
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn write(&self, bytes: &mut Vec<u8>) {
        write_list(self.iter(), bytes);
    }

    fn read(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        let count = u64::read(bytes)?;
        (0..count).map(|_| T::read(bytes)).collect()
    }
}

/// Eight numbers, most of them zero: one bit for each that is not, then those.
impl<T: Wire + Copy + Default + PartialEq> Wire for [T; 8] {
    fn write(&self, bytes: &mut Vec<u8>) {
        let zero = T::default();
        let present = BITS.iter().zip(self).filter(|(_, item)| **item != zero);
        bytes.push(present.fold(0, |bits, (bit, _)| bits | bit));
        self.iter().filter(|item| **item != zero).for_each(|item| item.write(bytes));
    }

    fn read(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        let present = u8::read(bytes)?;
        let mut items = [T::default(); 8];
        for (slot, _) in items.iter_mut().zip(BITS).filter(|(_, bit)| present & bit != 0) {
            *slot = T::read(bytes)?;
            if *slot == T::default() {
                return Err(Malformed);
            }
        }
        Ok(items)
    }
}

const BITS: [u8; 8] = [1, 2, 4, 8, 16, 32, 64, 128];

impl<T: Wire> Wire for Arc<T> {
    fn write(&self, bytes: &mut Vec<u8>) {
        T::write(self, bytes);
    }

    fn read(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        T::read(bytes).map(Self::new)
    }
}

impl<T: Wire> Wire for Arc<[T]> {
    fn write(&self, bytes: &mut Vec<u8>) {
        write_list(self.iter(), bytes);
    }

    fn read(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        Vec::read(bytes).map(Self::from)
    }
}

impl Wire for Arc<str> {
    fn write(&self, bytes: &mut Vec<u8>) {
        write_list(self.as_bytes().iter(), bytes);
    }

    fn read(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        String::from_utf8(Vec::read(bytes)?).map(Self::from).map_err(|_| Malformed)
    }
}
