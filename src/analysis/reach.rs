//! Reach: whether a role can ever have a permission, and which settings decide that.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::circumstances::holds;
use super::question::{Actor, Question};
use crate::engine::{Engine, Record, RolePermission};
use crate::id::{ListId, PermissionId, SettingId};
use crate::request::{NamedChange, NamedRequest, To};

/// How many levers are tried in all their positions. Only what the permission itself depends on is a lever: its
/// position for the role, its settings with what they require and what they restrict, and what restricts it.
const LEVERS_MAX: usize = 16;

/// Whether a role can have a permission, over everything that a domain can be configured to.
///
/// "Can have" means that some circumstances allow it by itself: not by an exemption, nor by another permission.
/// Plan, regimes, locks and other roles stay as they are, and nobody is asked who may turn what. Of a list it is turned
/// whether it has entries, not which: where two lists must have the same e-mail domain, none is made up.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reach {
    /// In every configuration.
    Always,
    /// In none; the decision says what is in the way.
    Never(Box<Record>),
    /// In some: what is turned decides.
    Configurable(Vec<Lever>),
    /// More than sixteen levers: not all their positions were tried.
    Undecided(Vec<Lever>),
}

/// Something that a change can move.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Lever {
    /// A setting.
    Setting(String),
    /// A permission of a role.
    RolePermission {
        /// The role.
        role: String,
        /// The permission.
        permission: String,
    },
    /// Whether a list has entries.
    List(String),
}

impl Lever {
    /// The change that moves the lever away from where it is.
    pub(super) fn turned(&self, engine: &Engine) -> Option<NamedChange> {
        let mut change = NamedChange::default();
        match self {
            Self::Setting(name) => {
                let now = engine.setting(engine.catalog().find::<SettingId>(name)?)?;
                (change.setting, change.to) = (Some(name.clone()), Some(To::Switch(now.position.reversed())));
            }
            Self::RolePermission { role, permission } => {
                let ids = engine.role(role).zip(engine.catalog().find::<PermissionId>(permission));
                let (of, held) = ids?;
                let RolePermission::Configurable { position, .. } = engine.role_permission(of, held) else {
                    return None;
                };
                (change.role, change.permission) = (Some(role.clone()), Some(permission.clone()));
                change.to = Some(To::Switch(position.reversed()));
            }
            Self::List(name) => {
                let list = engine.catalog().find::<ListId>(name)?;
                let empty = engine.list(list).next().is_none();
                let entries = if empty { vec!["listed.invalid".to_owned()] } else { Vec::new() };
                (change.list, change.to) = (Some(name.clone()), Some(To::Entries(entries)));
            }
        }
        Some(change)
    }
}

impl Engine {
    /// Whether a role can have a permission: always, never, or as configured, and by which settings.
    ///
    /// ```
    /// # use tollkeeper::{analysis::Reach, catalog::Catalog, domain::Domain, engine::Engine};
    /// # let domain = Domain::parse(include_str!("../../examples/domains/clinic.toml"))?;
    /// # let engine = Engine::compile(&Catalog::builtin(), &domain)?;
    /// assert_eq!(engine.reach("admin", "view_roles"), Reach::Always);
    /// assert!(matches!(engine.reach("guest", "create_teams"), Reach::Never(_)));
    /// assert!(matches!(engine.reach("guest", "upload_files"), Reach::Configurable(_)));
    /// # Ok::<(), tollkeeper::diagnostic::Diagnostics>(())
    /// ```
    pub fn reach(&self, role: &str, permission: &str) -> Reach {
        let question = Question::Permission(permission.to_owned());
        let request = question.asked_by(Actor::Role(role.to_owned()).subject());
        let levers = self.movable(&request, role);
        if levers.len() > LEVERS_MAX {
            return Reach::Undecided(levers);
        }
        let positions = 1_usize.checked_shl(u32::try_from(levers.len()).unwrap_or(0)).unwrap_or(1);
        let reached: Vec<Option<bool>> = (0..positions)
            .map(|turned| self.configured(&levers, turned).map(|it| holds(&it, &request)))
            .collect();
        if reached.iter().flatten().all(|holds| *holds) {
            return Reach::Always;
        }
        if reached.iter().flatten().all(|holds| !*holds) {
            return Reach::Never(Box::new(self.decide(&request)));
        }
        let decides = |index: usize| {
            let at = |turned: usize| reached.get(turned).copied().flatten();
            (0..positions).any(|turned| {
                let pair = at(turned).zip(at(turned ^ (1_usize << index)));
                pair.is_some_and(|(one, other)| one != other)
            })
        };
        let deciding = levers.into_iter().enumerate().filter(|(index, _)| decides(*index));
        Reach::Configurable(deciding.map(|(_, lever)| lever).collect())
    }

    /// The levers of a request that can be turned at all; of role permissions those of this role.
    fn movable(&self, request: &NamedRequest, role: &str) -> Vec<Lever> {
        let permission = request.action.permission.as_deref().and_then(|name| self.catalog().find(name));
        let Some(permission) = permission else { return Vec::new() };
        let levers = self.own_levers(permission);
        let name = |name: Option<&str>| name.map(str::to_owned);
        let settings = levers.settings.iter().filter_map(|it| name(self.catalog().name(*it)));
        let permissions: BTreeSet<PermissionId> =
            levers.permissions.iter().copied().chain(self.restricted_with(&levers.settings)).collect();
        let permissions = permissions.into_iter().filter_map(|it| name(self.catalog().name(it)));
        let lists = levers.lists.iter().filter_map(|it| name(self.catalog().name(*it)));
        let all = settings
            .map(Lever::Setting)
            .chain(permissions.map(|permission| Lever::RolePermission { role: role.to_owned(), permission }))
            .chain(lists.map(Lever::List));
        all.filter(|lever| self.can_turn(lever)).collect()
    }

    /// The restrictions that these settings turn on, and what they restrict: a setting can only be turned on where that
    /// leaves somebody to restrict.
    fn restricted_with(&self, settings: &[SettingId]) -> Vec<PermissionId> {
        let mut found = Vec::new();
        for (_, restriction) in self.catalog().all::<PermissionId>() {
            let Some(restricted) = self.catalog().restricts(restriction) else { continue };
            let own = self.own_levers(restriction).settings;
            if own.iter().any(|setting| settings.contains(setting)) {
                found.extend([restriction, restricted]);
            }
        }
        found
    }

    /// Whether turning a lever makes a difference to the domain: not where plan, lock or regime decide.
    fn can_turn(&self, lever: &Lever) -> bool {
        let Some(change) = lever.turned(self) else { return false };
        let back = self.preview(&change).and_then(|then| lever.turned(&then));
        // What cannot be turned alone, may be together with another lever.
        let sound = self.preview(&change).is_some();
        !sound || back != Some(change)
    }

    /// The domain with the levers of these bits turned; `None` where that is not sound.
    fn configured(&self, levers: &[Lever], turned: usize) -> Option<Self> {
        let on = |(index, _): &(usize, &Lever)| turned >> index & 1 == 1;
        let changes: Vec<NamedChange> =
            levers.iter().enumerate().filter(on).filter_map(|(_, lever)| lever.turned(self)).collect();
        self.with_changes(&changes)
    }
}
