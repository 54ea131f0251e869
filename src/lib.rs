//! An embeddable policy decision library for software sold to organizations.

pub mod catalog;
pub mod decision;
pub mod diagnostic;
mod document;
pub mod domain;
pub mod engine;
mod hash;
pub mod id;
pub mod request;
pub mod units;
pub mod word;
