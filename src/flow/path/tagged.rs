//! Validations that go by the tags of fields: of a type that has none of them, nothing is ever refused.

use regex::Regex;
use rustc_hash::FxHashSet;

use super::{About, Flow, Node, RuleId, Site, Step, Tracer, Type, Value};
use crate::flow::program::{Program, Ty};
use crate::rules::Role;
use crate::syntax::facts::TypeKind;

/// What validators are told beside tags: a function for a type, tags of another name.
const BEYOND_TAGS: &str = "beyond-tags";

impl Tracer<'_, '_> {
    /// Whether a validation has nothing to check a value by: the rule says which tags it goes by, and the
    /// value's type has none.
    pub(super) fn is_untagged(&self, id: RuleId, value: &Value) -> bool {
        let Some(tags) = &self.flow.index.rule(id).checks_tag else { return false };
        let items = value.items();
        let untagged = |item: &Value| match self.eval.type_of(item) {
            Type::Named(ty, _) => {
                is_struct(self.flow.types.program, ty)
                    && lacks_tags(self.flow, ty, tags, &mut FxHashSet::default())
            }
            _ => false,
        };
        !items.is_empty() && items.iter().all(untagged) && !self.told_beyond_tags(id)
    }

    /// Whether the validator is told more than tags say, anywhere.
    fn told_beyond_tags(&self, id: RuleId) -> bool {
        self.flow.matches.iter().any(|m| {
            m.rule.detector == id.detector
                && self.flow.index.rule(m.rule).registration_kind.as_deref() == Some(BEYOND_TAGS)
        })
    }

    /// What a step looks at once it is known what it does inside: a function that is called a validation,
    /// and only has a library check what has no rules, checks nothing.
    pub(super) fn about_inside(&self, step: &Step, inner: &[Node]) -> About {
        let by_name = |&id: &RuleId| {
            self.flow.index.rule(id).role == Role::Validate && self.flow.index.detector(id).imports.is_empty()
        };
        if step.rules.iter().any(by_name) && checks(self.flow, inner) == Some(false) {
            return About::Nothing;
        }
        step.about
    }
}

/// Whether anything among `nodes` or below checks a payload; `None` where nothing looks like it.
fn checks(flow: &Flow<'_>, nodes: &[Node]) -> Option<bool> {
    let of = |node: &Node| match node {
        Node::Step(step) if step.rules.iter().any(|&id| flow.index.rule(id).role == Role::Validate) => {
            Some(step.about != About::Nothing)
        }
        Node::Step(step) => checks(flow, &step.inner),
        Node::Branch(branch) if branch.on_message() => Some(true),
        Node::Branch(branch) => checks(flow, &branch.then).max(checks(flow, &branch.otherwise)),
        Node::Loop(inner) => checks(flow, inner),
        Node::Cut(_) => Some(true),
        Node::Exit(_) => None,
    };
    nodes.iter().filter_map(of).max()
}

fn is_struct(program: &Program, ty: Ty) -> bool {
    program.facts(ty.file).types[ty.ty.0 as usize].kind == TypeKind::Struct
}

/// Whether neither a type nor what its fields hold has a field with one of `tags`. What is not known may
/// have some.
fn lacks_tags(flow: &Flow<'_>, ty: Ty, tags: &Regex, seen: &mut FxHashSet<Ty>) -> bool {
    if !seen.insert(ty) {
        return true;
    }
    let program = flow.types.program;
    let facts = program.facts(ty.file);
    let decl = &facts.types[ty.ty.0 as usize];
    match decl.kind {
        TypeKind::Struct => {}
        TypeKind::Defined => return true,
        _ => return false,
    }
    decl.type_params.is_empty()
        && facts.fields(&decl.fields).iter().all(|field| {
            let held = flow.types.named_by(Site { file: ty.file, expr: field.ty });
            !tags.is_match(facts.text(field.tag))
                && match held {
                    Type::Named(inner, _) => lacks_tags(flow, inner, tags, seen),
                    Type::External(path, _) => !program.may_be_own(program.external(path)),
                    Type::Basic(name) => !matches!(&*name, "any"),
                    // The elements of lists and maps are looked at where a tag says so.
                    Type::Slice(_) | Type::Map(..) | Type::Chan(_) | Type::Func(_) | Type::Signature(_) => {
                        true
                    }
                    Type::Unknown | Type::Literal(_) | Type::Package(_) => false,
                }
        })
}
