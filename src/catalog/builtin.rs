//! The built-in catalog: a complete, real product.

use std::sync::Arc;

use super::{Catalog, Model};

const TEXT: &str = include_str!("builtin.toml");

impl Catalog {
    /// The built-in catalog: a work-management product with eight plans, four roles, configurable and inherent
    /// permissions, org-wide settings, nineteen AI features and credits.
    ///
    /// Its facts come from the product's public documents; labels are our own words. Where the documents are
    /// silent or contradict each other, a reading was taken. These are all of them:
    ///
    /// | rule | reading |
    /// |---|---|
    /// | ROL-06 | a custom role copies its base's *default* values; later edits of the base do not reach it |
    /// | ROL-10 | once an organization has a super admin, the last one can be neither removed nor demoted |
    /// | ROL-11 | the roles that new members and guests receive are never based on admin |
    /// | PRM-23 | the restriction to trusted domains needs somebody besides admins who may invite; on with an empty list, every guest invite is denied |
    /// | PRM-29 | an org-wide setting is a ceiling: off there is off for every role |
    /// | PRM-30 | org-wide ceilings and restrictions bind super admins too |
    /// | ADM-03 | managing and assigning roles are granted by super admins only, so nobody raises their own rights |
    /// | AI-01 | legacy plans have no AI features |
    /// | AI-02 | both families of AI features start on |
    /// | AI-05 | names of people count as content that partner features may see, as do AI input and output |
    /// | AI-12 | super admins of an organization reach its divisions |
    /// | AI-14 | a feature with several providers needs all of them; a provider that is not stated is barred under HIPAA only |
    /// | AI-15 | smart fields requires embeddings; asking and chat are improved by them |
    /// | AI-22 | semantic search requires embeddings and runs on the service that holds them |
    /// | USE-02 | a follow-up makes the initial output count once, when the follow-up happens |
    /// | USE-05 | only partner features are metered; at a reached limit proactive outputs are still produced |
    /// | CRD-01 | the switch of the automations has the same rules as the one of AI partners |
    /// | CRD-12 | a priced run needs its model, an estimate of tokens and a stated balance; without one it is denied |
    /// | AI-20 | betas are opted in to by super admins |
    /// | TRM-01 | seats that do not match are reported and change no access; an included add-on has no seats of its own |
    /// | TRM-03 | the customer's key covers every class of data that the terms do not except |
    /// | TRM-04 | names and pictures of people are part of their profile |
    /// | CON-01 | a service token is minted by a super admin; on plans below Enterprise any role may connect |
    /// | CON-07 | only projects and tasks have a look-back: exactly a year ago is no longer within |
    /// | CON-08 | the caller matches people by e-mail address, whatever its ASCII case, and states it as a fact |
    /// | CON-10 | what is disconnected is found no more: reading needs the two sides to be connected |
    /// | CON-12 | connecting a domain under HIPAA or with its own keys is warned of, not barred |
    ///
    /// Model names, prices and credit plans (CRD-14) are illustrative figures from public help pages.
    pub fn builtin() -> Self {
        // The text is a constant that a test parses. Were it broken all the same, a catalog that knows nothing
        // denies everything.
        Self::parse(TEXT).unwrap_or_else(|_| Self { model: Arc::new(Model::default()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_catalog_is_sound() {
        if let Err(problems) = Catalog::parse(TEXT) {
            panic!("{}", problems.render("builtin.toml", TEXT));
        }
        assert_eq!(Catalog::builtin().id(), "work_management");
    }

    #[test]
    fn printing_and_parsing_gives_the_same_catalog() {
        let catalog = Catalog::builtin();
        let again = Catalog::parse(&catalog.to_toml()).unwrap();
        assert_eq!(catalog, again);
        assert_eq!(catalog.model().hash, again.model().hash);
    }
}
