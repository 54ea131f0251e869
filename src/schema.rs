//! JSON Schemas of the file formats, for editors and validators. Needs the feature `schema`.
//!
//! An editor that knows the schema of a TOML file completes its keys, explains them and underlines mistakes. A schema
//! sees the shape of a file: keys, types, words, the grammar of ids. What names refer to and what contradicts itself is
//! for [`Catalog::parse`](crate::catalog::Catalog::parse) and [`Engine::compile`](crate::engine::Engine::compile).
//!
//! The schemas are derived from the very types that files are read into, in the draft (7) that every editor has.
//!
//! # Example: writing schemas beside the files
//!
//! ```
//! use tollkeeper::schema::Format;
//!
//! for format in Format::ALL {
//!     let (file, text) = (format!("{}.schema.json", format.as_str()), format.schema());
//!     // std::fs::write(file, text)?;
//!     # assert!(text.starts_with("{\n  \"$schema\": \"http://json-schema.org/draft-07/schema#\""), "{file}");
//! }
//! ```
//!
//! and in the first line of a TOML file, for taplo, tombi and Even Better TOML:
//!
//! ```toml
//! #:schema ./domain.schema.json
//! ```

use schemars::generate::SchemaSettings;
use schemars::transform::transform_subschemas;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value};

use crate::catalog::source::CatalogSource;
use crate::check::source::SuiteSource;
use crate::domain::DomainSource;
use crate::request::NamedRequest;

/// A format that has a schema.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Format {
    /// What a product has, in TOML.
    Catalog,
    /// What one customer configured, in TOML.
    Domain,
    /// What must be decided, in TOML.
    Suite,
    /// A request, in JSON or TOML.
    Request,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Catalog, Self::Domain, Self::Suite, Self::Request];

    /// What the format is called.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Catalog => "catalog",
            Self::Domain => "domain",
            Self::Suite => "suite",
            Self::Request => "request",
        }
    }

    /// The schema, as indented JSON. The same bytes in every build of a version.
    pub fn schema(self) -> String {
        match self {
            Self::Catalog => text::<CatalogSource>(self),
            Self::Domain => text::<DomainSource>(self),
            Self::Suite => text::<SuiteSource>(self),
            Self::Request => text::<NamedRequest>(self),
        }
    }
}

fn text<T: JsonSchema>(format: Format) -> String {
    let settings =
        SchemaSettings::draft07().with(|it| it.inline_subschemas = true).with_transform(for_editors);
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), format!("tollkeeper {}", format.as_str()).into());
    format!("{:#}", schema.to_value())
}

/// TOML has no null, and what an editor shows should be what a person writes.
fn for_editors(schema: &mut Schema) {
    if let Some(object) = schema.as_object_mut() {
        without_null(object);
        required(object);
        object.remove("format");
        if object
            .get("default")
            .is_some_and(|it| matches!(it, Value::Null | Value::Array(_) | Value::Object(_)))
        {
            object.remove("default");
        }
        if let Some(Value::String(description)) = object.get_mut("description") {
            // The rest is for readers of the library's documentation.
            let first = description.split("\n\n").next().unwrap_or_default();
            *description = first.replace('\n', " ");
        }
    }
    transform_subschemas(&mut for_editors, schema);
}

/// Keys that must be there. The structs hold them as options, so that a missing one is a diagnostic among others; the
/// marker says which those are.
fn required(object: &mut Map<String, Value>) {
    let Some(Value::Object(properties)) = object.get_mut("properties") else { return };
    let marked = |(key, property): (&String, &mut Value)| {
        let marked = property.as_object_mut().is_some_and(|property| property.remove("x-required").is_some());
        marked.then(|| Value::from(key.as_str()))
    };
    let keys: Vec<Value> = properties.iter_mut().filter_map(marked).collect();
    if !keys.is_empty() {
        object.insert("required".to_owned(), keys.into());
    }
}

