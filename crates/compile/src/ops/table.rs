//! Tables: single elements inline, whole ranges through builtins.

use super::call::{builtin, constant, position, push_size};
use super::fuel;
use super::interrupt::{Parts, in_parts};
use crate::function::Translator;
use crate::record::{context, table};
use bident_abi::{Builtin, TrapCode, pack_pair};
use bident_module::{AddressType, TableIndex};
use cranelift_codegen::ir::condcodes::IntCC;
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

/// Address of an element; traps with `code` if there is none at the position that an operand gives.
pub(super) fn element(
    t: &mut Translator<'_, '_>,
    index: TableIndex,
    operand: Value,
    code: TrapCode,
) -> Value {
    let record = record(t, index);
    let length = table::LENGTH.load(&mut t.b, record);
    let ty = address_type(t, index);
    let position = position(t, ty, operand);
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

fn address_type(t: &Translator<'_, '_>, table: TableIndex) -> AddressType {
    t.module.tables[table.index()].address
}

pub(super) fn size(t: &mut Translator<'_, '_>, index: TableIndex) {
    let record = record(t, index);
    let length = table::LENGTH.load(&mut t.b, record);
    push_size(t, address_type(t, index), length);
}

pub(super) fn grow(t: &mut Translator<'_, '_>, table: TableIndex) {
    let ty = address_type(t, table);
    let delta = t.operands.pop();
    let (delta, value) = (position(t, ty, delta), t.operands.pop());
    fuel::take(t, delta, 0);
    let table = constant(t, table.0.into());
    let old = builtin(t, Builtin::TableGrow, &[table, value, delta]);
    push_size(t, ty, old);
}

pub(super) fn fill(t: &mut Translator<'_, '_>, table: TableIndex) {
    let ty = address_type(t, table);
    let length = t.operands.pop();
    let value = t.operands.pop();
    let start = t.operands.pop();
    let (start, length) = (position(t, ty, start), position(t, ty, length));
    let table = constant(t, table.0.into());
    let args = [table, start, value, length];
    fuel::take(t, args[3], 0);
    in_parts(t, Builtin::TableFill, Parts::Fill, args, |_| ());
}

pub(super) fn copy(t: &mut Translator<'_, '_>, destination: TableIndex, source: TableIndex) {
    let pair = pack_pair(destination.0, source.0);
    let (to, from) = (address_type(t, destination), address_type(t, source));
    let types = [to, from, to.narrower(from)];
    let args = range(t, pair, types);
    fuel::take(t, args[3], 0);
    in_parts(t, Builtin::TableCopy, Parts::Copy, args, |_| ());
}

pub(super) fn init(t: &mut Translator<'_, '_>, table: TableIndex, elem: u32) {
    let types = [address_type(t, table), AddressType::I32, AddressType::I32];
    let args = range(t, pack_pair(table.0, elem), types);
    fuel::take(t, args[3], 0);
    builtin(t, Builtin::TableInit, &args);
}

pub(super) fn elem_drop(t: &mut Translator<'_, '_>, elem: u32) {
    let elem = constant(t, elem.into());
    builtin(t, Builtin::ElemDrop, &[elem]);
}

/// Arguments of a builtin whose operands are destination, source and length, of these types.
pub(super) fn range(
    t: &mut Translator<'_, '_>,
    pair: u64,
    [to, from, count]: [AddressType; 3],
) -> [Value; 4] {
    let length = t.operands.pop();
    let source = t.operands.pop();
    let destination = t.operands.pop();
    let pair = constant(t, pair);
    [
        pair,
        position(t, to, destination),
        position(t, from, source),
        position(t, count, length),
    ]
}
