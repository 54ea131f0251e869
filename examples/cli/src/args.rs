//! What can be typed.

use std::path::PathBuf;

use clap::{Args as Group, Parser, Subcommand, ValueEnum};

/// Ask a policy domain who may do what, why not, and what would change that.
///
/// A domain file says what one customer configured; a catalog file says what the product has (default: the built-in
/// catalog of a work-management product). Every command answers from the same evaluation that a service would use.
#[derive(Parser)]
#[command(
    name = "tollkeeper",
    version,
    after_help = "\
Exit codes: 0 what was asked for holds (allowed, nothing found) · 1 it does not (denied, findings, flips)
            2 it could not be asked (a file, a name or a request is wrong)

Try, in the repository:
  tollkeeper explain  examples/domains/clinic.toml --role member --feature smart_editor
  tollkeeper remedies examples/domains/clinic.toml --role member --permission upload_files
  tollkeeper matrix   examples/domains/clinic.toml --format html > matrix.html
  tollkeeper lint     examples/domains/clinic.toml"
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Group)]
pub(crate) struct Common {
    /// The catalog file; left out, the built-in catalog
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) catalog: Option<PathBuf>,
    /// Print JSON for programs instead of text for people
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// When to colour
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    pub(crate) color: Colour,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal
    Auto,
    Always,
    Never,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Decide a request: allow or deny, and the reason
    Evaluate(Ask),
    /// Decide a request and show every gate that was asked, the deciding one marked
    Explain(Ask),
    /// Show the smallest sets of changes that would lift a deny, and who could make each
    Remedies(Ask),
    /// Show who may do what: permissions and features by role, features by switches, who may turn which switch
    Matrix {
        /// The domain file
        domain: PathBuf,
        /// How to print it; HTML is a page that needs nothing else
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Compare two domains: which cells widen, narrow, or keep their effect for another reason
    Diff {
        /// The domain file as it is
        old: PathBuf,
        /// The domain file as it would be
        new: PathBuf,
    },
    /// Put logged requests to two domains and show what flips
    ///
    /// The log has one JSON object a line: a request, or a request with its decision as `evaluate --json --log` prints it. It is
    /// read line by line, so its length does not matter.
    Replay {
        /// The domain file as it is
        old: PathBuf,
        /// The domain file as it would be
        new: PathBuf,
        /// The log; left out or `-`, standard input
        log: Option<PathBuf>,
        /// Print the counts only
        #[arg(long)]
        counts: bool,
    },
    /// Find what in a domain has no effect, or surprises
    Lint {
        /// The domain file
        domain: PathBuf,
    },
    /// Find whether a role can give itself a permission, by changes it may make
    ///
    /// Without a role and a permission: every role that can reach a permission it does not have.
    Escalation {
        /// The domain file
        domain: PathBuf,
        /// The role
        #[arg(long, requires = "permission")]
        role: Option<String>,
        /// The permission
        #[arg(long, requires = "role")]
        permission: Option<String>,
    },
    /// Run policy suites: checks of what is expected of a domain, with coverage
    Check {
        /// The suite files
        #[arg(required = true)]
        suites: Vec<PathBuf>,
    },
    /// Print the JSON Schema of a file format, for editors
    Schema,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Csv,
    Html,
}

/// A request, in options or as JSON.
#[derive(Group)]
pub(crate) struct Ask {
    /// The domain file
    pub(crate) domain: PathBuf,
    /// The whole request as JSON; `-` reads it from standard input
    #[arg(long, value_name = "JSON", conflicts_with_all = ["role", "standing", "permission", "feature", "turn"])]
    pub(crate) request: Option<String>,
    /// Who asks: a role; may be given several times
    #[arg(long)]
    pub(crate) role: Vec<String>,
    /// Who asks: a standing, such as `billing_owner`
    #[arg(long)]
    pub(crate) standing: Vec<String>,
    /// What for: to use a permission
    #[arg(long, group = "action")]
    pub(crate) permission: Option<String>,
    /// What for: to run a feature
    #[arg(long, group = "action")]
    pub(crate) feature: Option<String>,
    /// What for: to turn a setting, such as `ai_partners=off`
    #[arg(long, group = "action", value_name = "SETTING=POSITION")]
    pub(crate) turn: Option<String>,
    /// What is so, or not so: a fact, such as `task_access` or `draft=false`
    #[arg(long, value_name = "FACT[=false]")]
    pub(crate) fact: Vec<String>,
    /// The e-mail domain of the person concerned
    #[arg(long, value_name = "DOMAIN")]
    pub(crate) email_domain: Option<String>,
    /// With --json: print request and decision as one line of a decision log
    #[arg(long, requires = "json")]
    pub(crate) log: bool,
}
