//! Snapshots: the state of an account as bytes, one form for each state.
//!
//! Equal states have equal bytes on every machine, so two replicas are compared by comparing bytes. Loading
//! believes nothing: checksum, form, every law of the ledger, and that the state writes the same bytes again.

use crate::units::Timestamp;

use super::account::Account;
use super::credits::{Credits, grow};
use super::deadlines::Deadline;
use super::event::AccountId;
use super::memory::Memory;
use super::options::Options;
use super::tally::Outputs;
use super::wire::{Malformed, Wire};

const MAGIC: [u8; 8] = *b"tollkeep";
/// Counted up whenever the byte form of any value changes.
const FORMAT: u16 = 2;

/// Why bytes are no snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The bytes do not begin as a snapshot does.
    #[error("the bytes are no snapshot of an account")]
    Foreign,
    /// The snapshot has another format.
    #[error("the snapshot has format {format}, and only format {FORMAT} is known")]
    Format {
        /// The format that it names.
        format: u16,
    },
    /// The bytes are not those that were written.
    #[error("the snapshot is damaged")]
    Damaged,
    /// The bytes are whole, and state something that no account can come to.
    #[error("the snapshot breaks a law of the ledger: {law}")]
    Unlawful {
        /// The law that does not hold.
        law: &'static str,
    },
}

impl Account {
    /// The state as bytes: the same state gives the same bytes.
    ///
    /// ```
    /// use tollkeeper::usage::account::Account;
    /// use tollkeeper::usage::event::AccountId;
    /// use tollkeeper::usage::options::Options;
    ///
    /// let account = Account::new(AccountId::new(7), Options::default());
    /// let bytes = account.snapshot();
    /// assert_eq!(Account::load(&bytes)?.snapshot(), bytes);
    /// assert!(Account::load(&bytes[1..]).is_err());
    /// # Ok::<(), tollkeeper::usage::snapshot::SnapshotError>(())
    /// ```
    pub fn snapshot(&self) -> Vec<u8> {
        let mut bytes = self.content();
        checksum(&bytes).write(&mut bytes);
        bytes
    }

    /// The snapshot without its checksum.
    fn content(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        FORMAT.write(&mut bytes);
        self.id.write(&mut bytes);
        self.options.write(&mut bytes);
        self.now.write(&mut bytes);
        self.closed.write(&mut bytes);
        self.credits.write(&mut bytes);
        self.known_outputs().write(&mut bytes);
        self.memory.write(&mut bytes);
        bytes
    }

    /// The account whose state these bytes are.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`] if a single bit is not as it was written, or if any law of the ledger does not hold.
    pub fn load(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let (content, sum) = bytes.split_last_chunk().ok_or(SnapshotError::Foreign)?;
        let mut rest = content.strip_prefix(&MAGIC).ok_or(SnapshotError::Foreign)?;
        let format = u16::read(&mut rest).map_err(|_| SnapshotError::Foreign)?;
        if checksum(content) != u64::from_le_bytes(*sum) {
            return Err(SnapshotError::Damaged);
        }
        if format != FORMAT {
            return Err(SnapshotError::Format { format });
        }
        let account = read_account(&mut rest).map_err(|_| SnapshotError::Damaged)?;
        if !rest.is_empty() {
            return Err(SnapshotError::Damaged);
        }
        account.audit().map_err(|law| SnapshotError::Unlawful { law })?;
        if account.content() != content {
            return Err(SnapshotError::Damaged);
        }
        Ok(account)
    }
}

fn read_account(bytes: &mut &[u8]) -> Result<Account, Malformed> {
    let mut account = Account::new(AccountId::read(bytes)?, Options::read(bytes)?);
    account.now = Option::read(bytes)?;
    account.closed = Timestamp::read(bytes)?;
    account.credits = Credits::read(bytes)?;
    let outputs = Outputs::read(bytes)?;
    account.outputs = (!outputs.is_empty()).then(|| outputs.into());
    account.memory = Memory::read(bytes)?;
    let open = account.memory.numbered().filter_map(|(number, record)| {
        Some(Deadline { at: record.deadline()?, reservation: record.id, number })
    });
    account.deadlines = open.collect();
    Ok(account)
}

