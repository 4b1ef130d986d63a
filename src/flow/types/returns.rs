//! What rules tell of the calls of libraries: the types that they give, and which of their arguments
//! fields of what they give hold.

use rustc_hash::FxHashMap;

/// What library calls give back, from the rules.
#[derive(Debug, Default)]
pub struct Returns {
    map: FxHashMap<(String, String), Vec<(String, String)>>,
    /// By receiver, call and field: the argument the field holds, for each import.
    pub(super) held: FxHashMap<(String, String, String), Vec<(String, usize)>>,
}

impl Returns {
    /// Collects the `returns` of all detectors.
    pub fn new(rules: &crate::rules::RuleSet) -> Returns {
        let mut returns = Returns::default();
        for detector in &rules.detectors {
            for (call, gives) in &detector.returns {
                let receiver = call.receiver.clone().unwrap_or_default();
                for import in &detector.imports {
                    returns
                        .map
                        .entry((receiver.clone(), call.name.clone()))
                        .or_default()
                        .push((import.clone(), gives.clone()));
                }
            }
        }
        for detector in &rules.detectors {
            for held in &detector.fields {
                let receiver = held.call.receiver.clone().unwrap_or_default();
                let key = (receiver, held.call.name.clone(), held.field.clone());
                let imports = detector.imports.iter().map(|import| (import.clone(), held.argument));
                returns.held.entry(key).or_default().extend(imports);
            }
        }
        returns
    }

    /// Which argument of the call that made a value its field `field` holds.
    pub(super) fn argument(&self, path: &str, receiver: &str, name: &str, field: &str) -> Option<usize> {
        let held = self.held.get(&(receiver.to_owned(), name.to_owned(), field.to_owned()))?;
        held.iter().find(|(import, _)| import_matches(import, path)).map(|(_, argument)| *argument)
    }

    pub(super) fn get(&self, path: &str, receiver: &str, name: &str) -> Option<&str> {
        let find = |receiver: &str| {
            self.map
                .get(&(receiver.to_owned(), name.to_owned()))?
                .iter()
                .find(|(import, _)| import_matches(import, path))
                .map(|(_, gives)| gives.as_str())
        };
        find(receiver).or_else(|| if receiver.is_empty() { None } else { find("*") })
    }
}

/// Whether `path` is `gate`, one of its versions (`/v2`) or sub-packages.
pub fn import_matches(gate: &str, path: &str) -> bool {
    path.strip_prefix(gate).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
