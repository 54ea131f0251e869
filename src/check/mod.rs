//! Policy suites: unit tests for what a domain allows, as a file.
//!
//! A [`Suite`] names a domain and states what must be decided; [`run`] decides it all and reports every difference
//! with what was expected, what came, and why. The library reads no files: the suite says which it needs, the
//! caller hands their texts over.
//!
//! # Example: a suite in a `#[test]`
//!
//! ```
//! use tollkeeper::check::{self, Suite};
//!
//! # let text = r#"
//! # [suite]
//! # name = "what guests may do"
//! # domain = "acme.toml"
//! # [[check]]
//! # name = "a guest never creates teams"
//! # subject = { roles = ["guest"] }
//! # action = { permission = "create_teams" }
//! # expect = "deny"
//! # reason = "never-for-role"
//! # "#;
//! # let files = |file: &str| -> std::io::Result<String> {
//! #     assert_eq!(file, "acme.toml");
//! #     Ok("[domain]\nid = 'acme'\nkind = 'workspace'\nplan = 'starter'".to_owned())
//! # };
//! # /*
//! let text = include_str!("suites/guests.toml");
//! let files = |file: &str| std::fs::read_to_string(format!("tests/suites/{file}"));
//! # */
//! let suite = Suite::parse(text)?;
//! check::run(&suite, &suite.engine(files)?).into_result()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The file
//!
//! ```
//! # let text = r#"
//! [suite]
//! name = "what guests may do"
//! domain = "acme.toml"                # or the tables of a domain in place, at top level
//! ## catalog = "notes.toml"            # the built-in one is the default
//!
//! [[check]]
//! name = "a guest never creates teams"
//! subject = { roles = ["guest"] }     # may be left out where the action is open to every role
//! action = { permission = "create_teams" }
//! context = { facts = { task_access = true } }    # optional; the keys are those of a request
//! expect = "deny"
//! reason = "never-for-role"           # optional; so are `obligations`, `providers`, `data`, `fallback`, `remedy`
//!
//! [[table]]                           # subjects × actions; `context` and `resource` hold for every cell
//! name = "who creates what"
//! subjects = ["admin", "guest", { roles = ["guest", "member"], standings = ["billing_owner"] }]
//! permissions.create_teams   = ["allow", "never-for-role", "allow"]   # an effect, or the reason that means it
//! features.smart_status      = ["allow", "allow", "feature-on"]
//! rows = [                            # for every other action
//!     { action = { store = "classified" }, expect = ["allow", "allow", "allow"] },
//! ]
//! # "#;
//! # let suite = tollkeeper::check::Suite::parse(text)?;
//! # assert_eq!(suite.checks().count(), 10);
//! # let engine = suite.engine(|_| Ok::<_, String>("
//! #     [domain]
//! #     id = 'acme'
//! #     kind = 'workspace'
//! #     plan = 'starter'
//! # ".to_owned()))?;
//! # tollkeeper::check::run(&suite, &engine).into_result()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What would lift a deny is expected as `remedy`: the steps of one of the remedies that
//! [`Engine::remedies`](crate::engine::Engine::remedies) finds, in any order, or that nothing does.
//!
//! ```
//! # let text = r#"
//! # [suite]
//! # name = "what lifts a deny"
//! # [domain]
//! # id = "acme"
//! # kind = "organization"
//! # plan = "starter"
//! # [holders]
//! # super_admin = 1
//! # [settings]
//! # uploads = "off"
//! [[check]]
//! name = "uploads are off, and a super admin turns them on"
//! subject = { roles = ["member"] }
//! action = { permission = "upload_files" }
//! context = { facts = { via_app = false } }
//! expect = "deny"
//! remedy = [{ by = "super_admin", change = { setting = "uploads", to = "on" } }]
//!
//! [[check]]
//! name = "a guest never creates teams"
//! subject = { roles = ["guest"] }
//! action = { permission = "create_teams" }
//! expect = "deny"
//! remedy = "impossible"
//! # "#;
//! # let suite = tollkeeper::check::Suite::parse(text)?;
//! # tollkeeper::check::run(&suite, &suite.engine(|_| Err("no other files"))?).into_result()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`ExpectedStep`] lists the keys of a step.
//!
//! Keys that the format does not have are refused. *Names* in a request are not looked up when a suite is read:
//! they resolve as those of a request do, so an unknown one denies, and a check may expect just that.
//!
//! [`self_check`] is the small relative for production: what must be denied is denied, or the service does not
//! start. With the feature `proptest`, `check::strategies` makes domains and requests of a catalog, so that
//! properties can be stated beside examples.

mod coverage;
mod remedy;
mod report;
mod run;
mod self_check;
pub(crate) mod source;
#[cfg(feature = "proptest")]
pub mod strategies;
mod suite;

pub use coverage::{Coverage, Covered};
pub use remedy::{ExpectedRemedy, ExpectedStep};
pub use report::{Aspect, Failed, Failure, Mismatch, Report};
pub use run::run;
pub use self_check::{SelfCheckError, self_check};
pub use suite::{Check, EngineError, Expected, Suite};
