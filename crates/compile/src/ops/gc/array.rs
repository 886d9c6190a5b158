//! Arrays: single elements inline, the rest through builtins.

use super::super::call::{builtin, constant, transfer_buffer, unsigned};
use super::super::control;
use super::super::fuel;
use super::super::interrupt::{Parts, in_parts};
use super::object::{self, Extend};
use crate::function::Translator;
use crate::record::{Region, heap_memory, store};
use bident_abi::{Builtin, FINE, GRANULE, TrapCode};
use bident_module::{FieldType, ObjectKind, ObjectLayout, Slot, TypeIndex, ValType};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{BlockArg, InstBuilder, Value};
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
    take_fuel(t, length);
    let word = as_word(t, ty, value);
    let made = allocate(t, ty, length, word, |t, length| {
        if t.epochs {
            let made = object::make(t, Builtin::ArrayNew, ty, &[length]);
            let start = constant(t, 0);
            fill_part(t, ty, [made, start, length], value);
            return made;
        }
        object::make(t, Builtin::ArrayNewWith, ty, &[length, word])
    });
    t.operands.push(made);
}

fn new_default(t: &mut Translator<'_, '_>, ty: TypeIndex) {
    let length = t.operands.pop();
    take_fuel(t, length);
    let zero = constant(t, 0);
    let made = allocate(t, ty, length, zero, |t, length| {
        object::make(t, Builtin::ArrayNew, ty, &[length])
    });
    t.operands.push(made);
}

/// A unit for each element.
fn take_fuel(t: &mut Translator<'_, '_>, length: Value) {
    let length = unsigned(t, length);
    fuel::take(t, length, 0);
}

/// A new array, filled with a word. Small ones are made here, others by the builtin, which gets the
/// length as a word.
fn allocate(
    t: &mut Translator<'_, '_>,
    ty: TypeIndex,
    length: Value,
    fill: Value,
    slow: impl FnOnce(&mut Translator<'_, '_>, Value) -> Value,
) -> Value {
    let of_element = element(t, ty).1.size();
    let wide = unsigned(t, length);
    if of_element > 8 {
        return slow(t, wide);
    }
    let most = (FINE - ObjectLayout::ELEMENTS) / of_element;
    let (small, elsewhere, done) = (t.b.create_block(), t.b.create_block(), t.block_with([I64]));
    let is_small =
        t.b.ins()
            .icmp_imm_u(IntCC::UnsignedLessThanOrEqual, wide, i64::from(most));
    t.b.ins().brif(is_small, small, &[], elsewhere, &[]);

    control::go_on_in(t, small);
    let shift = i64::from(of_element.trailing_zeros());
    let elements = t.b.ins().ishl_imm_u(wide, shift);
    let last =
        t.b.ins()
            .iadd_imm_s(elements, i64::from(ObjectLayout::ELEMENTS) - 1);
    let class =
        t.b.ins()
            .ushr_imm_u(last, i64::from(GRANULE.trailing_zeros()));
    let run = t.b.ins().ishl_imm_u(class, store::RUN_SHIFT);
    let store = t.store();
    let base = t.b.ins().iadd(store, run);
    let classes = t.b.ins().iadd_imm_s(class, 1);
    let bytes =
        t.b.ins()
            .ishl_imm_u(classes, i64::from(GRANULE.trailing_zeros()));
    let what = (ty, ObjectKind::Array);
    let (made, address) = object::take(t, what, store::run(0), (base, bytes), elsewhere);
    object::set_length(t, address, length);
    fill_cell(t, (address, bytes), fill, of_element);
    t.b.ins().jump(done, &[BlockArg::Value(made)]);
    object::make_elsewhere(t, elsewhere, done, |t| slow(t, wide))
}

/// Fills a small array, up to the end of its cell. No collection comes meanwhile, which would not find
/// references in the pattern.
fn fill_cell(
    t: &mut Translator<'_, '_>,
    (address, bytes): (Value, Value),
    word: Value,
    of_element: u32,
) {
    let pattern = match of_element {
        8 => word,
        4 => repeated(t, word, 32),
        2 => {
            let twice = repeated(t, word, 16);
            repeated(t, twice, 32)
        }
        _ => {
            let twice = repeated(t, word, 8);
            let four = repeated(t, twice, 16);
            repeated(t, four, 32)
        }
    };
    let end = t.b.ins().iadd(address, bytes);
    let start =
        t.b.ins()
            .iadd_imm_s(address, i64::from(ObjectLayout::ELEMENTS));
    let (next, done) = (t.block_with([I64]), t.b.create_block());
    t.b.ins().jump(next, &[BlockArg::Value(start)]);
    t.b.switch_to_block(next);
    let at = t.b.block_params(next)[0];
    t.b.ins()
        .store(heap_memory(Region::Objects), pattern, at, 0);
    let behind = t.b.ins().iadd_imm_s(at, 8);
    let more = t.b.ins().icmp(IntCC::UnsignedLessThan, behind, end);
    t.b.ins()
        .brif(more, next, &[BlockArg::Value(behind)], done, &[]);
    t.b.seal_block(next);
    control::go_on_in(t, done);
}

/// The lowest bits of a word, and the same above them.
fn repeated(t: &mut Translator<'_, '_>, word: Value, bits: i64) -> Value {
    let low = t.b.ins().band_imm_u(word, (1 << bits) - 1);
    let high = t.b.ins().ishl_imm_u(low, bits);
    t.b.ins().bor(low, high)
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
    fuel::take(t, length, 0);
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
    fuel::take(t, length, 0);
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
    fuel::take(t, length, 0);
    in_parts(t, Builtin::ArrayCopy, Parts::CopyArray, args, |_| ());
}

fn init(t: &mut Translator<'_, '_>, function: Builtin, segment: u32) {
    let (length, source) = (t.operands.pop(), t.operands.pop());
    let (array, start) = array_and_position(t);
    let segment = constant(t, segment.into());
    let start_and_segment = pair(t, start, segment);
    let (source, length) = (unsigned(t, source), unsigned(t, length));
    fuel::take(t, length, 0);
    builtin(t, function, &[array, start_and_segment, source, length]);
}
