//! Lists of handlers: what the `resume` instructions of a module have in their clauses.
//!
//! An instance lays each distinct list out once, so they have to be known before any body is
//! compiled.

use crate::index::TagIndex;
use crate::module::{Handler, Module};
use crate::types::Composite;
use std::collections::BTreeSet;
use wasmparser::{Handle, Operator, ResumeTable};

/// Every list of the module's bodies, sorted.
///
/// Bodies are not validated yet: one that does not parse, or names a tag that does not exist, gives
/// the lists before that place. Its validator refuses it later.
pub(crate) fn collect(module: &Module) -> Vec<Box<[Handler]>> {
    let has_continuations = module
        .types
        .iter()
        .any(|ty| matches!(ty.composite, Composite::Cont(_)));
    let mut lists = BTreeSet::new();
    if has_continuations {
        for body in 0..module.bodies.len() {
            let _invalid = collect_body(module, body, &mut lists);
        }
    }
    lists.into_iter().collect()
}

/// `None`: the body is invalid.
fn collect_body(module: &Module, body: usize, lists: &mut BTreeSet<Box<[Handler]>>) -> Option<()> {
    let body = module.function_body(body);
    let mut operators = body.get_operators_reader().ok()?;
    while !operators.eof() {
        if let Operator::Resume { resume_table, .. }
        | Operator::ResumeThrow { resume_table, .. }
        | Operator::ResumeThrowRef { resume_table, .. } = operators.read().ok()?
        {
            lists.insert(list(&resume_table, module.tags.len())?);
        }
    }
    Some(())
}

fn list(table: &ResumeTable, tags: usize) -> Option<Box<[Handler]>> {
    table
        .handlers
        .iter()
        .map(|&clause| clause.into())
        .map(|handler: Handler| (handler.tag().index() < tags).then_some(handler))
        .collect()
}

impl Handler {
    /// The tag that it handles.
    pub fn tag(self) -> TagIndex {
        match self {
            Self::On(tag) | Self::Switch(tag) => tag,
        }
    }
}

impl From<Handle> for Handler {
    fn from(clause: Handle) -> Self {
        match clause {
            Handle::OnLabel { tag, .. } => Self::On(TagIndex(tag)),
            Handle::OnSwitch { tag } => Self::Switch(TagIndex(tag)),
        }
    }
}