/// A key that may be left out is `null` nowhere.
fn without_null(object: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|it| it != "null");
        if let [one] = types.as_slice() {
            let one = one.clone();
            object.insert("type".to_owned(), one);
        }
    }
    if let Some(Value::Array(values)) = object.get_mut("enum") {
        values.retain(|it| !it.is_null());
    }
    let Some(Value::Array(ways)) = object.get_mut("anyOf") else { return };
    ways.retain(|it| it.get("type").is_none_or(|it| it != "null"));
    if let [Value::Object(only)] = ways.as_slice() {
        let only = only.clone();
        object.remove("anyOf");
        for (key, value) in only {
            object.entry(key).or_insert(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::catalog::source as catalog;
    use crate::check::{ExpectedStep, source as suite};
    use crate::document::Table;
    use crate::domain::source as domain;
    use crate::request::{NamedAction, NamedChange, NamedContext, NamedSubject, Resource};

    fn of_parser<T: Table + Default>() -> BTreeSet<String> {
        T::default().keys().iter().map(|key| (*key).to_owned()).collect()
    }

    fn of_schema<T: JsonSchema>() -> BTreeSet<String> {
        let schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<T>();
        assert_eq!(schema.get("additionalProperties"), Some(&Value::Bool(false)), "{schema:?}");
        let properties = schema.get("properties").and_then(Value::as_object);
        properties.into_iter().flat_map(Map::keys).cloned().collect()
    }

    /// Every table of the formats: what the parser reads and what the schema lists are the same keys.
    #[test]
    fn the_keys_of_the_schemas_are_those_of_the_parsers() {
        macro_rules! agree {
            ($($table:ty),* $(,)?) => {$(
                assert_eq!(of_schema::<$table>(), of_parser::<$table>(), stringify!($table));
            )*};
        }
        agree!(
            catalog::Heading,
            catalog::LabelSource,
            catalog::PlanSource,
            catalog::LimitSource,
            catalog::AddOnSource,
            catalog::RoleSource,
            catalog::RoleDefaultSource,
            catalog::StandingSource,
            catalog::ListSource,
            catalog::SettingSource,
            catalog::ChangeSource,
            catalog::ChangesSource,
            catalog::PermissionSource,
            catalog::RestrictsSource,
            catalog::ProviderSource,
            catalog::ServiceSource,
            catalog::RegimeSource,
            catalog::BarsSource,
            catalog::DataSource,
            catalog::FeatureSource,
            catalog::UsedServiceSource,
            catalog::MeterSource,
            catalog::ModelSource,
            catalog::CreditPlanSource,
            catalog::ConnectorSource,
            catalog::ConnectSource,
            catalog::LookBackSource,
            catalog::ModeSource,
            domain::Heading,
            domain::RoleSource,
            domain::ResidencySource,
            suite::Heading,
            suite::CheckSource,
            suite::TableSource,
            suite::RowSource,
            ExpectedStep,
            NamedSubject,
            NamedAction,
            NamedChange,
            NamedContext,
            Resource,
        );
    }

    /// The tables of a file.
    #[test]
    fn the_tables_of_the_schemas_are_those_of_the_parsers() {
        let domain: BTreeSet<String> = DomainSource::TABLES.iter().map(|table| (*table).to_owned()).collect();
        assert_eq!(of_schema::<DomainSource>(), domain);
        let suite = ["suite", "check", "table"].map(str::to_owned);
        assert_eq!(of_schema::<SuiteSource>(), domain.into_iter().chain(suite).collect());
        for table in of_schema::<CatalogSource>() {
            let (_, problems) = CatalogSource::read(&format!("[{table}]"));
            assert!(problems.into_result(None).is_ok(), "{table}");
        }
    }

    /// Hovering shows a sentence for every key and table, in words of the file.
    #[test]
    fn every_key_is_described() {
        fn walk(path: &str, schema: &Value, missing: &mut Vec<String>) {
            let Some(object) = schema.as_object() else { return };
            for (key, child) in object.get("properties").and_then(Value::as_object).into_iter().flatten() {
                let path = format!("{path}.{key}");
                let said = child.get("description").and_then(Value::as_str).unwrap_or_default();
                if !said.ends_with(['.', ':'])
                    || ["::", "[`", "Source", "(DEC", "(AI-"].iter().any(|it| said.contains(it))
                {
                    missing.push(format!("{path}: {said}"));
                }
                walk(&path, child, missing);
            }
            for key in ["additionalProperties", "items"] {
                object.get(key).into_iter().for_each(|child| walk(path, child, missing));
            }
            for key in ["anyOf", "patternProperties"] {
                let children = object.get(key).map(|it| {
                    it.as_array().cloned().unwrap_or_else(|| {
                        it.as_object().map(|it| it.values().cloned().collect()).unwrap_or_default()
                    })
                });
                children.into_iter().flatten().for_each(|child| walk(path, &child, missing));
            }
        }
        let mut missing = Vec::new();
        for format in Format::ALL {
            walk(format.as_str(), &serde_json::from_str(&format.schema()).unwrap(), &mut missing);
        }
        assert!(missing.is_empty(), "{missing:#?}");
    }
}
