//! Features: running one, processing data for one, and storing data at all.

use std::collections::BTreeSet;

use super::{Answer, Asked, Case, Denial, Steps, allow, strs};
use crate::model::{Feature, Providers};

impl<'a> Case<'a> {
    /// AI-03, AI-21: whether this subject may run it.
    pub(super) fn run(&self, name: &'a str, steps: &mut Steps<'a>) -> Result<Answer<'a>, Denial<'a>> {
        let feature = &self.catalog.features[name];
        let since = steps.len();
        steps.turn_to(None, None);
        steps.ask_all_or_open("plan", self.plan_gate(&feature.into()));
        steps.ask_all_or_open("kind", self.kind_gate(&feature.kinds));
        steps.ask("compliance", self.provider_gate(feature));
        steps.ask_all("compliance", self.service_gates(feature));
        steps.ask("compliance", self.data_gate(&strs(&feature.data)));
        steps.ask_all("compliance", self.model_gate(feature));
        steps.ask_all_or_open("setting", self.settings_of(feature));
        let own = steps.first_failure(since);
        // AI-21: a permission that the subject also needs, a question of its own.
        let held = feature.permission.as_deref().map(|permission| self.permission(permission, steps));
        // USE-06: every access gate comes before any charge.
        steps.turn_to(None, None);
        let since = steps.len();
        steps.ask_all("opt-in", self.opt_in_gate(name));
        let used = self.usage(feature);
        steps.ask_all("usage", used.clone().map(|used| used.map(|used| used.about)));
        let late = steps.first_failure(since);
        if let Some(denial) = own {
            return Err(denial);
        }
        let mut obligations = match held {
            Some(held) => held?.obligations,
            None => BTreeSet::new(),
        };
        if let Some(denial) = late {
            return Err(denial);
        }
        let used = used.and_then(Result::ok).unwrap_or_default();
        obligations.extend(used.obligations);
        obligations.extend(strs(&feature.obligations));
        obligations.extend(self.processing_obligations(feature));
        let meter = feature.meter.as_deref().filter(|_| used.charge > 0);
        Ok(Answer {
            providers: self.providers(feature),
            data: strs(&feature.data).collect(),
            charge: meter.into_iter().map(|meter| (meter, used.charge)).collect(),
            ..allow("feature-on", vec![("feature", name)], obligations)
        })
    }

    /// AI-03: processing of a class of data for a feature, on a model where one is selected, whoever asks.
    pub(super) fn process(
        &self,
        data: &'a str,
        name: &'a str,
        steps: &mut Steps<'a>,
    ) -> Result<Answer<'a>, Denial<'a>> {
        let feature = &self.catalog.features[name];
        let since = steps.len();
        steps.ask_all("plan", self.plan_gate(&feature.into()));
        steps.ask_all("kind", self.kind_gate(&feature.kinds));
        let some_model = self.provider_gate(feature);
        let of_model = self.model_gate(feature);
        steps.ask("compliance", of_model.map_or(some_model.clone(), |of_model| some_model.and(of_model)));
        steps.ask_all("compliance", self.service_gates(feature));
        // Of the classes of the feature only the one asked about matters.
        steps.ask(
            "compliance",
            match feature.data.contains(data) {
                true => self.data_gate(&[data].into_iter()),
                false => Err(("data-barred", vec![("data", data), ("feature", name)])),
            },
        );
        steps.ask_all("setting", self.settings_of(feature));
        steps.ask_all("opt-in", self.opt_in_gate(name));
        if let Some(denial) = steps.first_failure(since) {
            return Err(denial);
        }
        Ok(Answer {
            providers: self.providers(feature),
            data: [data].into(),
            ..allow("feature-on", vec![("feature", name)], self.processing_obligations(feature))
        })
    }

    /// TRM-05: storing or processing a class of data at all.
    pub(super) fn store(&self, data: &'a str, steps: &mut Steps<'a>) -> Result<Answer<'a>, Denial<'a>> {
        let permitted = self.data_gate(&[data].into_iter());
        steps.ask("compliance", permitted.clone());
        permitted?;
        Ok(Answer { data: [data].into(), ..allow("data-permitted", vec![("data", data)], BTreeSet::new()) })
    }

