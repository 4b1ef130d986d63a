//! The audit as JSON: the contract itself.

use crate::audit::Audit;

/// The document, indented, with a newline at its end.
pub fn render(audit: &Audit) -> String {
    document(audit)
}

/// JSON Schema of a document.
pub fn schema<T: schemars::JsonSchema>() -> String {
    let generator = schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator();
    document(&generator.into_root_schema_for::<T>())
}

/// Any value, indented, with a newline at its end.
///
/// # Panics
/// When a map's keys are not strings, which no document of ours has.
pub fn document(value: &impl serde::Serialize) -> String {
    let mut text =
        serde_json::to_string_pretty(value).expect("string keys and derived serializers cannot fail");
    text.push('\n');
    text
}
