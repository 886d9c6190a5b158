//! Lanes that go in, out and elsewhere; what is asked of a whole vector.

use super::{F32X4, F64X2, I8X16, I16X8, I32X4, I64X2, pop, pop_two, push};
use crate::function::Translator;
use cranelift_codegen::ir::types::{I8, I16, I32};
use cranelift_codegen::ir::{InstBuilder, Type, Value};
use wasmparser::Operator;

/// Translates an operator on lanes that are named, or on all of them; false if it is none.
pub(super) fn translate(t: &mut Translator<'_, '_>, op: &Operator<'_>) -> bool {
    use Operator as O;
    match op {
        O::V128Const { value } => {
            let value = t.vector(I8X16, u128::from_le_bytes(*value.bytes()));
            push(t, value);
        }
        O::V128AndNot => and_not(t),
        O::I8x16Swizzle => {
            let (value, indices) = pop_two(t, I8X16);
            let value = t.b.ins().swizzle(value, indices);
            push(t, value);
        }
        O::I8x16Shuffle { lanes } => shuffle(t, lanes),
        _ => return one_lane(t, op) || asked(t, op),
    }
    true
}

/// The first and what the second has not.
fn and_not(t: &mut Translator<'_, '_>) {
    let (a, b) = pop_two(t, I8X16);
    let value = t.b.ins().band_not(a, b);
    push(t, value);
}

fn shuffle(t: &mut Translator<'_, '_>, lanes: &[u8; 16]) {
    let (a, b) = pop_two(t, I8X16);
    let lanes = t.b.func.dfg.immediates.push(lanes.as_slice().into());
    let value = t.b.ins().shuffle(a, b, lanes);
    push(t, value);
}

/// Lanes of all one value, one that is replaced, one that is taken.
fn one_lane(t: &mut Translator<'_, '_>, op: &Operator<'_>) -> bool {
    use Operator as O;
    match *op {
        O::I8x16Splat => splat(t, I8X16),
        O::I16x8Splat => splat(t, I16X8),
        O::I32x4Splat => splat(t, I32X4),
        O::I64x2Splat => splat(t, I64X2),
        O::F32x4Splat => splat(t, F32X4),
        O::F64x2Splat => splat(t, F64X2),
        O::I8x16ReplaceLane { lane } => replace(t, I8X16, lane),
        O::I16x8ReplaceLane { lane } => replace(t, I16X8, lane),
        O::I32x4ReplaceLane { lane } => replace(t, I32X4, lane),
        O::I64x2ReplaceLane { lane } => replace(t, I64X2, lane),
        O::F32x4ReplaceLane { lane } => replace(t, F32X4, lane),
        O::F64x2ReplaceLane { lane } => replace(t, F64X2, lane),
        O::I8x16ExtractLaneS { lane } => {
            let value = extract(t, I8X16, lane);
            let value = t.b.ins().sextend(I32, value);
            t.operands.push(value);
        }
        O::I16x8ExtractLaneS { lane } => {
            let value = extract(t, I16X8, lane);
            let value = t.b.ins().sextend(I32, value);
            t.operands.push(value);
        }
        O::I8x16ExtractLaneU { lane } => extract_unsigned(t, I8X16, lane),
        O::I16x8ExtractLaneU { lane } => extract_unsigned(t, I16X8, lane),
        O::I32x4ExtractLane { lane } => extract_whole(t, I32X4, lane),
        O::I64x2ExtractLane { lane } => extract_whole(t, I64X2, lane),
        O::F32x4ExtractLane { lane } => extract_whole(t, F32X4, lane),
        O::F64x2ExtractLane { lane } => extract_whole(t, F64X2, lane),
        _ => return false,
    }
    true
}

/// The topmost operand, as a lane of this type: narrow ones are the low bits of an `i32`.
fn pop_lane(t: &mut Translator<'_, '_>, ty: Type) -> Value {
    let value = t.operands.pop();
    match ty.lane_type() {
        narrow @ (I8 | I16) => t.b.ins().ireduce(narrow, value),
        _ => value,
    }
}

fn splat(t: &mut Translator<'_, '_>, ty: Type) {
    let lane = pop_lane(t, ty);
    let value = t.b.ins().splat(ty, lane);
    push(t, value);
}

fn replace(t: &mut Translator<'_, '_>, ty: Type, lane: u8) {
    let new = pop_lane(t, ty);
    let value = pop(t, ty);
    let value = t.b.ins().insertlane(value, new, lane);
    push(t, value);
}

fn extract(t: &mut Translator<'_, '_>, ty: Type, lane: u8) -> Value {
    let value = pop(t, ty);
    t.b.ins().extractlane(value, lane)
}

fn extract_unsigned(t: &mut Translator<'_, '_>, ty: Type, lane: u8) {
    let value = extract(t, ty, lane);
    let value = t.b.ins().uextend(I32, value);
    t.operands.push(value);
}

fn extract_whole(t: &mut Translator<'_, '_>, ty: Type, lane: u8) {
    let value = extract(t, ty, lane);
    t.operands.push(value);
}

/// Whether any bit is set, or all lanes are not zero; the highest bit of each.
fn asked(t: &mut Translator<'_, '_>, op: &Operator<'_>) -> bool {
    use Operator as O;
    match op {
        O::V128AnyTrue => {
            let value = pop(t, I8X16);
            let any = t.b.ins().vany_true(value);
            push_bool(t, any);
        }
        O::I8x16AllTrue => all_true(t, I8X16),
        O::I16x8AllTrue => all_true(t, I16X8),
        O::I32x4AllTrue => all_true(t, I32X4),
        O::I64x2AllTrue => all_true(t, I64X2),
        O::I8x16Bitmask => bitmask(t, I8X16),
        O::I16x8Bitmask => bitmask(t, I16X8),
        O::I32x4Bitmask => bitmask(t, I32X4),
        O::I64x2Bitmask => bitmask(t, I64X2),
        _ => return false,
    }
    true
}

fn all_true(t: &mut Translator<'_, '_>, ty: Type) {
    let value = pop(t, ty);
    let all = t.b.ins().vall_true(value);
    push_bool(t, all);
}

fn bitmask(t: &mut Translator<'_, '_>, ty: Type) {
    let value = pop(t, ty);
    let mask = t.b.ins().vhigh_bits(I32, value);
    t.operands.push(mask);
}

fn push_bool(t: &mut Translator<'_, '_>, value: Value) {
    let value = t.b.ins().uextend(I32, value);
    t.operands.push(value);
}
