//! What can be typed.

use std::path::PathBuf;

use clap::{Args as Group, Parser, Subcommand, ValueEnum};
use tollkeeper::schema;

/// Ask a policy domain who may do what, why not, and what would change that.
///
/// A domain file says what one customer configured; a catalog file says what the product has (left out, the built-in
/// catalog of a work-management product). Every command answers from the same evaluation that a service would use.
#[derive(Parser)]
#[command(
    name = "tollkeeper",
    version,
    max_term_width = 100,
    after_help = "\
Exit codes:
  0    what was asked for holds: allowed, passed, nothing found
  1    it does not: denied, failed, findings, flips
  2    it could not be asked: a file or an option is wrong; standard error says what
  141  whoever read the output stopped reading

Try, in the repository:
  tollkeeper explain  examples/domains/clinic.toml --role member --feature smart_editor
  tollkeeper remedies examples/domains/clinic.toml --role member --permission upload_files
  tollkeeper matrix   examples/domains/clinic.toml --format html > matrix.html
  tollkeeper lint     examples/domains/clinic.toml
  tollkeeper check    examples/suites/clinic.toml"
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Group)]
#[command(next_help_heading = "Output")]
pub(crate) struct Output {
    /// Print JSON for programs instead of text for people
    #[arg(long, global = true, display_order = 100)]
    pub(crate) json: bool,
    /// When to colour: `auto` (on a terminal, unless `NO_COLOR` is set), `always` or `never`
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN",
        hide_possible_values = true, hide_default_value = true, display_order = 101)]
    pub(crate) color: Colour,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Decide a request: allow or deny, and the reason
    ///
    /// A name that neither catalog nor domain has is denied with its own reason, as in a service.
    #[command(after_help = "\
Exit code: 0 allowed, 1 denied, 2 the request could not be read

Examples:
  tollkeeper evaluate clinic.toml --role member --permission create_teams
  tollkeeper evaluate clinic.toml --role member --permission delete_tasks --fact task_access
  tollkeeper evaluate clinic.toml --role admin --turn ai_partners=off
  tollkeeper evaluate clinic.toml --request \\
      '{\"subject\":{\"roles\":[\"member\"]},\"action\":{\"feature\":\"smart_editor\"}}'
  tollkeeper evaluate clinic.toml --request - --json --log < request.json >> decisions.jsonl

A request in JSON can say more: the trigger of a run, a model and tokens, balances, time, every
kind of change. `tollkeeper schema request` prints its form.")]
    Evaluate(Ask),
    /// Decide a request and show every gate that was asked, the deciding one marked
    #[command(after_help = "\
Exit code: 0 allowed, 1 denied, 2 the request could not be read

Example:
  tollkeeper explain clinic.toml --role member --feature smart_editor")]
    Explain(Ask),
    /// Show the smallest sets of changes that would lift a deny, and who could make each
    ///
    /// Taking the steps in order gives an allow, leaving one out does not, and each is one that its actor may take.
    #[command(after_help = "\
Exit code: 0 allowed already, 1 denied, 2 the request could not be read

Example:
  tollkeeper remedies clinic.toml --role member --permission upload_files --fact via_app=false")]
    Remedies(Ask),
    /// Show who may do what: permissions and features by role, features by switches, who may turn which switch
    #[command(after_help = "\
Exit code: 0, or 2 if a file is wrong

Examples:
  tollkeeper matrix clinic.toml
  tollkeeper matrix clinic.toml --format html > matrix.html
  tollkeeper matrix book_club.toml --catalog notes.toml --format csv")]
    Matrix {
        #[command(flatten)]
        domain: Domain,
        /// How to print it; a page in HTML needs nothing else
        #[arg(long, value_enum, default_value_t = Format::Text, conflicts_with = "json")]
        format: Format,
    },
    /// Compare two domains: which cells of the matrix widen, narrow, or keep their effect for another reason
    #[command(after_help = "\
Exit code: 0 no difference, 1 differences, 2 a file is wrong

Example:
  tollkeeper diff clinic.toml clinic_candidate.toml")]
    Diff {
        #[command(flatten)]
        domains: Domains,
    },
    /// Put logged requests to two domains and show what flips
    ///
    /// The log has one JSON object a line: a request, or a request with its decision as `evaluate --json --log` prints
    /// it. Empty lines are skipped. It is read line by line, so its length does not matter.
    #[command(after_help = "\
Exit code: 0 nothing flips, 1 flips, 2 a file is wrong or the log is empty

Examples:
  tollkeeper replay clinic.toml clinic_candidate.toml decisions.jsonl
  zcat decisions.jsonl.gz | tollkeeper replay clinic.toml clinic_candidate.toml --counts")]
    Replay {
        #[command(flatten)]
        domains: Domains,
        /// The log; left out or `-`, standard input
        log: Option<PathBuf>,
        /// Print the counts only
        #[arg(long)]
        counts: bool,
    },
    /// Find what in a domain has no effect, or surprises
    #[command(after_help = "\
