//! Arrays: single elements inline, the rest through builtins.

use super::super::call::{builtin, constant, transfer_buffer, unsigned};
use super::super::interrupt::{Parts, in_parts};
use super::object::{self, Extend};
use crate::function::Translator;
use crate::record::store;
use bident_abi::{Builtin, TrapCode};
use bident_module::{FieldType, ObjectKind, ObjectLayout, Slot, TypeIndex, ValType};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I32;
use cranelift_codegen::ir::{InstBuilder, Value};
use wasmparser::Operator;

/// Translates an operator of arrays; false if it is none.
pub(super) fn translate(t: &mut Translator<'_, '_>, op: &Operator<'_>) -> bool {
    match *op {
        Operator::ArrayNew { array_type_index } => new(t, array_type_index.into()),
        Operator::ArrayNewDefault { array_type_index } => new_default(t, array_type_index.into()),
        Operator::ArrayNewFixed {
            array_type_index,
            array_size,
        } => new_fixed(t, array_type_index.into(), array_size),
        Operator::ArrayNewData {
            array_type_index,
            array_data_index,
        } => new_from(
            t,
            Builtin::ArrayNewData,
            array_type_index.into(),
            array_data_index,
        ),
        Operator::ArrayNewElem {
            array_type_index,
            array_elem_index,
        } => new_from(
            t,
            Builtin::ArrayNewElem,
            array_type_index.into(),
            array_elem_index,
        ),
        Operator::ArrayGet { array_type_index } | Operator::ArrayGetU { array_type_index } => {
            get(t, array_type_index.into(), Extend::Zero);
        }
        Operator::ArrayGetS { array_type_index } => get(t, array_type_index.into(), Extend::Sign),
        Operator::ArraySet { array_type_index } => set(t, array_type_index.into()),
        Operator::ArrayLen => len(t),
        Operator::ArrayFill { array_type_index } => fill(t, array_type_index.into()),
        Operator::ArrayCopy { .. } => copy(t),
        Operator::ArrayInitData {
            array_data_index, ..
        } => init(t, Builtin::ArrayInitData, array_data_index),
        Operator::ArrayInitElem {
            array_elem_index, ..
        } => init(t, Builtin::ArrayInitElem, array_elem_index),
        _ => return false,
    }
    true
}

fn element(t: &Translator<'_, '_>, ty: TypeIndex) -> (FieldType, Slot) {
    let ObjectLayout::Array(slot) = *t.module.layout_at(ty) else {
        unreachable!("the validator lets only arrays be named");
    };
    (t.module.array_type_at(ty), slot)
}

fn new(t: &mut Translator<'_, '_>, ty: TypeIndex) {
    let (length, value) = (t.operands.pop(), t.operands.pop());
    let length = unsigned(t, length);
    let made = if t.epochs {
        let made = object::make(t, Builtin::ArrayNew, ty, &[length]);
        let start = constant(t, 0);
        fill_part(t, ty, [made, start, length], value);
        made
    } else {
        let value = as_word(t, ty, value);
        object::make(t, Builtin::ArrayNewWith, ty, &[length, value])
    };
    t.operands.push(made);
}

/// A value of an element as a word. The builtins look for a vector at the start of the transfer buffer.
fn as_word(t: &mut Translator<'_, '_>, ty: TypeIndex, value: Value) -> Value {
    let held = t.module.array_type_at(ty).storage.unpacked();
    if held == ValType::V128 {
        let buffer = transfer_buffer(t);
        store::write_value(&mut t.b, buffer, 0, held, value);
    }
    store::to_register(&mut t.b, held, value)
}

fn new_default(t: &mut Translator<'_, '_>, ty: TypeIndex) {
    let length = t.operands.pop();
    let length = unsigned(t, length);
    let made = object::make(t, Builtin::ArrayNew, ty, &[length]);
    t.operands.push(made);
}

fn new_fixed(t: &mut Translator<'_, '_>, ty: TypeIndex, length: u32) {
    let element = element(t, ty);
    let of_element = element.1.size();
    // The validator bounds the length.
    let size = ObjectLayout::ELEMENTS + length * of_element;
    let made = object::allocate(t, (ty, ObjectKind::Array), size, |t| {
        let length = constant(t, length.into());
        object::make(t, Builtin::ArrayNew, ty, &[length])
    });
    let address = object::address(t, made);
    let count = t.b.ins().iconst(I32, i64::from(length));
    object::set_length(t, address, count);
    let values: Vec<Value> = t.operands.pop_many(length as usize).collect();
    for (i, value) in values.into_iter().enumerate() {
        let offset = ObjectLayout::ELEMENTS + i as u32 * of_element;
        object::write(t, element, address, offset, value);
    }
    t.operands.push(made);
}

