//! The matrix: every question of a domain, answered for every role.

use serde::{Deserialize, Serialize};

use super::answer::{Answer, Answered, Cell};
use super::question::{Actor, Asked, Question, Who};
use crate::ascending::Ascending;
use crate::domain::Change;
use crate::engine::Engine;
use crate::id::{FeatureId, PermissionId, RoleId, SettingId};
use crate::request::{Action, NamedAction, NamedContext, NamedRequest, NamedSubject, Request, Subject};
use crate::word::Switch;

/// Who may do what in a domain, in ids.
///
/// Every cell equals the evaluation of its question; none is worked out another way. Names are looked up only by
/// [`record`](Self::record), as they take several times as long as the answers.
#[derive(Clone, Debug)]
pub struct Matrix<'e> {
    engine: &'e Engine,
    everybody: Vec<RoleId>,
    permissions: Grid<Who>,
    features: Grid<Who>,
    switches: Grid<Turned>,
    changes: Grid<Who>,
    connectors: Grid<Who>,
    data: Grid<Who>,
}

/// Questions by columns, in ids.
#[derive(Clone, Debug)]
struct Grid<C> {
    columns: Vec<C>,
    questions: Vec<Asked>,
    /// Row after row.
    cells: Vec<Answered>,
}

/// The domain with a setting at this position; as it is, where none is named.
#[derive(Clone, Debug)]
struct Turned {
    setting: Option<(SettingId, Switch)>,
    engine: Engine,
}

impl<C> Grid<C> {
    /// Every question asked in every column; once for all in which it does not matter which one it is.
    fn new(
        columns: Vec<C>,
        questions: Vec<Asked>,
        matters: impl Fn(&C, Asked) -> bool,
        answer: impl Fn(&C, Asked) -> Answered,
    ) -> Self {
        let mut cells = Vec::with_capacity(columns.len().saturating_mul(questions.len()));
        for question in &questions {
            let mut shared = None;
            for column in &columns {
                cells.push(match matters(column, *question) {
                    true => answer(column, *question),
                    false => *shared.get_or_insert_with(|| answer(column, *question)),
                });
            }
        }
        Self { columns, questions, cells }
    }

    /// Every question with its cells.
    fn rows(&self) -> impl Iterator<Item = (Asked, impl Iterator<Item = (&C, &Answered)>)> {
        let width = self.columns.len();
        self.questions.iter().enumerate().map(move |(row, question)| {
            let cells = self.cells.iter().skip(row.saturating_mul(width));
            (*question, self.columns.iter().zip(cells))
        })
    }

    fn record(
        &self,
        engine: &Engine,
        name: impl Fn(&C) -> String,
        cell: impl Fn(&C, Asked, &Answered) -> Cell,
    ) -> Table {
        let row = |(asked, cells)| {
            let cells = Iterator::map(cells, |(column, answered)| cell(column, asked, answered)).collect();
            Some(Row { question: Question::of(engine, asked)?, category: category(engine, asked), cells })
        };
        Table {
            columns: self.columns.iter().map(name).collect(),
            rows: self.rows().filter_map(row).collect(),
        }
    }
}

