//! An embeddable policy decision library for software sold to organizations.

pub mod catalog;
pub mod diagnostic;
mod document;
mod hash;
pub mod id;
pub mod units;
pub mod word;
