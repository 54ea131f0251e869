//! Catalogs of any size: does a decision cost the same with ten permissions and with ten thousand?

use std::fmt::Write as _;

use tollkeeper::catalog::Catalog;
use tollkeeper::engine::Engine;
use tollkeeper::request::{Request, Subject};

use crate::random::Random;
use crate::workload::compile;

/// A catalog and a domain of this many permissions and roles.
pub fn engine(permissions: usize, roles: usize) -> Engine {
    let mut text = String::from("[catalog]\nid = \"grown\"\nversion = \"1\"\n[kinds.team]\n[plans.free]\n");
    text.push_str(
        "[settings.ceiling]\ndefault = \"on\"\n[facts]\naccess = \"\"\n[changes.role_permission]\n",
    );
    text.push_str("roles = [\"role_0\"]\n");
    for role in 0..roles {
        writeln!(text, "[roles.role_{role}]\ncustom = true").expect("a string takes every line");
    }
    for permission in 0..permissions {
        writeln!(text, "[permissions.permission_{permission}]").expect("a string takes every line");
        match permission % 4 {
            0 => text.push_str("setting = \"ceiling\"\n"),
            1 => text.push_str("needs = [\"access\"]\n"),
            _ => {}
        }
        let to = if permission % 3 == 0 { "off" } else { "on" };
        writeln!(text, "default = {{ role_{} = \"{to}\" }}", permission % roles).expect("a string takes it");
    }
    let catalog = Catalog::parse(&text).unwrap_or_else(|error| panic!("{}", error.render("grown", &text)));
    compile(&catalog, "domain = { id = 'grown', kind = 'team', plan = 'free' }")
}

/// Requests that look random: half of them about a permission that the role has something of.
pub fn requests(engine: &Engine, permissions: usize, roles: usize, count: usize) -> Vec<Request<'static>> {
    let mut random = Random::new(1);
    let catalog = engine.catalog();
    let access = catalog.find("access").expect("the catalog has it");
    let request = |_| {
        let permission = random.below(permissions);
        let role = if random.percent(50) { permission % roles } else { random.below(roles) };
        let role = catalog.find(&format!("role_{role}")).expect("the catalog has it");
        let permission: tollkeeper::id::PermissionId =
            catalog.find(&format!("permission_{permission}")).expect("the catalog has it");
        Request::new(Subject::role(role), permission).fact(access, random.percent(50))
    };
    (0..count).map(request).collect()
}
