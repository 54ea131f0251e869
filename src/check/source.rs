//! The shape of a suite file: one struct a table.

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer, StrDeserializer};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::remedy::ExpectedRemedy;
use crate::catalog::source::Map;
use crate::decision::Effect;
use crate::diagnostic::Problems;
use crate::document::{Document, Name, Placed};
use crate::domain::DomainSource;
use crate::request::{NamedAction, NamedContext, NamedSubject, Resource};

/// A whole suite file.
pub(super) struct SuiteSource {
    pub(super) suite: Placed<Heading>,
    pub(super) checks: Vec<Spanned<CheckSource>>,
    pub(super) tables: Vec<Spanned<TableSource>>,
    /// The tables of a domain in place, if there are any.
    pub(super) domain: Option<DomainSource>,
}

/// `[suite]`
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Heading {
    pub(super) name: Option<Name>,
    pub(super) domain: Option<Name>,
    pub(super) catalog: Option<Name>,
}

/// `[[check]]`
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct CheckSource {
    pub(super) name: Option<Name>,
    pub(super) subject: NamedSubject,
    pub(super) action: Option<NamedAction>,
    pub(super) resource: Option<Resource>,
    pub(super) context: NamedContext,
    pub(super) expect: Option<Effect>,
    pub(super) reason: Option<Name>,
    pub(super) obligations: Option<Spanned<Vec<String>>>,
    pub(super) providers: Option<Spanned<Vec<String>>>,
    pub(super) data: Option<Spanned<Vec<String>>>,
    pub(super) fallback: Option<Name>,
    pub(super) remedy: Option<Spanned<RemedySource>>,
}

/// `[[table]]`
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TableSource {
    pub(super) name: Option<Name>,
    pub(super) subjects: Vec<SubjectSource>,
    pub(super) resource: Option<Resource>,
    pub(super) context: NamedContext,
    pub(super) permissions: Map<Vec<Name>>,
    pub(super) features: Map<Vec<Name>>,
    pub(super) rows: Vec<Spanned<RowSource>>,
}

/// One row of a table whose action is more than a permission or a feature.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RowSource {
    pub(super) action: Option<NamedAction>,
    pub(super) expect: Vec<Name>,
}

/// A subject of a table: a role by name, or all that a request says of a subject.
pub(super) struct SubjectSource(pub(super) NamedSubject);

impl<'de> Deserialize<'de> for SubjectSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Subject;
        impl<'de> Visitor<'de> for Subject {
            type Value = SubjectSource;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a role or a table")
            }

            fn visit_str<E: Error>(self, role: &str) -> Result<SubjectSource, E> {
                Ok(SubjectSource(NamedSubject { roles: vec![role.to_owned()], ..NamedSubject::default() }))
            }

            fn visit_map<A: MapAccess<'de>>(self, subject: A) -> Result<SubjectSource, A::Error> {
                NamedSubject::deserialize(MapAccessDeserializer::new(subject)).map(SubjectSource)
            }
        }
        deserializer.deserialize_any(Subject)
    }
}

/// `remedy = "impossible"`, or the steps of a remedy.
pub(super) struct RemedySource(pub(super) ExpectedRemedy);

impl<'de> Deserialize<'de> for RemedySource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum Word {
            Impossible,
        }
        struct OneOf;
        impl<'de> Visitor<'de> for OneOf {
            type Value = RemedySource;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("`impossible` or an array of steps")
            }

            fn visit_str<E: Error>(self, word: &str) -> Result<RemedySource, E> {
                Word::deserialize(StrDeserializer::new(word))
                    .map(|Word::Impossible| RemedySource(ExpectedRemedy::Impossible))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, steps: A) -> Result<RemedySource, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(steps))
                    .map(|steps| RemedySource(ExpectedRemedy::Steps(steps)))
            }
        }
        deserializer.deserialize_any(OneOf)
    }
}

impl SuiteSource {
    /// Reads the shape of `text`; the problems are those of syntax and shape only.
    pub(super) fn read(text: &str) -> (Self, Problems) {
        let mut document = Document::read(text);
        let in_place = DomainSource::TABLES.iter().any(|table| document.has(table));
        let domain = DomainSource::take(&mut document);
        let source = Self {
            suite: document.table("suite"),
            checks: document.rows("check"),
            tables: document.rows("table"),
            domain: in_place.then_some(domain),
        };
        let tables: Vec<&str> = ["suite", "check", "table"].into_iter().chain(DomainSource::TABLES).collect();
        (source, document.finish(&tables))
    }
}
