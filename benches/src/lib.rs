//! What tollkeeper is measured with: one stream of requests, and two rivals written by hand.
//!
//! | module | what it is |
//! |---|---|
//! | [`product`] | the built-in catalog as plain data, for everything that is not tollkeeper |
//! | [`tenant`] | customers, generated from a number, and what their configuration comes to |
//! | [`workload`] | 4,096 requests about them, in names and in ids |
//! | [`floor`] | the same decisions from precomputed masks: how fast it could be |
//! | [`maps`] | the same decisions from nested hash maps: what people write by hand |
//! | [`growth`] | catalogs of any size |
//! | [`ledger`] | a price book, and accounts on which runs are reserved and settled |
//! | [`heap`] | how many bytes a thing holds |

pub mod floor;
pub mod growth;
pub mod heap;
pub mod ledger;
pub mod maps;
pub mod product;
pub mod random;
pub mod tenant;
pub mod workload;
