//! What of stack switching has to be known of all bodies before any is compiled: the lists of handlers
//! that `resume` instructions have in their clauses, for an instance lays each distinct one out once,
//! and which functions are wrappers around transfers.

use crate::index::TagIndex;
use crate::module::{Handler, Module};
use crate::neutral::{self, Calls};
use crate::types::Composite;
use std::collections::BTreeSet;
use wasmparser::{Handle, Operator, ResumeTable};

/// Fills in [`Module::handlers`] and [`Module::wrappers`].
///
/// Bodies are not validated yet: of one that does not parse, or names a tag that does not exist, what
/// comes before that place counts. Its validator refuses it later.
pub(crate) fn collect(module: &mut Module) {
    let has_continuations = module
        .types
        .iter()
        .any(|ty| matches!(ty.composite, Composite::Cont(_)));
    if !has_continuations {
        return;
    }
    let mut lists = BTreeSet::new();
    let mut calls = vec![Calls::default(); module.bodies.len()];
    for (body, calls) in calls.iter_mut().enumerate() {
        let _invalid = collect_body(module, body, &mut lists, calls);
    }
    module.handlers = lists.into_iter().collect();
    module.wrappers = neutral::find(module, calls);
}

/// `None`: the body is invalid.
fn collect_body(
    module: &Module,
    body: usize,
    lists: &mut BTreeSet<Box<[Handler]>>,
    calls: &mut Calls,
) -> Option<()> {
    use Operator as O;
    let body = module.function_body(body);
    for locals in body.get_locals_reader().ok()? {
        calls.locals = calls.locals.saturating_add(locals.ok()?.0);
    }
    let mut operators = body.get_operators_reader().ok()?;
    while !operators.eof() {
        match operators.read().ok()? {
            O::Resume { resume_table, .. }
            | O::ResumeThrow { resume_table, .. }
            | O::ResumeThrowRef { resume_table, .. } => {
                calls.transfers = true;
                lists.insert(list(&resume_table, module.tags.len())?);
            }
            O::Suspend { .. } | O::Switch { .. } => calls.transfers = true,
            O::Call { function_index } => {
                let defined = function_index.checked_sub(module.imported.funcs);
                let defined = defined.filter(|&callee| (callee as usize) < module.bodies.len());
                calls.callees.extend(defined);
            }
            O::ReturnCall { .. } | O::ReturnCallIndirect { .. } | O::ReturnCallRef { .. } => {
                calls.tail = true;
            }
            O::Loop { .. } => calls.loops = true,
            O::GlobalGet { .. } | O::GlobalSet { .. } | O::CallIndirect { .. } => {
                calls.accesses = true;
            }
            O::TableGet { .. } | O::TableSet { .. } => calls.accesses = true,
            op => calls.accesses |= is_access(&op),
        }
    }
    Some(())
}

/// Whether an operator loads from a linear memory or stores there.
fn is_access(op: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        op,
        O::I32Load { .. }
            | O::I64Load { .. }
            | O::F32Load { .. }
            | O::F64Load { .. }
            | O::I32Load8S { .. }
            | O::I32Load8U { .. }
            | O::I32Load16S { .. }
            | O::I32Load16U { .. }
            | O::I64Load8S { .. }
            | O::I64Load8U { .. }
            | O::I64Load16S { .. }
            | O::I64Load16U { .. }
            | O::I64Load32S { .. }
            | O::I64Load32U { .. }
            | O::I32Store { .. }
            | O::I64Store { .. }
            | O::F32Store { .. }
            | O::F64Store { .. }
            | O::I32Store8 { .. }
            | O::I32Store16 { .. }
            | O::I64Store8 { .. }
            | O::I64Store16 { .. }
            | O::I64Store32 { .. }
    )
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
