//! The built-in catalog as plain data: what somebody would type in who rebuilt the product on another engine.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use tollkeeper::catalog::Catalog;

pub type Names = BTreeSet<String>;

#[derive(Deserialize, Debug)]
pub struct Product {
    pub add_ons: BTreeMap<String, AddOn>,
    pub roles: BTreeMap<String, Role>,
    pub standings: BTreeMap<String, Standing>,
    pub facts: BTreeMap<String, String>,
    pub settings: BTreeMap<String, Setting>,
    pub permissions: BTreeMap<String, Permission>,
    pub services: BTreeMap<String, Service>,
    pub regimes: BTreeMap<String, Regime>,
    pub features: BTreeMap<String, Feature>,
    pub meters: BTreeMap<String, Meter>,
}

#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub struct AddOn {
    pub included_in: Names,
    pub offered_on: Names,
}

#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub struct Role {
    pub inherent: Names,
    pub never: Names,
    pub supreme: bool,
    pub kinds: Names,
}

#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub struct Standing {
    pub kinds: Names,
}

#[derive(Deserialize, Debug)]
pub struct Setting {
    pub default: String,
    #[serde(default)]
    pub requires: Names,
    #[serde(default)]
    pub change: Vec<Rule>,
}

#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub struct Rule {
    pub roles: Vec<String>,
    pub standings: Vec<String>,
    pub kinds: Names,
    pub to: Names,
    pub when_unheld: Option<String>,
}

#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub struct Permission {
    pub default: BTreeMap<String, String>,
    pub plans: Names,
    pub setting: Option<String>,
    pub needs: Names,
    pub exempt: Names,
    pub instead: BTreeMap<String, String>,
    pub otherwise: Option<String>,
    pub restricts: Option<Restricts>,
}

#[derive(Deserialize, Debug)]
pub struct Restricts {
    pub permission: String,
    pub to: String,
}

#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub struct Service {
    pub provider: Option<String>,
}

#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub struct Regime {
    pub bars: Bars,
    pub starts_off: Names,
    pub add_on: Option<String>,
    pub attested: Names,
}

#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub struct Bars {
    pub providers: Names,
    pub services: Names,
    pub unstated_providers: bool,
}

#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub struct Feature {
    pub plans: Names,
    pub setting: Option<String>,
    pub providers: Providers,
    pub services: BTreeMap<String, Use>,
    pub meter: Option<String>,
    pub permission: Option<String>,
}

#[derive(Deserialize, Debug)]
#[serde(untagged)]
pub enum Providers {
    All(Names),
    Word(String),
}

impl Default for Providers {
    fn default() -> Self {
        Self::All(Names::new())
    }
}

impl Providers {
    pub fn named(&self) -> Names {
        match self {
            Self::All(names) => names.clone(),
            Self::Word(_) => Names::new(),
        }
    }

    pub fn are_unstated(&self) -> bool {
        matches!(self, Self::Word(word) if word == "unstated")
    }
}

#[derive(Deserialize, Debug)]
pub struct Use {
    #[serde(rename = "use")]
    pub how: String,
    pub provider: Option<String>,
}

#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub struct Meter {
    pub counts: Names,
    pub priced: bool,
}

impl Product {
    pub fn builtin() -> Self {
        toml::from_str(&Catalog::builtin().to_toml()).expect("a catalog prints what it read")
    }

    /// Permissions that can be asked for: a restriction is none.
    pub fn askable(&self) -> impl Iterator<Item = &str> {
        let permissions = self.permissions.iter().filter(|(_, row)| row.restricts.is_none());
        permissions.map(|(name, _)| name.as_str())
    }

    /// Features whose runs have no price: pricing is arithmetic, which most engines leave to their callers.
    pub fn unpriced(&self) -> impl Iterator<Item = &str> {
        let priced = |row: &Feature| row.meter.as_ref().is_some_and(|meter| self.meters[meter].priced);
        self.features.iter().filter(move |(_, row)| !priced(row)).map(|(name, _)| name.as_str())
    }

    /// Every fact that a question about a permission may read.
    pub fn reads(&self, permission: &str) -> Names {
        let row = &self.permissions[permission];
        let mut reads: Names = row.needs.union(&row.exempt).cloned().collect();
        for (fact, other) in &row.instead {
            reads.insert(fact.clone());
            reads.extend(self.reads(other));
        }
        if let Some(other) = &row.otherwise {
            reads.extend(self.reads(other));
        }
        reads
    }

    /// The restriction of a permission, if it has one.
    pub fn restriction(&self, permission: &str) -> Option<(&str, &Permission)> {
        let of = |row: &Permission| row.restricts.as_ref().is_some_and(|to| to.permission == permission);
        self.permissions.iter().find(|(_, row)| of(row)).map(|(name, row)| (name.as_str(), row))
    }

    /// Every setting that one requires, itself first.
    pub fn chain(&self, setting: &str) -> Vec<String> {
        let mut chain = vec![setting.to_owned()];
        for required in &self.settings[setting].requires {
            chain.extend(self.chain(required));
        }
        chain
    }
}
