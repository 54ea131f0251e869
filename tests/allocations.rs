//! A decision allocates nothing.

use std::alloc::System;
use std::hint::black_box;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tollkeeper::bind;
use tollkeeper::catalog::Catalog;
use tollkeeper::decision::Reason;
use tollkeeper::domain::{Change, Domain};
use tollkeeper::engine::Engine;
use tollkeeper::id::{
    ConnectorId, DataId, FactId, FeatureId, LimitId, ListId, ModeId, ModelId, ObjectId, PermissionId,
    QuantityId, RoleId, SettingId, StandingId,
};
use tollkeeper::request::{Action, Balance, Read, Request, Run, Subject};
use tollkeeper::word::{Switch, Trigger};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

bind! { struct Names {
    super_admin: RoleId = "super_admin",
    admin: RoleId = "admin",
    member: RoleId = "member",
    guest: RoleId = "guest",
    billing_owner: StandingId = "billing_owner",
    create_teams: PermissionId = "create_teams",
    delete_tasks: PermissionId = "delete_tasks",
    upload_files: PermissionId = "upload_files",
    invite_guests: PermissionId = "invite_guests",
    task_access: FactId = "task_access",
    self_created: FactId = "self_created",
    via_app: FactId = "via_app",
    smart_editor: FeatureId = "smart_editor",
    smart_status: FeatureId = "smart_status",
    workflows: FeatureId = "ai_studio_workflows",
    anthropic: ModelId = "anthropic_large",
    input: QuantityId = "input",
    outputs: LimitId = "ai_outputs",
    credits: LimitId = "ai_studio_credits",
    content: DataId = "user_content",
    uploads: SettingId = "uploads",
    ai_partners: SettingId = "ai_partners",
    trusted_domains: ListId = "trusted_domains",
    connector: ConnectorId = "notion_ai",
    by_token: ModeId = "enterprise_account",
    task: ObjectId = "task",
} }

const DOMAIN: &str = "
    [domain]
    id = 'acme'
    kind = 'organization'
    plan = 'enterprise_plus'
    regimes = ['hipaa']
    [holders]
    super_admin = 1
    clerk = 0
    [settings]
    ai_partners = 'on'
    guest_invites_trusted_only = 'on'
    [lists]
    trusted_domains = ['partner.example', 'second.example']
    [limits.ai_outputs]
    limit = 10
    every = 'month'
    [roles.member]
    permissions = { delete_tasks = 'off', upload_files = 'off' }
    [roles.clerk]
    based_on = 'admin'
";

#[test]
fn evaluating_allocates_nothing() {
    let catalog = Catalog::builtin();
    let names = Names::bind(&catalog).unwrap();
    let engine = Engine::compile(&catalog, &Domain::parse(DOMAIN).unwrap()).unwrap();
    let clerk = engine.role("clerk").unwrap();
    let (chief, admin) = (Subject::role(names.super_admin), Subject::role(names.admin));
    let (member, guest) = (Subject::role(names.member), Subject::role(names.guest));
    let several = [names.guest, names.member, clerk, names.member];
    let standings = [names.billing_owner];
    let (left, used) = ([(names.outputs, Balance::Remaining(3))], [(names.outputs, Balance::Used(10))]);
    let credits = [(names.credits, Balance::Remaining(1_000_000))];
    let tokens = [(names.input, 12)];
    let workflow = Run::new(names.workflows).on_model(names.anthropic, &tokens);
    let role_permission =
        Change::RolePermission { role: clerk, permission: names.create_teams, to: Switch::Off };
    let requests = [
        Request::new(guest, names.create_teams),
        Request::new(Subject::roles(&several), names.create_teams),
        Request::new(Subject::nobody(), names.create_teams),
        Request::new(Subject::role(RoleId::UNKNOWN), names.create_teams),
        Request::new(member, names.delete_tasks).fact(names.task_access, true).fact(names.self_created, true),
        Request::new(member, names.delete_tasks).fact(names.task_access, true),
        Request::new(Subject::roles(&several), names.delete_tasks),
        Request::new(member, names.upload_files).fact(names.via_app, true),
        Request::new(member, names.upload_files),
        Request::new(member, names.invite_guests).email_domain("PARTNER.example"),
        Request::new(member, names.invite_guests).email_domain("else.example"),
        Request::new(member, names.invite_guests),
        Request::new(member, names.smart_editor),
        Request::new(member, names.smart_status).balances(&left),
        Request::new(member, names.smart_status).balances(&used),
        Request::new(member, Run::new(names.smart_status).trigger(Trigger::Proactive)),
        Request::new(member, workflow).balances(&credits),
        Request::new(guest, workflow),
        Request::new(
            guest,
            Action::Process { data: names.content, feature: names.smart_status, model: None },
        ),
        Request::new(guest, Action::Store(names.content)),
        Request::new(guest, Action::Malformed),
        Request::new(chief, Change::Setting { setting: names.uploads, to: Switch::Off }),
        Request::new(
            admin.with_standings(&standings),
            Change::Setting { setting: names.ai_partners, to: Switch::Off },
        ),
        Request::new(chief, role_permission),
        Request::new(admin, role_permission),
        Request::new(admin, Change::List { list: names.trusted_domains, to: &["a.example", "b.example"] }),
        Request::new(chief, Change::CreateRole { name: "auditor", based_on: names.member }),
        Request::new(chief, Change::DeleteRole { role: clerk }),
        Request::new(chief, Change::AssignRole { role: names.member, from: Some(names.super_admin) }),
        Request::new(admin, Change::AssignRole { role: clerk, from: Some(names.member) }),
        Request::new(chief, Action::Connect { connector: names.connector, mode: names.by_token }),
        Request::new(member, Action::Connect { connector: names.connector, mode: names.by_token }),
        Request::new(member, Action::Disconnect { connector: names.connector }),
        Request::new(member, Read::new(names.task, names.connector)),
        Request::new(member, Read::new(names.task, names.connector).mode(names.by_token)),
    ];
    // The first holder of a role has to be verified, which is not stated: every completion is decided.
    let unheld = DOMAIN.replace("super_admin = 1", "super_admin = 0");
    let unheld = Engine::compile(&catalog, &Domain::parse(&unheld).unwrap()).unwrap();
    let first = Change::AssignRole { role: names.super_admin, from: Some(names.admin) };
    let first = Request::new(admin, first);
    assert_eq!(unheld.evaluate(&first).reason(), Reason::MissingFact);
    let of_engine = requests.iter().map(|request| (&engine, *request));
    let asked: Vec<(&Engine, Request<'_>)> = of_engine.chain([(&unheld, first)]).collect();
    let region = Region::new(ALLOCATOR);
    for _ in 0..100 {
        for request in &requests {
            assert!(black_box(engine.evaluate(black_box(request))).charge() <= 600_000);
        }
        assert!(black_box(unheld.evaluate(black_box(&first))).is_deny());
        // More than are fetched at once.
        let one_by_one = asked.iter().map(|(engine, request)| engine.evaluate(request));
        assert!(asked.len() > 32 && Engine::evaluate_all(&asked).eq(one_by_one));
    }
    let stats = region.change();
    assert_eq!((stats.allocations, stats.reallocations), (0, 0), "{stats:?}");
    // The stream is a mixed one, and the allocator does count.
    let reasons: std::collections::BTreeSet<_> =
        requests.iter().map(|request| engine.evaluate(request).reason()).collect();
    assert!(reasons.len() >= 16, "{reasons:?}");
    assert!(region.change().allocations > 0);
}
