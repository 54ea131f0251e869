//! A domain built in code states what a file states.

#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

use tollkeeper::catalog::{Bind, Catalog};
use tollkeeper::domain::{Domain, DomainBuilder, Limit};
use tollkeeper::engine::Engine;
use tollkeeper::id::{KindId, PermissionId, PlanId, RoleId};
use tollkeeper::word::{Every, Switch};

const FILE: &str = "
[domain]
id = 'acme'
kind = 'organization'
plan = 'enterprise'
add_ons = ['permissions_management', 'key_management', 'data_residency']
regimes = ['hipaa', 'key_management']
attested = ['customer_keys']
[holders]
super_admin = 2
contractor = 14
[settings]
ai_partners = 'on'
[locked]
uploads = 'off'
[lists]
trusted_domains = ['partner.example']
[roles.admin]
permissions = { manage_roles = 'on' }
[roles.contractor]
based_on = 'guest'
permissions = { upload_files = 'off' }
[role_defaults]
guests = 'contractor'
[limits.ai_outputs]
limit = 1000
every = 'month'
stop = 'soft'
ceiling_percent = 130
[seats]
enterprise = 120
permissions_management = 120
[residency]
region = 'eu'
migrated = true
";

fn id<T: Bind>(catalog: &Catalog, name: &str) -> T {
    catalog.find(name).unwrap()
}

fn built(catalog: &Catalog) -> DomainBuilder<'_> {
    let enterprise: PlanId = id(catalog, "enterprise");
    let (on, off) = (Switch::On, Switch::Off);
    DomainBuilder::new(catalog, "acme", id(catalog, "organization"), enterprise)
        .add_on(id(catalog, "permissions_management"))
        .add_on(id(catalog, "key_management"))
        .add_on(id(catalog, "data_residency"))
        .regime(id(catalog, "hipaa"))
        .regime(id(catalog, "key_management"))
        .attested("customer_keys")
        .holders(id(catalog, "super_admin"), 2)
        .custom_role_holders("contractor", 14)
        .setting(id(catalog, "ai_partners"), on)
        .locked(id(catalog, "uploads"), off)
        .list(id(catalog, "trusted_domains"), ["partner.example"])
        .role_permission(id(catalog, "admin"), id(catalog, "manage_roles"), on)
        .custom_role("contractor", id(catalog, "guest"), [(id::<PermissionId>(catalog, "upload_files"), off)])
        .role_default(id(catalog, "guests"), "contractor")
        .limit(id(catalog, "ai_outputs"), Limit::soft(1000, Every::Month, 130))
        .plan_seats(enterprise, 120)
        .add_on_seats(id(catalog, "permissions_management"), 120)
        .residency("eu", true)
}

#[test]
fn a_domain_built_in_code_equals_the_one_that_a_file_states() {
    let catalog = Catalog::builtin();
    let (from_code, from_file) = (built(&catalog).build().unwrap(), Domain::parse(FILE).unwrap());
    assert_eq!(from_code.to_toml(), from_file.to_toml());
    assert_eq!(from_code, from_file);
    let version = |domain| Engine::compile(&catalog, domain).unwrap().version();
    assert_eq!(version(&from_code), version(&from_file));
}

#[test]
fn ids_of_another_catalog_are_refused_all_at_once() {
    let catalog = Catalog::builtin();
    let other = Catalog::parse("[catalog]\nid='x'\nversion='1'\n[kinds.k]\n[plans.p]\n[roles.r]").unwrap();
    let (kind, plan): (KindId, PlanId) = (id(&other, "k"), id(&other, "p"));
    let role: RoleId = id(&other, "r");
    let error = DomainBuilder::new(&catalog, "acme", kind, plan).holders(role, 1).build().unwrap_err();
    assert_eq!(error.count(), 3);
}
