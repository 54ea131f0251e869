//! What JSON Schemas say of the types that files are read into, for editors.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{Map, Name, Placed, Set, Spanned};

/// A type whose schema is written out, each time it is used.
macro_rules! inline {
    ($(($($generic:tt)*) $type:ty, $name:literal, |$generator:ident| $schema:expr;)*) => {$(
        impl $($generic)* JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema($generator: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    )*};
}

/// A day, as text.
pub(crate) struct Day;
/// Whole hours or days, as text.
pub(crate) struct Length;
/// A decimal with at most three places, as text.
pub(crate) struct Decimal;

inline! {
    () Name, "Name", |_generator| json_schema!({ "type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$" });
    () Spanned<u64>, "Number", |generator| u64::json_schema(generator);
    () Spanned<Vec<String>>, "Texts", |generator| Vec::<String>::json_schema(generator);
    (<T: JsonSchema>) Set<T>, "Set", |generator| Vec::<T>::json_schema(generator);
    (<T: JsonSchema>) Map<T>, "Map", |generator| BTreeMap::<Name, T>::json_schema(generator);
    (<T: JsonSchema>) Placed<T>, "Table", |generator| T::json_schema(generator);
    () Day, "Day", |_generator| json_schema!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" });
    () Length, "Length", |_generator| json_schema!({ "type": "string", "pattern": "^[1-9][0-9]*[hd]$" });
    () Decimal, "Decimal", |_generator| json_schema!({
        "type": "string",
        "pattern": "^[0-9]+(\\.[0-9]{1,3})?$",
    });
}