/// From a part of a segment.
fn new_from(t: &mut Translator<'_, '_>, function: Builtin, ty: TypeIndex, segment: u32) {
    let (length, source) = (t.operands.pop(), t.operands.pop());
    let segment = constant(t, segment.into());
    let (source, length) = (unsigned(t, source), unsigned(t, length));
    let made = object::make(t, function, ty, &[segment, source, length]);
    t.operands.push(made);
}

/// Address of the array on the operand stack.
fn array(t: &mut Translator<'_, '_>) -> Value {
    let reference = t.operands.pop();
    t.trap_if_null(reference, TrapCode::NullArrayReference);
    object::address(t, reference)
}

fn len(t: &mut Translator<'_, '_>) {
    let address = array(t);
    let length = object::length(t, address);
    t.operands.push(length);
}

/// Address of the element at a position, but for [`ObjectLayout::ELEMENTS`].
fn place(t: &mut Translator<'_, '_>, position: Value, slot: Slot) -> Value {
    let address = array(t);
    let length = object::length(t, address);
    let outside =
        t.b.ins()
            .icmp(IntCC::UnsignedGreaterThanOrEqual, position, length);
    t.trap_if(outside, TrapCode::ArrayOutOfBounds);
    let position = unsigned(t, position);
    let shift = i64::from(slot.size().trailing_zeros());
    let offset = t.b.ins().ishl_imm_u(position, shift);
    t.b.ins().iadd(address, offset)
}

fn get(t: &mut Translator<'_, '_>, ty: TypeIndex, extend: Extend) {
    let element = element(t, ty);
    let position = t.operands.pop();
    let place = place(t, position, element.1);
    let value = object::load(t, element, extend, place, ObjectLayout::ELEMENTS);
    t.operands.push(value);
}

fn set(t: &mut Translator<'_, '_>, ty: TypeIndex) {
    let element = element(t, ty);
    let (value, position) = (t.operands.pop(), t.operands.pop());
    let place = place(t, position, element.1);
    object::write(t, element, place, ObjectLayout::ELEMENTS, value);
}

/// The array below a position on the operand stack, and that position.
fn array_and_position(t: &mut Translator<'_, '_>) -> (Value, Value) {
    let (position, reference) = (t.operands.pop(), t.operands.pop());
    t.trap_if_null(reference, TrapCode::NullArrayReference);
    (reference, unsigned(t, position))
}

/// Two numbers below 2^32 in one word, the first in its low half. References have words of their own: a
/// collection would not find them.
fn pair(t: &mut Translator<'_, '_>, low: Value, high: Value) -> Value {
    let high = t.b.ins().ishl_imm_u(high, 32);
    t.b.ins().bor(low, high)
}

fn fill(t: &mut Translator<'_, '_>, ty: TypeIndex) {
    let (length, value) = (t.operands.pop(), t.operands.pop());
    let (array, start) = array_and_position(t);
    let length = unsigned(t, length);
    fill_part(t, ty, [array, start, length], value);
}

/// `[array, start, length]`.
fn fill_part(t: &mut Translator<'_, '_>, ty: TypeIndex, part: [Value; 3], value: Value) {
    let [array, start, length] = part;
    let word = as_word(t, ty, value);
    let args = [array, start, word, length];
    in_parts(t, Builtin::ArrayFill, Parts::Fill, args, |t| {
        // Between two parts anything may have used the buffer.
        as_word(t, ty, value);
    });
}

fn copy(t: &mut Translator<'_, '_>) {
    let length = t.operands.pop();
    let length = unsigned(t, length);
    let (position, reference) = (t.operands.pop(), t.operands.pop());
    // The destination comes first.
    let (target, to) = array_and_position(t);
    t.operands.extend(&[reference, position]);
    let (source, from) = array_and_position(t);
    let starts = pair(t, to, from);
    let args = [target, source, starts, length];
    in_parts(t, Builtin::ArrayCopy, Parts::CopyArray, args, |_| ());
}

fn init(t: &mut Translator<'_, '_>, function: Builtin, segment: u32) {
    let (length, source) = (t.operands.pop(), t.operands.pop());
    let (array, start) = array_and_position(t);
    let segment = constant(t, segment.into());
    let start_and_segment = pair(t, start, segment);
    let (source, length) = (unsigned(t, source), unsigned(t, length));
    builtin(t, function, &[array, start_and_segment, source, length]);
}