impl Matrix<'_> {
    /// The answers about permissions: what is asked for, by whom, the answer.
    pub fn permissions(&self) -> impl Iterator<Item = (PermissionId, RoleId, Answered)> {
        let cells = self.permissions.rows().flat_map(|(asked, cells)| cells.map(move |cell| (asked, cell)));
        cells.filter_map(|(asked, (who, answered))| match (asked, *who) {
            (Action::Permission(permission), Who::Role(role)) => Some((permission, role, *answered)),
            _ => None,
        })
    }

    /// The answers about features: what is to run, who asks, the answer.
    pub fn features(&self) -> impl Iterator<Item = (FeatureId, RoleId, Answered)> {
        let cells = self.features.rows().flat_map(|(asked, cells)| cells.map(move |cell| (asked, cell)));
        cells.filter_map(|(asked, (who, answered))| match (asked, *who) {
            (Action::Run(run), Who::Role(role)) => Some((run.feature, role, *answered)),
            _ => None,
        })
    }

    /// The matrix in names, for screens and files.
    pub fn record(&self) -> MatrixRecord {
        let engine = self.engine;
        let cell = |who: &Who, asked: Asked, answered: &Answered| {
            engine.named_cell(&Request::new(who.subject(), asked), answered)
        };
        let table = |grid: &Grid<Who>| grid.record(engine, |who| who.named(engine).name().to_owned(), cell);
        let turned = |turned: &Turned| match turned.setting {
            Some((setting, to)) => {
                format!("{} {}", engine.catalog().name(setting).unwrap_or_default(), to.as_str())
            }
            None => "as it is".to_owned(),
        };
        let in_turned = |turned: &Turned, asked: Asked, answered: &Answered| {
            turned.engine.named_cell(&Request::new(Subject::roles(&self.everybody), asked), answered)
        };
        MatrixRecord {
            domain: engine.domain_id().to_owned(),
            version: format!("{:016x}", engine.version()),
            permissions: table(&self.permissions),
            features: table(&self.features),
            switches: self.switches.record(engine, turned, in_turned),
            changes: table(&self.changes),
            connectors: table(&self.connectors),
            data: table(&self.data),
        }
    }
}

fn category(engine: &Engine, asked: Asked) -> Option<String> {
    let Action::Permission(permission) = asked else { return None };
    engine.catalog().category(permission).map(str::to_owned)
}

/// Who may do what in a domain, in names: the form of screens and files.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct MatrixRecord {
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
    /// let permissions = engine.matrix().record().permissions;
    /// let guest = permissions.columns.iter().position(|role| role == "guest");
    /// let create_teams = permissions.rows.iter().find(|row| row.question.to_string() == "create_teams");
    /// let cell = create_teams.zip(guest).and_then(|(row, guest)| row.cells.get(guest));
    /// assert_eq!(cell.map(|cell| cell.answer), Some(Answer::Deny));
    /// # Ok::<(), tollkeeper::diagnostic::Diagnostics>(())
    /// ```
    pub fn matrix(&self) -> Matrix<'_> {
        let answer = |who: &Who, asked: Asked| self.answered(&Request::new(who.subject(), asked));
        let matters = |who: &Who, asked: Asked| self.asks_who(&Request::new(who.subject(), asked));
        let grid = |columns, questions| Grid::new(columns, questions, matters, answer);
        let everybody: Vec<RoleId> = self.roles().map(|(_, role)| role).collect();
        let (roles, all) = (self.whoever_has_a_role(), self.whoever());
        let features = self.asked_features();
        let settings_of = |asked: &Asked| self.settings_of(&Request::new(Subject::nobody(), *asked));
        let settings: Vec<Vec<SettingId>> = features.iter().map(settings_of).collect();
        let depends = |turned: &Turned, asked: Asked| match (turned.setting, asked) {
            // Features stand in the order of their positions.
            (Some((setting, _)), Action::Run(run)) => {
                settings.get(run.feature.index()).is_none_or(|settings| settings.contains(&setting))
            }
            _ => false,
        };
        Matrix {
            engine: self,
            permissions: grid(roles.clone(), self.asked_permissions()),
            switches: Grid::new(
                self.turned(settings.concat().into_iter().collect()),
                features.clone(),
                depends,
                |turned, asked| turned.engine.answered(&Request::new(Subject::roles(&everybody), asked)),
            ),
            features: grid(roles, features),
            changes: grid(all.clone(), self.asked_turns()),
            connectors: grid(all, self.asked_connectors()),
            data: grid(vec![Who::Anybody], self.asked_data()),
            everybody,
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

    /// The domain as it is, then with each of these settings at its other position, if the domain can turn it at all.
    fn turned(&self, settings: Ascending<SettingId>) -> Vec<Turned> {
        let turned = settings.into_iter().filter_map(|setting| {
            let to = self.setting(setting)?.position.reversed();
            let engine = self.with_change(Change::Setting { setting, to })?;
            let turned = engine.setting(setting).is_some_and(|then| then.position == to);
            turned.then_some(Turned { setting: Some((setting, to)), engine })
        });
        [Turned { setting: None, engine: self.clone() }].into_iter().chain(turned).collect()
    }
}
