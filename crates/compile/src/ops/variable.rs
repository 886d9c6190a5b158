//! Locals, globals, and the operators that only move operands.

use crate::function::Translator;
use crate::record::{context, global};
use bident_module::GlobalIndex;
use cranelift_codegen::ir::{InstBuilder, Value};

pub(super) fn drop(t: &mut Translator<'_, '_>) {
    t.operands.pop();
}

pub(super) fn select(t: &mut Translator<'_, '_>) {
    let condition = t.operands.pop();
    let (if_zero, otherwise) = (t.operands.pop(), t.operands.pop());
    let value = t.b.ins().select(condition, otherwise, if_zero);
    t.operands.push(value);
}

pub(super) fn local_get(t: &mut Translator<'_, '_>, local: u32) {
    let value = t.local(local);
    t.operands.push(value);
}

pub(super) fn local_set(t: &mut Translator<'_, '_>, local: u32) {
    let value = t.operands.pop();
    t.set_local(local, value);
}

pub(super) fn local_tee(t: &mut Translator<'_, '_>, local: u32) {
    let value = t.operands.top(1)[0];
    t.set_local(local, value);
}

pub(super) fn global_get(t: &mut Translator<'_, '_>, index: GlobalIndex) {
    let ty = t.module.globals[index.index()].content;
    let record = record(t, index);
    let value = global::value(ty).load(&mut t.b, record);
    t.operands.push(value);
}

pub(super) fn global_set(t: &mut Translator<'_, '_>, index: GlobalIndex) {
    let ty = t.module.globals[index.index()].content;
    let value = t.operands.pop();
    let record = record(t, index);
    global::value(ty).store(&mut t.b, record, value);
}

/// Address of a global's record.
fn record(t: &mut Translator<'_, '_>, index: GlobalIndex) -> Value {
    if index.0 < t.module.imported.globals {
        t.of_context(context::global(t.layout, index))
    } else {
        t.in_context(t.layout.global(index))
    }
}
