//! **tollkeeper** answers, in process: may this person do this here, and why (not)?
//!
//! An embeddable policy decision library for software sold to organizations. It knows roles with inherent and
//! configurable permissions, org-wide settings, AI features with provider and compliance rules, and the rules
//! about who may change any of it. The vocabulary of a product is data, a [catalog](catalog::Catalog); what a
//! customer configured is data, a [domain](domain::Domain); a [request](request::Request) goes in, a
//! [decision](decision::Decision) with an exact reason comes out.
//!
//! ```text
//!   catalog.toml ──parse──▶ Catalog ─┐
//!                                    ├─compile─▶ Engine ──evaluate(&Request)──▶ Decision
//!   domain.toml ───parse──▶ Domain ──┘              └────explain(&Request)──▶ Explanation: every gate
//! ```
//!
//! # Example: an allow and a deny
//!
//! ```
//! use tollkeeper::{bind, catalog::Catalog, decision::Reason, domain::Domain, engine::Engine};
//! use tollkeeper::{id::{FeatureId, RoleId}, request::{Request, Subject}};
//!
//! bind! { struct Names {
//!     member: RoleId = "member",
//!     smart_status: FeatureId = "smart_status",
//!     smart_editor: FeatureId = "smart_editor",
//! } }
//!
//! let catalog = Catalog::builtin();
//! let names = Names::bind(&catalog)?;                     // names are looked up once
//! let domain = Domain::parse(r#"
//!     [domain]
//!     id = "clinic"
//!     kind = "organization"
//!     plan = "enterprise"
//!     regimes = ["hipaa"]
//!     [holders]
//!     super_admin = 2
//!     [settings]
//!     ai_partners = "on"
//! "#)?;
//! let engine = Engine::compile(&catalog, &domain)?;       // every mistake is found here
//!
//! let status = Request::new(Subject::role(names.member), names.smart_status);
//! assert!(engine.evaluate(&status).is_allow());
//!
//! let editor = Request::new(Subject::role(names.member), names.smart_editor);
//! assert_eq!(engine.evaluate(&editor).reason(), Reason::ProviderBarred);
//! println!("{}", engine.explain(&editor));                // every gate, the deciding one marked
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What holds
//!
//! - **Pure.** No I/O, clock, randomness, globals or `unsafe`. Time and balances are values in the request.
//! - **Deterministic.** The same catalog, domain and request give the same bytes on every machine.
//! - **Fails closed.** An unknown name, a fact that is not stated, an id of another catalog: never an allow.
//!   Evaluation has no error and never panics.
//! - **Exact about why.** Every deny names the gate that failed and what it is about; there is no "no rule matched".
//!
//! # The map, in reading order
//!
//! | module | what it is |
//! |---|---|
//! | [`catalog`] | what a product has: plans, roles, permissions, settings, features, rules; the built-in one |
//! | [`domain`] | what one customer configured, from TOML or built in code; the vocabulary of changes |
//! | [`request`] | who asks for what, in which circumstances |
//! | [`engine`] | catalog and domain compiled: evaluate, explain, record |
//! | [`analysis`] | what is in the way and who could change it; matrix, diff, replay, lint, escalation |
//! | [`decision`] | allow or deny, the reason, obligations |
//! | [`check`] | policy suites: what must be decided, as a file; their coverage; a self-check at start-up |
//! | [`diagnostic`] | everything that is wrong with a file, with place and likely fix |
//! | [`usage`] | a pure ledger for AI outputs and credits: periods, prices, grants, reservations |
//! | `schema` | JSON Schemas of the file formats, for editors; with the feature `schema` |
//! | [`id`], [`units`], [`word`] | names looked up once, exact units, shared words |

pub mod analysis;
mod ascending;
pub mod catalog;
pub mod check;
pub mod decision;
pub mod diagnostic;
mod document;
pub mod domain;
pub mod engine;
mod hash;
pub mod id;
pub mod request;
#[cfg(feature = "schema")]
pub mod schema;
pub mod units;
pub mod usage;
pub mod word;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadMe;