Exit code: 0 nothing found, 1 findings, 2 a file is wrong

Example:
  tollkeeper lint clinic.toml")]
    Lint {
        #[command(flatten)]
        domain: Domain,
    },
    /// Find whether a role can give itself a permission, by changes it may make
    ///
    /// Without a role and a permission: every role that can reach a permission it does not have.
    #[command(after_help = "\
Exit code: 0 no way, 1 a way, 2 a file or a name is wrong

Examples:
  tollkeeper escalation clinic.toml
  tollkeeper escalation clinic.toml --role admin --permission manage_roles")]
    Escalation {
        #[command(flatten)]
        domain: Domain,
        /// The role
        #[arg(long, requires = "permission")]
        role: Option<String>,
        /// The permission
        #[arg(long, requires = "role")]
        permission: Option<String>,
    },
    /// Run policy suites: checks of what is expected of a domain, with coverage
    ///
    /// A suite names its domain and catalog by itself, relative to its own file. Every suite is run, also behind one
    /// that fails or cannot be read.
    #[command(after_help = "\
Exit code: 0 every check passed, 1 one failed, 2 a file is wrong

Examples:
  tollkeeper check suites/*.toml
  tollkeeper check clinic.toml --missed")]
    Check {
        /// The suite files
        #[arg(required = true)]
        suites: Vec<PathBuf>,
        /// List also what no check exercised
        #[arg(long)]
        missed: bool,
    },
    /// Print the JSON Schema of a file format, for editors
    #[command(after_help = "\
Exit code: 0

In an editor with taplo, tombi or Even Better TOML, keys are completed and explained, and mistakes
underlined, once a file names its schema:
  tollkeeper schema domain > domain.schema.json
and as the first line of the domain file
  #:schema ./domain.schema.json")]
    Schema {
        /// Which format
        format: SchemaOf,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Csv,
    Html,
}

/// The formats that have a schema.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// What a product has, in TOML
    Catalog,
    /// What one customer configured, in TOML
    Domain,
    /// Checks of what is expected, in TOML
    Suite,
    /// A request, in JSON
    Request,
}

impl SchemaOf {
    pub(crate) const fn format(self) -> schema::Format {
        match self {
            Self::Catalog => schema::Format::Catalog,
            Self::Domain => schema::Format::Domain,
            Self::Suite => schema::Format::Suite,
            Self::Request => schema::Format::Request,
        }
    }
}

/// A domain and the catalog it speaks of.
#[derive(Group)]
pub(crate) struct Domain {
    /// The domain file
    pub(crate) domain: PathBuf,
    #[command(flatten)]
    pub(crate) catalog: CatalogFile,
}

/// Two domains of one catalog.
#[derive(Group)]
pub(crate) struct Domains {
    /// The domain file as it is
    pub(crate) old: PathBuf,
    /// The domain file as it would be
    pub(crate) new: PathBuf,
    #[command(flatten)]
    pub(crate) catalog: CatalogFile,
}

#[derive(Group)]
pub(crate) struct CatalogFile {
    /// The catalog file; left out, the built-in catalog
    #[arg(long, value_name = "FILE")]
    pub(crate) catalog: Option<PathBuf>,
}

/// A request, in options or as JSON.
#[derive(Group)]
pub(crate) struct Ask {
    #[command(flatten)]
    pub(crate) domain: Domain,
    /// Who asks: a role; may be given several times
    #[arg(long, help_heading = "Request")]
    pub(crate) role: Vec<String>,
    /// Who asks: a standing, such as `billing_owner`
    #[arg(long, help_heading = "Request")]
    pub(crate) standing: Vec<String>,
    /// What for: to use a permission
    #[arg(long, group = "action", help_heading = "Request")]
    pub(crate) permission: Option<String>,
    /// What for: to run a feature
    #[arg(long, group = "action", help_heading = "Request")]
    pub(crate) feature: Option<String>,
    /// What for: to turn a setting, such as `ai_partners=off`
    #[arg(long, group = "action", value_name = "SETTING=POSITION", help_heading = "Request")]
    pub(crate) turn: Option<String>,
    /// What is so, or not so: a fact, such as `task_access` or `draft=false`
    #[arg(long, value_name = "FACT[=false]", help_heading = "Request")]
    pub(crate) fact: Vec<String>,
    /// The e-mail domain of the person concerned
    #[arg(long, value_name = "DOMAIN", help_heading = "Request")]
    pub(crate) email_domain: Option<String>,
    /// The whole request as JSON; `-` reads it from standard input
    #[arg(long, value_name = "JSON", help_heading = "Request",
        conflicts_with_all = ["role", "standing", "permission", "feature", "turn", "fact", "email_domain"])]
    pub(crate) request: Option<String>,
    /// With --json: print request and decision as one line of a decision log
    #[arg(long, requires = "json")]
    pub(crate) log: bool,
}
