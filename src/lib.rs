//! An embeddable policy decision library for software sold to organizations.

pub mod catalog;
pub mod decision;
pub mod diagnostic;
mod document;
pub mod domain;
mod hash;
pub mod id;
pub mod request;
pub mod units;
pub mod word;
