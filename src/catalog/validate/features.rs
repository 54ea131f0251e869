//! Features: whom they send what to, and what these must have promised.

use super::{Checker, Names};
use crate::catalog::model::{Condition, Feature, Positions, Providers, UsedService};
use crate::catalog::source::{CatalogSource, FeatureSource, ProvidersSource, UseSource, UsedServiceSource};
use crate::diagnostic::Code;
use crate::document::Name;

impl Checker {
    pub(in crate::catalog) fn feature(
        &mut self,
        name: &Name,
        row: &FeatureSource,
        names: &Names,
        source: &CatalogSource,
    ) -> Feature {
        let providers = self.providers(name, row, names);
        let data = self.bits(&names.data, &row.data, "data class");
        let services: Vec<UsedService> = row
            .services
            .iter()
            .filter_map(|(service, used)| self.service(service, used, names, source))
            .collect();
        let setting = self.find_maybe(&names.settings, row.setting.as_ref(), "setting");
        let any_setting = self.find_all(&names.settings, &row.any_setting, "setting");
        if setting.is_some() && !any_setting.is_empty() {
            self.contradiction(name.span(), "a feature has `setting` or `any_setting`, not both");
        }
        let settings: Positions = setting.into_iter().chain(any_setting).collect();
        let permission = self.find_maybe(&names.permissions, row.permission.as_ref(), "permission");
        let restricts = |permission: &Name| {
            source.permissions.get(permission.get_ref().as_str()).is_some_and(|row| row.restricts.is_some())
        };
        if let Some(permission) = row.permission.as_ref().filter(|permission| restricts(permission)) {
            self.contradiction(permission.span(), "a restriction is not asked for");
        }
        let mut conditions = self.scope(&row.plans, &row.add_ons, &row.kinds, names);
        conditions.push(Condition::Providers(providers));
        conditions.extend(services.iter().filter(|used| used.required).map(|used| Condition::Service(*used)));
        conditions.push(Condition::Data(data));
        if !settings.is_empty() {
            conditions.push(Condition::Settings(settings));
        }
        Feature {
            guard: 0,
            conditions: conditions.into(),
            providers,
            data,
            services: services.into(),
            fallback: self.find_maybe(&names.fallbacks, row.fallback.as_ref(), "fallback"),
            meter: self.find_maybe(&names.meters, row.meter.as_ref(), "meter"),
            permission,
            beta: row.beta,
            obligations: self.bits(&names.obligations, &row.obligations, "obligation"),
        }
    }

    fn providers(&mut self, name: &Name, row: &FeatureSource, names: &Names) -> Providers {
        if row.providers.is_some() && !row.any_provider.is_empty() {
            self.contradiction(name.span(), "a feature has `providers` or `any_provider`, not both");
        }
        match &row.providers {
            Some(ProvidersSource::Unstated) => Providers::Unstated,
            Some(ProvidersSource::OfModel) => Providers::OfModel,
            Some(ProvidersSource::Named(all)) => Providers::All(self.bits(&names.providers, all, "provider")),
            None if row.any_provider.is_empty() => Providers::All(0),
            None => Providers::Any(self.bits(&names.providers, &row.any_provider, "provider")),
        }
    }

    fn service(
        &mut self,
        name: &Name,
        row: &UsedServiceSource,
        names: &Names,
        source: &CatalogSource,
    ) -> Option<UsedService> {
        if row.used.is_none() {
            self.missing(name.span(), "use");
        }
        let service = self.find(&names.services, name, "service")?;
        let usual = source.services.get(name.get_ref().as_str()).and_then(|row| row.provider.as_ref());
        let provider = self.find_maybe(&names.providers, row.provider.as_ref().or(usual), "provider");
        Some(UsedService { service, provider, required: row.used != Some(UseSource::Improves) })
    }

    /// Every third party that a feature sends data to gives what that data demands (AI-06).
    pub(in crate::catalog) fn guarantees(&mut self, source: &CatalogSource, feature: &FeatureSource) {
        let named = match &feature.providers {
            Some(ProvidersSource::Named(names)) => names.iter().collect(),
            Some(ProvidersSource::OfModel) => {
                source.models.values().filter_map(|model| model.provider.as_ref()).collect()
            }
            _ => Vec::new(),
        };
        let of_services = feature.services.iter().filter_map(|(name, used)| {
            let usual = || source.services.get(name.get_ref().as_str()).and_then(|row| row.provider.as_ref());
            used.provider.as_ref().or_else(usual)
        });
        for provider in named.into_iter().chain(feature.any_provider.iter()).chain(of_services) {
            let Some(row) = source.providers.get(provider.get_ref().as_str()) else { continue };
            for data in feature.data.iter().filter(|_| row.third_party) {
                let demanded = source.data.get(data.get_ref().as_str()).map(|row| &row.guarantees);
                let lacking =
                    demanded.into_iter().flat_map(|set| set.iter()).find(|one| !row.guarantees.contains(one));
                if let Some(guarantee) = lacking {
                    let message = format!(
                        "provider `{}` does not guarantee `{}`, which data class `{}` demands",
                        provider.get_ref(),
                        guarantee.get_ref(),
                        data.get_ref()
                    );
                    self.problems.add(Code::MissingGuarantee, Some(provider.span()), message);
                }
            }
        }
    }
}
