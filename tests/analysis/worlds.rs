//! The domains that the laws are held against, small enough to be exhausted.

use tollkeeper::catalog::Catalog;
use tollkeeper::domain::Domain;
use tollkeeper::engine::Engine;

pub(crate) const CLINIC: &str = include_str!("../../examples/domains/clinic.toml");

pub(crate) const ORGANIZATION: &str = "
    domain = { id = 'acme', kind = 'organization', plan = 'enterprise_plus' }
    holders = { super_admin = 2 }
";

/// Configurable in every way: custom roles, restrictions, settings off, a list.
pub(crate) const CONFIGURED: &str = "
    domain = { id = 'configured', kind = 'organization', plan = 'enterprise', add_ons = ['permissions_management'] }
    holders = { super_admin = 1, helper = 0 }
    settings = { guest_invites_trusted_only = 'on', uploads = 'off', ai_studio = 'off' }
    locked = { mobile_downloads = 'off' }
    lists = { trusted_domains = ['partner.example', 'second.example'] }
    [roles.admin]
    permissions = { manage_roles = 'on' }
    [roles.guest]
    permissions = { delete_tasks = 'off' }
    [roles.helper]
    based_on = 'member'
    permissions = { create_teams = 'off', use_apps = 'off' }
";

pub(crate) const WORKSPACE: &str = "domain = { id = 'studio', kind = 'workspace', plan = 'starter' }";

pub(crate) const PERSONAL: &str = "domain = { id = 'me', kind = 'workspace', plan = 'personal' }";

pub(crate) const DIVISION: &str = "
    domain = { id = 'branch', kind = 'division', plan = 'advanced' }
    settings = { ml = 'off' }
";

/// An organization in which nobody has been verified as super admin.
pub(crate) const UNVERIFIED: &str = "
    domain = { id = 'young', kind = 'organization', plan = 'starter' }
    holders = { super_admin = 0 }
    settings = { ai_partners = 'off' }
";

pub(crate) const ALL: [&str; 7] =
    [CLINIC, ORGANIZATION, CONFIGURED, WORKSPACE, PERSONAL, DIVISION, UNVERIFIED];

pub(crate) fn engine(text: &str) -> Engine {
    let domain = Domain::parse(text).unwrap_or_else(|problems| panic!("{}", problems.render("world", text)));
    Engine::compile(&Catalog::builtin(), &domain)
        .unwrap_or_else(|problems| panic!("{}", problems.render("world", text)))
}

pub(crate) fn engines() -> Vec<Engine> {
    ALL.iter().map(|text| engine(text)).collect()
}
