//! The shape of a suite file: one struct a table.

#[cfg(feature = "schema")]
use std::collections::BTreeMap;

use toml::de::DeValue;

use super::remedy::ExpectedRemedy;
use crate::catalog::source::Map;
use crate::decision::Effect;
#[cfg(feature = "schema")]
use crate::decision::Reason;
use crate::diagnostic::Problems;
use crate::document::{Document, Entry, Name, Placed, Read, Spanned, Value, keys, words};
use crate::domain::DomainSource;
use crate::request::{NamedAction, NamedContext, NamedSubject, Resource};

/// A whole suite file.
pub(crate) struct SuiteSource {
    pub(super) suite: Placed<Heading>,
    pub(super) checks: Vec<Spanned<CheckSource>>,
    pub(super) tables: Vec<Spanned<TableSource>>,
    /// The tables of a domain in place, if there are any.
    pub(super) domain: Option<DomainSource>,
}

/// Declares one table of a suite, which is read and never printed.
macro_rules! table {
    ($(#[$attribute:meta])* $name:ident { $($(#[$key_attribute:meta])* $key:ident: $type:ty,)* }) => {
        $(#[$attribute])*
        #[derive(Default)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(default, deny_unknown_fields))]
        pub(crate) struct $name {
            $($(#[$key_attribute])* pub(super) $key: $type,)*
        }

        keys! { $name { $($key),* } }
    };
}

table! {
    /// What the suite is called, and what it is about.
    Heading {
        /// The name of the suite in reports.
        #[cfg_attr(feature = "schema", schemars(extend("x-required" = true), with = "String"))]
        name: Option<Name>,
        /// The file of the domain, as seen from the suite; or the tables of a domain stand in the suite.
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        domain: Option<Name>,
        /// The file of the catalog, as seen from the suite; left out, the built-in one.
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        catalog: Option<Name>,
    }
}
table! {
    /// One request and what must come of it.
    CheckSource {
        /// What the check is called in reports; no other has the name.
        #[cfg_attr(feature = "schema", schemars(extend("x-required" = true), with = "String"))]
        name: Option<Name>,
        /// Who asks; may be left out where the action is open to everybody.
        subject: NamedSubject,
        /// What is asked for.
        #[cfg_attr(feature = "schema", schemars(extend("x-required" = true)))]
        action: Option<NamedAction>,
        /// What it concerns.
        resource: Option<Resource>,
        /// In which circumstances.
        context: NamedContext,
        /// What must be decided.
        #[cfg_attr(feature = "schema", schemars(extend("x-required" = true)))]
        expect: Option<Effect>,
        /// The reason that must be given.
        #[cfg_attr(feature = "schema", schemars(with = "Reason"))]
        reason: Option<Name>,
        /// All obligations of the allow.
        obligations: Option<Spanned<Vec<String>>>,
        /// Everybody who gets data.
        providers: Option<Spanned<Vec<String>>>,
        /// All classes of data that are processed.
        data: Option<Spanned<Vec<String>>>,
        /// What must be served in the place of a denied feature.
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        fallback: Option<Name>,
        /// What must lift the deny: the steps of one remedy, in any order, or `impossible`.
        remedy: Option<Spanned<RemedySource>>,
    }
}
table! {
    /// Subjects × actions: a check for each cell.
    TableSource {
        /// What the table is called in reports; no other check or table has the name.
        #[cfg_attr(feature = "schema", schemars(extend("x-required" = true), with = "String"))]
        name: Option<Name>,
        /// Who asks: a role, or a subject as in a request.
        #[cfg_attr(feature = "schema", schemars(extend("x-required" = true)))]
        subjects: Vec<SubjectSource>,
        /// What every cell concerns.
        resource: Option<Resource>,
        /// In which circumstances every cell is asked.
        context: NamedContext,
        /// Permissions, each with a cell for every subject.
        #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, Vec<CellSchema>>"))]
        permissions: Map<Vec<Name>>,
        /// Features, each with a cell for every subject.
        #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, Vec<CellSchema>>"))]
        features: Map<Vec<Name>>,
        /// Every other action, each with a cell for every subject.
        rows: Vec<Spanned<RowSource>>,
    }
}
table! {
    /// An action that is more than a permission or a feature.
    RowSource {
        /// What is asked for.
        #[cfg_attr(feature = "schema", schemars(extend("x-required" = true)))]
        action: Option<NamedAction>,
        /// A cell for every subject.
        #[cfg_attr(feature = "schema", schemars(extend("x-required" = true), with = "Vec<CellSchema>"))]
        expect: Vec<Name>,
    }
}

/// A subject of a table: a role by name, or all that a request says of a subject.
pub(crate) struct SubjectSource(pub(super) NamedSubject);

impl Read for SubjectSource {
    fn read(value: &Value<'_>, entry: &mut Entry<'_>) -> Option<Self> {
        match value.get_ref() {
            DeValue::String(role) => {
                Some(Self(NamedSubject { roles: vec![role.as_ref().to_owned()], ..NamedSubject::default() }))
            }
            DeValue::Table(_) => NamedSubject::read(value, entry).map(Self),
            _ => entry.wrong_type(value, "a role or a table"),
        }
    }
}

/// `remedy = "impossible"`, or the steps of a remedy.
pub(crate) struct RemedySource(pub(super) ExpectedRemedy);

const IMPOSSIBLE: &str = "impossible";

impl Read for RemedySource {
    fn read(value: &Value<'_>, entry: &mut Entry<'_>) -> Option<Self> {
        match value.get_ref() {
            DeValue::String(word) if word == IMPOSSIBLE => Some(Self(ExpectedRemedy::Impossible)),
            DeValue::String(_) => entry.unknown_word(value, &[IMPOSSIBLE]),
            DeValue::Array(_) => Vec::read(value, entry).map(|steps| Self(ExpectedRemedy::Steps(steps))),
            _ => entry.wrong_type(value, "`impossible` or an array of steps"),
        }
    }
}

words! { Effect }

impl SuiteSource {
    /// Reads the shape of `text`; the problems are those of syntax and shape only.
    pub(super) fn read(text: &str) -> (Self, Problems) {
        let mut document = Document::read(text);
        let in_place = DomainSource::TABLES.iter().any(|table| document.has(table));
        let domain = DomainSource::take(&mut document);
        let source = Self {
            suite: document.take("suite"),
            checks: document.take("check"),
            tables: document.take("table"),
            domain: in_place.then_some(domain),
        };
        let tables: Vec<&str> =
            ["suite", "check", "table"].iter().chain(DomainSource::TABLES).copied().collect();
        (source, document.finish(&tables))
    }
}

/// What JSON Schemas say of suites, for editors.
#[cfg(feature = "schema")]
mod schema {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::{
        CheckSource, Heading, IMPOSSIBLE, RemedySource, RowSource, Spanned, SubjectSource, SuiteSource,
        TableSource,
    };
    use crate::check::ExpectedStep;
    use crate::decision::Reason;
    use crate::domain::DomainSource;
    use crate::request::NamedSubject;

    /// A cell of a table: an effect, or the reason that means it.
    pub(crate) struct CellSchema;

    impl JsonSchema for CellSchema {
        fn schema_name() -> Cow<'static, str> {
            "Cell".into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let reason = generator.subschema_for::<Reason>();
            json_schema!({ "anyOf": [{ "enum": ["allow", "deny"] }, reason] })
        }
    }

    impl JsonSchema for SubjectSource {
        fn schema_name() -> Cow<'static, str> {
            "Subject".into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let subject = generator.subschema_for::<NamedSubject>();
            json_schema!({ "anyOf": [{ "type": "string", "description": "A role." }, subject] })
        }
    }

    impl JsonSchema for RemedySource {
        fn schema_name() -> Cow<'static, str> {
            "Remedy".into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let steps = generator.subschema_for::<Vec<ExpectedStep>>();
            json_schema!({ "anyOf": [{ "const": IMPOSSIBLE, "description": "Nothing lifts it." }, steps] })
        }
    }

    impl JsonSchema for Spanned<RemedySource> {
        fn schema_name() -> Cow<'static, str> {
            RemedySource::schema_name()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            RemedySource::json_schema(generator)
        }
    }

    impl JsonSchema for Spanned<RowSource> {
        fn schema_name() -> Cow<'static, str> {
            RowSource::schema_name()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            RowSource::json_schema(generator)
        }
    }

    /// A suite has tables of its own, and perhaps those of a domain.
    impl JsonSchema for SuiteSource {
        fn schema_name() -> Cow<'static, str> {
            "Suite".into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let mut schema = DomainSource::json_schema(generator);
            let mut checks = Vec::<CheckSource>::json_schema(generator);
            checks.insert("description".to_owned(), "Requests, each with what must come of it.".into());
            let mut tables = Vec::<TableSource>::json_schema(generator);
            tables.insert("description".to_owned(), "Subjects × actions, with a check for each cell.".into());
            let own = [("suite", Heading::json_schema(generator)), ("check", checks), ("table", tables)];
            let properties = schema.ensure_object().get_mut("properties").and_then(|it| it.as_object_mut());
            if let Some(properties) = properties {
                properties.extend(own.map(|(name, schema)| (name.to_owned(), schema.to_value())));
            }
            schema.insert("required".to_owned(), ["suite"].as_slice().into());
            schema.insert("description".to_owned(), "What must be decided in a domain.".into());
            schema
        }
    }
}
#[cfg(feature = "schema")]
pub(crate) use schema::CellSchema;