/// Four sums, of every fourth word of eight bytes each, so that they need not wait for each other. Each step is
/// a bijection of the sum so far, so a change within one word always changes the result.
fn checksum(bytes: &[u8]) -> u64 {
    let mut sums = [u64::try_from(bytes.len()).unwrap_or(u64::MAX); 4];
    let mut rest = bytes;
    'words: loop {
        for sum in &mut sums {
            let Some((word, after)) = rest.split_first_chunk() else { break 'words };
            *sum = mix(*sum, u64::from_le_bytes(*word));
            rest = after;
        }
    }
    let last = rest.iter().rev().fold(0, |word, byte| (word << 8) | u64::from(*byte));
    sums.into_iter().fold(last, mix)
}

const fn mix(sum: u64, word: u64) -> u64 {
    (sum ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29)
}

impl Wire for Credits {
    fn write(&self, bytes: &mut Vec<u8>) {
        self.subscriptions.write(bytes);
        self.builders.write(bytes);
        self.grants.write(bytes);
        self.cycles.write(bytes);
    }

    fn read(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        let mut credits = Self {
            subscriptions: Vec::read(bytes)?,
            builders: Vec::read(bytes)?,
            grants: Vec::read(bytes)?,
            cycles: Vec::read(bytes)?,
            ..Self::default()
        };
        credits.derive();
        Ok(credits)
    }
}

impl Credits {
    /// Makes what follows from the rest. Sums that would not fit are refused by the laws.
    fn derive(&mut self) {
        let positions = 0..u32::try_from(self.grants.len()).unwrap_or(u32::MAX);
        let mut order = positions.zip(&self.grants).collect::<Vec<_>>();
        order.sort_by_key(|(position, grant)| (grant.burn_key(), *position));
        let order = order.into_iter().map(|(position, _)| position).collect::<Vec<_>>();
        self.link(order.into_iter());
        for grant in &self.grants {
            grow(&mut self.issued, grant.issued);
            grow(&mut self.exposure, grant.reserved);
            grow(&mut self.exposure, grant.consumed);
        }
        for cycle in &self.cycles {
            grow(&mut self.exposure, cycle.excess_reserved);
            grow(&mut self.exposure, cycle.excess_consumed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usage::laws::tests::account;

    #[test]
    fn bytes_with_a_right_checksum_still_have_to_be_lawful() {
        let bytes = account().snapshot();
        let end = bytes.len() - 8;
        let (mut refused, mut loaded) = (0, 0);
        for place in 0..end {
            for change in [1, 0x80, 0xFF] {
                let mut forged = bytes.clone();
                forged[place] ^= change;
                let sum = checksum(&forged[..end]).to_le_bytes();
                forged[end..].copy_from_slice(&sum);
                match Account::load(&forged) {
                    Ok(account) => {
                        assert_eq!(account.audit(), Ok(()));
                        assert_eq!(account.snapshot(), forged);
                        loaded += 1;
                    }
                    Err(_) => refused += 1,
                }
            }
        }
        // Ids, instants and words may be others; amounts, places and forms may not.
        assert!(refused > 400 && loaded > 400, "{refused} {loaded}");
    }

    #[test]
    fn a_snapshot_says_why_it_is_refused() {
        let bytes = account().snapshot();
        let mut later = bytes.clone();
        later[8] = 3;
        let end = later.len() - 8;
        let sum = checksum(&later[..end]).to_le_bytes();
        later[end..].copy_from_slice(&sum);
        let mut forged = account();
        forged.credits.cycles[0].issued += 1;
        let law = "a cycle is the sum of its grants";
        for (bytes, error) in [
            (Vec::new(), SnapshotError::Foreign),
            (vec![0; 100], SnapshotError::Foreign),
            (bytes[..50].to_vec(), SnapshotError::Damaged),
            (later, SnapshotError::Format { format: 3 }),
            (forged.snapshot(), SnapshotError::Unlawful { law }),
        ] {
            assert_eq!(Account::load(&bytes).err(), Some(error));
        }
    }
}
