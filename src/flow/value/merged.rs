//! Fields of literals that are put together of others (`{ ...options, durable: true }`).

use std::sync::Arc;

use super::{STEP, TAKEN, Value};

/// Fields being put together: a later one of the same name takes the place of an earlier one.
#[derive(Default)]
pub struct Merged {
    fields: Vec<(Arc<str>, Value)>,
}

impl Merged {
    /// These fields in turn.
    pub fn of(fields: impl Iterator<Item = (Arc<str>, Value)>) -> Merged {
        let mut merged = Merged::default();
        fields.for_each(|(name, value)| merged.put(name, value));
        merged
    }

    /// Puts a field in; what is taken over stays beside other such.
    pub fn put(&mut self, name: Arc<str>, value: Value) {
        if name.starts_with(TAKEN) {
            return self.take(value);
        }
        if !name.starts_with(STEP) {
            self.fields.retain(|(known, _)| *known != name);
        }
        self.fields.push((name, value));
    }

    /// Takes over what `value` has.
    pub fn take(&mut self, value: Value) {
        match value {
            Value::Object(object) => {
                object.fields.iter().for_each(|(name, value)| self.put(name.clone(), value.clone()));
            }
            Value::Opaque(_) | Value::Unset | Value::Literal(_) | Value::Str(_) | Value::List(_) => {}
            later => self.fields.push((format!("{TAKEN}{}", self.fields.len()).into(), later)),
        }
    }

    /// The fields.
    pub fn fields(self) -> Vec<(Arc<str>, Value)> {
        self.fields
    }
}
