//! An embeddable policy decision library for software sold to organizations.

pub mod id;
pub mod units;
pub mod usage;
