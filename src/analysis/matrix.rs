//! The matrix: every question of a domain, answered for every role.

use serde::{Deserialize, Serialize};

use super::question::{Actor, Answer, Cell, Question, everybody, turn};
use crate::engine::Engine;
use crate::id::{PermissionId, SettingId};
use crate::request::{NamedAction, NamedContext, NamedRequest, NamedSubject};

/// Who may do what in a domain.
///
/// Every cell equals the evaluation of its question; none is worked out another way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Matrix {
    /// The domain.
    pub domain: String,
    /// The content hash of catalog and domain, in hexadecimal.
    pub version: String,
    /// Permissions by role.
    pub permissions: Table,
    /// Features by role.
    pub features: Table,
    /// Features by the positions of the switches, for whoever has every role: as the domain stands, then with
    /// each setting that features depend on at its other position.
    pub switches: Table,
    /// Who may turn which setting: by role, then by standing.
    pub changes: Table,
    /// Who may connect, disconnect and read through which connector: by role, then by standing.
    pub connectors: Table,
    /// Which classes of data may be stored, and processed for which feature; whoever asks.
    pub data: Table,
}

/// Questions by columns.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Table {
    /// What stands above the columns.
    pub columns: Vec<String>,
    /// One row a question.
    pub rows: Vec<Row>,
}

/// One question, answered in every column.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Row {
    /// What is asked.
    pub question: Question,
    /// The category of the permission, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The answers, one a column.
    pub cells: Vec<Cell>,
}

impl Engine {
    /// Who may do what: permissions and features by role, features by switches, who may turn the switches, who may use
    /// connectors, and what data is processed for what.
    ///
    /// Nothing is stated about circumstances, so a cell says `depends` and names what would decide.
    ///
    /// ```
    /// # use tollkeeper::{analysis::Answer, catalog::Catalog, domain::Domain, engine::Engine};
    /// # let domain = Domain::parse(include_str!("../../examples/domains/clinic.toml"))?;
    /// # let engine = Engine::compile(&Catalog::builtin(), &domain)?;
    /// let permissions = engine.matrix().permissions;
    /// let guest = permissions.columns.iter().position(|role| role == "guest");
    /// let create_teams = permissions.rows.iter().find(|row| row.question.to_string() == "create_teams");
    /// let cell = create_teams.zip(guest).and_then(|(row, guest)| row.cells.get(guest));
    /// assert_eq!(cell.map(|cell| cell.answer), Some(Answer::Deny));
    /// # Ok::<(), tollkeeper::diagnostic::Diagnostics>(())
    /// ```
    pub fn matrix(&self) -> Matrix {
        let (roles, actors) = (self.role_actors(), self.actors());
        Matrix {
            domain: self.domain_id().to_owned(),
            version: format!("{:016x}", self.version()),
            permissions: self.table(&roles, self.permission_questions()),
            features: self.table(&roles, self.feature_questions()),
            switches: self.switch_table(),
            changes: self.table(&actors, self.turn_questions()),
            connectors: self.table(&actors, self.connector_questions()),
            data: self.table(&[Actor::Anybody], self.data_questions()),
        }
    }

    /// Everybody for whom an action is not denied, with their answer: roles first, then standings.
    ///
    /// ```
    /// # use tollkeeper::{analysis::Question, catalog::Catalog, domain::Domain, engine::Engine};
    /// # use tollkeeper::request::NamedContext;
    /// # let domain = Domain::parse(include_str!("../../examples/domains/clinic.toml"))?;
    /// # let engine = Engine::compile(&Catalog::builtin(), &domain)?;
    /// let create_teams = Question::Permission("create_teams".to_owned()).action();
    /// let who = engine.who_can(&create_teams, &NamedContext::default());
    /// let who: Vec<_> = who.iter().map(|(actor, _)| actor.name()).collect();
    /// assert_eq!(who, ["admin", "member", "super_admin"]);
    /// # Ok::<(), tollkeeper::diagnostic::Diagnostics>(())
    /// ```
    pub fn who_can(&self, action: &NamedAction, context: &NamedContext) -> Vec<(Actor, Cell)> {
        let ask = |actor: Actor| {
            let mut request = NamedRequest::new(actor.subject(), action.clone());
            request.context = context.clone();
            let cell = self.cell(&request);
            (actor, cell)
        };
        self.actors().into_iter().map(ask).filter(|(_, cell)| cell.answer != Answer::Deny).collect()
    }

    /// Everything that is not denied to a subject, with the answer: permissions, features, settings to turn,
    /// connectors, then what data is processed for what.
    pub fn what_can(&self, subject: &NamedSubject, context: &NamedContext) -> Vec<(Question, Cell)> {
        let questions = [
            self.permission_questions(),
            self.feature_questions(),
            self.turn_questions(),
            self.connector_questions(),
            self.data_questions(),
        ];
        let ask = |question: Question| {
            let mut request = question.asked_by(subject.clone());
            request.context = context.clone();
            let cell = self.cell(&request);
            (question, cell)
        };
        questions.into_iter().flatten().map(ask).filter(|(_, cell)| cell.answer != Answer::Deny).collect()
    }

    fn table(&self, actors: &[Actor], questions: Vec<Question>) -> Table {
        let row = |question: Question| {
            let cells = actors.iter().map(|actor| self.cell(&question.asked_by(actor.subject()))).collect();
            Row { category: self.category(&question), question, cells }
        };
        Table {
            columns: actors.iter().map(|actor| actor.name().to_owned()).collect(),
            rows: questions.into_iter().map(row).collect(),
        }
    }

    fn category(&self, question: &Question) -> Option<String> {
        let Question::Permission(name) = question else { return None };
        let permission = self.catalog().find::<PermissionId>(name)?;
        self.catalog().category(permission).map(str::to_owned)
    }

    fn switch_table(&self) -> Table {
        let questions = self.feature_questions();
        let everybody = everybody(self);
        let mut columns = vec!["as it is".to_owned()];
        let mut engines = vec![self.clone()];
        for setting in self.settings_of(&questions) {
            if let Some((column, engine)) = self.turned(setting) {
                columns.push(column);
                engines.push(engine);
            }
        }
        let row = |question: Question| {
            let request = question.asked_by(everybody.clone());
            let cells = engines.iter().map(|engine| engine.cell(&request)).collect();
            Row { category: None, question, cells }
        };
        Table { columns, rows: questions.into_iter().map(row).collect() }
    }

    /// The settings that some of these questions depend on.
    fn settings_of(&self, questions: &[Question]) -> Vec<SettingId> {
        let levers = questions.iter().map(|it| self.levers_named(&it.asked_by(NamedSubject::default())));
        let mut settings: Vec<SettingId> = levers.flat_map(|levers| levers.settings).collect();
        settings.sort_unstable();
        settings.dedup();
        settings
    }

    /// The domain with a setting at its other position, if the domain can turn it at all.
    fn turned(&self, setting: SettingId) -> Option<(String, Self)> {
        let (name, now) = (self.catalog().name(setting)?, self.setting(setting)?);
        let to = now.position.reversed();
        let engine = self.preview(&turn(name.to_owned(), to))?;
        let turned = engine.setting(setting).is_some_and(|then| then.position == to);
        turned.then(|| (format!("{name} {}", to.as_str()), engine))
    }
}
