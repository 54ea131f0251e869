//! The built-in catalog: a complete, real product.

use std::sync::Arc;

use super::{Catalog, Model};

const TEXT: &str = include_str!("builtin.toml");

impl Catalog {
    /// The built-in catalog.
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
