//! Which role newcomers receive.

use tollkeeper::catalog::Catalog;
use tollkeeper::decision::Reason;
use tollkeeper::domain::{Change, Domain};
use tollkeeper::engine::Engine;
use tollkeeper::id::{RoleDefaultId, RoleId};
use tollkeeper::request::{Request, Subject};

const ACME: &str = "
[domain]
id = 'acme'
kind = 'organization'
plan = 'enterprise_plus'
[holders]
super_admin = 1
newcomer = 0
delegate = 0
[roles.newcomer]
based_on = 'guest'
[roles.delegate]
based_on = 'admin'
";

fn compile(role_defaults: &str) -> Result<Engine, String> {
    let text = format!("{ACME}[role_defaults]\n{role_defaults}");
    let domain = Domain::parse(&text).map_err(|error| error.to_string())?;
    Engine::compile(&Catalog::builtin(), &domain).map_err(|error| error.to_string())
}

/// ROL-11
#[test]
fn newcomers_receive_the_role_that_the_domain_names_and_never_one_based_on_admin() {
    let catalog = Catalog::builtin();
    let refused = "15:11: contradiction: `admin` cannot be given by default to `members`; \
                   name a role that is, or is based on, `guest` or `member`";
    #[rustfmt::skip]
    let table = [
        ("",                     "members", Ok("member")),
        ("",                     "guests",  Ok("guest")),
        ("members = 'newcomer'", "members", Ok("newcomer")),
        ("members = 'newcomer'", "guests",  Ok("guest")),
        ("guests  = 'member'",   "guests",  Ok("member")),
        ("members = 'admin'",    "members", Err(refused.to_owned())),
        ("members = 'delegate'", "members", Err(refused.replace("`admin`", "`delegate`"))),
        ("guests  = 'gust'",     "guests",  Err("15:11: unknown-name: unknown role `gust`; did you mean `guest`?".to_owned())),
        ("member  = 'member'",   "members", Err("15:1: unknown-name: unknown role default `member`; did you mean `members`?".to_owned())),
    ];
    for (stated, whom, expected) in table {
        let of: RoleDefaultId = catalog.find(whom).unwrap();
        let given = compile(stated)
            .map(|engine| engine.default_role(of) == engine.role(expected.as_deref().unwrap()));
        assert_eq!(given, expected.clone().map(|_| true), "{stated} {whom}");
    }
    let foreign = Catalog::parse(
        "[catalog]\nid='x'\nversion='1'\n[roles.a]\n[role_defaults.members]\nrole='a'\nbased_on=['a']",
    );
    let foreign: RoleDefaultId = foreign.unwrap().find("members").unwrap();
    assert_eq!(compile("").unwrap().default_role(foreign), None);
}

/// ROL-08, ROL-11
#[test]
fn a_role_that_newcomers_receive_cannot_be_deleted() {
    for (stated, expected) in [("members = 'newcomer'", Reason::RoleInUse), ("", Reason::AuthorizedChange)] {
        let engine = compile(stated).unwrap();
        let super_admin: RoleId = engine.role("super_admin").unwrap();
        let change = Change::DeleteRole { role: engine.role("newcomer").unwrap() };
        let decision = engine.evaluate(&Request::new(Subject::role(super_admin), change));
        assert_eq!(decision.reason(), expected, "{stated}");
    }
}
