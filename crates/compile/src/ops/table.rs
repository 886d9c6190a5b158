//! Tables: single elements inline, whole ranges through builtins.

use super::call::{builtin, constant, unsigned};
use crate::function::Translator;
use crate::record::{context, table};
use bident_abi::{Builtin, TrapCode, pack_pair};
use bident_module::TableIndex;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I32;
use cranelift_codegen::ir::{InstBuilder, Value};

pub(super) fn get(t: &mut Translator<'_, '_>, index: TableIndex) {
    let position = t.operands.pop();
    let address = element(t, index, position, TrapCode::TableOutOfBounds);
    let value = table::ELEMENT.load(&mut t.b, address);
    t.operands.push(value);
}

pub(super) fn set(t: &mut Translator<'_, '_>, index: TableIndex) {
    let value = t.operands.pop();
    let position = t.operands.pop();
    let address = element(t, index, position, TrapCode::TableOutOfBounds);
    table::ELEMENT.store(&mut t.b, address, value);
}

/// Address of an element; traps with `code` if there is none at this (`i32`) position.
pub(super) fn element(
    t: &mut Translator<'_, '_>,
    index: TableIndex,
    position: Value,
    code: TrapCode,
) -> Value {
    let record = record(t, index);
    let length = table::LENGTH.load(&mut t.b, record);
    let position = unsigned(t, position);
    let outside =
        t.b.ins()
            .icmp(IntCC::UnsignedGreaterThanOrEqual, position, length);
    t.trap_if(outside, code);
    let elements = table::ELEMENTS.load(&mut t.b, record);
    let offset = t.b.ins().ishl_imm_u(position, table::ELEMENT_SHIFT);
    t.b.ins().iadd(elements, offset)
}

/// Address of a table's record.
fn record(t: &mut Translator<'_, '_>, index: TableIndex) -> Value {
    if index.0 < t.module.imported.tables {
        t.of_context(context::table(t.layout, index))
    } else {
        t.in_context(t.layout.table(index))
    }
}

pub(super) fn size(t: &mut Translator<'_, '_>, index: TableIndex) {
    let record = record(t, index);
    let length = table::LENGTH.load(&mut t.b, record);
    let size = t.b.ins().ireduce(I32, length);
    t.operands.push(size);
}

pub(super) fn grow(t: &mut Translator<'_, '_>, table: u32) {
    let delta = t.operands.pop();
    let (delta, value) = (unsigned(t, delta), t.operands.pop());
    let table = constant(t, table.into());
    let old = builtin(t, Builtin::TableGrow, &[table, value, delta]);
    let old = t.b.ins().ireduce(I32, old);
    t.operands.push(old);
}

pub(super) fn fill(t: &mut Translator<'_, '_>, table: u32) {
    let length = t.operands.pop();
    let value = t.operands.pop();
    let start = t.operands.pop();
    let (start, length) = (unsigned(t, start), unsigned(t, length));
    let table = constant(t, table.into());
    builtin(t, Builtin::TableFill, &[table, start, value, length]);
}

pub(super) fn copy(t: &mut Translator<'_, '_>, destination: u32, source: u32) {
    range(t, Builtin::TableCopy, pack_pair(destination, source));
}

pub(super) fn init(t: &mut Translator<'_, '_>, table: u32, elem: u32) {
    range(t, Builtin::TableInit, pack_pair(table, elem));
}

pub(super) fn elem_drop(t: &mut Translator<'_, '_>, elem: u32) {
    let elem = constant(t, elem.into());
    builtin(t, Builtin::ElemDrop, &[elem]);
}

/// A builtin whose operands are destination, source and length, all `i32`.
pub(super) fn range(t: &mut Translator<'_, '_>, function: Builtin, pair: u64) {
    let length = t.operands.pop();
    let source = t.operands.pop();
    let destination = t.operands.pop();
    let pair = constant(t, pair);
    let args = [
        pair,
        unsigned(t, destination),
        unsigned(t, source),
        unsigned(t, length),
    ];
    builtin(t, function, &args);
}