    /// The setting of a feature, or any of several.
    fn settings_of(&self, feature: &'a Feature) -> Vec<Asked<'a>> {
        self.settings(feature.setting.as_deref().into_iter().chain(strs(&feature.any_setting)))
    }

    fn provider_barred(&self, provider: &'a str) -> Denial<'a> {
        let regime = self.barring(provider).map(|regime| ("regime", regime));
        ("provider-barred", [("provider", provider)].into_iter().chain(regime).collect())
    }

    /// AI-04, AI-13, AI-14: the providers that a feature needs, and those of which one suffices.
    fn provider_gate(&self, feature: &'a Feature) -> Asked<'a> {
        let barred = |provider: &&'a str| self.barring(provider).is_some();
        // Of what decided, four are told.
        let told = |names: &'a BTreeSet<String>| strs(names).take(4).map(|it| ("provider", it)).collect();
        match &feature.providers {
            Some(Providers::Named(names)) => match strs(names).find(barred) {
                Some(provider) => Err(self.provider_barred(provider)),
                None => Ok(told(names)),
            },
            // Which model is selected is asked last; some one must be left to select.
            Some(Providers::Word(word)) if word == "of_model" => {
                let providers: BTreeSet<&str> =
                    self.catalog.models.values().filter_map(|model| model.provider.as_deref()).collect();
                match providers.first() {
                    Some(first) if providers.iter().all(barred) => Err(self.provider_barred(first)),
                    _ => Ok(vec![]),
                }
            }
            Some(Providers::Word(_)) => self.unstated_provider(),
            None => match strs(&feature.any_provider).next() {
                Some(first) if strs(&feature.any_provider).all(|it| barred(&it)) => {
                    Err(self.provider_barred(first))
                }
                _ => Ok(told(&feature.any_provider)),
            },
        }
    }

    /// CRD-01: the provider of the selected model; without a model it is not stated.
    fn model_gate(&self, feature: &'a Feature) -> Option<Asked<'a>> {
        let of_model = matches!(&feature.providers, Some(Providers::Word(word)) if word == "of_model");
        of_model.then(|| match self.provider_of_model() {
            Some(provider) if self.barring(provider).is_some() => Err(self.provider_barred(provider)),
            Some(provider) => Ok(vec![("provider", provider)]),
            None => self.unstated_provider(),
        })
    }

    fn provider_of_model(&self) -> Option<&'a str> {
        self.catalog.models[self.request.action.model.as_ref()?].provider.as_deref()
    }

    /// Who makes and keeps what a service gives a feature.
    fn provider_of_service(&self, feature: &'a Feature, service: &str) -> Option<&'a str> {
        let own = feature.services[service].provider.as_deref();
        own.or_else(|| self.catalog.services[service].provider.as_deref())
    }

    /// AI-15: whether a feature can have a service. It needs its provider too.
    fn service(&self, feature: &'a Feature, service: &'a str) -> Asked<'a> {
        let barring = self.regimes().find(|(_, row)| row.bars.services.contains(service));
        if let Some((regime, _)) = barring {
            return Err(("service-barred", vec![("service", service), ("regime", regime)]));
        }
        match self.provider_of_service(feature, service) {
            Some(provider) if self.barring(provider).is_some() => Err(self.provider_barred(provider)),
            _ => Ok(vec![("service", service)]),
        }
    }

    /// The services that a feature requires.
    fn service_gates(&self, feature: &'a Feature) -> Vec<Asked<'a>> {
        let required = feature.services.iter().filter(|(_, row)| row.used == "requires");
        required.map(|(service, _)| self.service(feature, service)).collect()
    }

    /// AI-17: who gets data when the feature runs.
    fn providers(&self, feature: &'a Feature) -> BTreeSet<&'a str> {
        let mut providers: BTreeSet<&str> = match &feature.providers {
            Some(Providers::Named(names)) => strs(names).collect(),
            Some(Providers::Word(word)) if word == "of_model" => {
                self.provider_of_model().into_iter().collect()
            }
            _ => BTreeSet::new(),
        };
        providers.extend(strs(&feature.any_provider).filter(|it| self.barring(it).is_none()));
        for service in feature.services.keys().filter(|service| self.service(feature, service).is_ok()) {
            providers.extend(self.provider_of_service(feature, service));
        }
        providers
    }

    /// AI-15, AI-19, AI-20: what comes with giving data to the providers of a feature. What the feature itself
    /// obliges to is about its output, and comes with a run.
    fn processing_obligations(&self, feature: &'a Feature) -> BTreeSet<&'a str> {
        let mut obligations = BTreeSet::new();
        for provider in self.providers(feature) {
            obligations.extend(strs(&self.catalog.providers[provider].obligations));
        }
        for service in feature.services.keys().filter(|service| self.service(feature, service).is_err()) {
            obligations.extend(self.catalog.services[service].without.as_deref());
        }
        for (_, regime) in self.regimes() {
            obligations.extend(strs(&regime.obligations));
        }
        if feature.beta {
            obligations.insert("beta_as_is");
        }
        obligations
    }

    /// Gate 11, AI-20.
    fn opt_in_gate(&self, name: &'a str) -> Option<Asked<'a>> {
        let opted_in = self.domain.opt_ins.get(name).is_some_and(|it| it == "on");
        let about = vec![("feature", name)];
        let asked = || if opted_in { Ok(about) } else { Err(("opt-in-missing", about)) };
        self.catalog.features[name].beta.then(asked)
    }
}
