//! Relaxed operators: what the machine does best of what they may do, or, where results must not
//! depend on the machine, the choice of the specification's deterministic profile.

use super::arithmetic::select_less;
use super::convert::{signed_pairs, truncate};
use super::{F32X4, F64X2, I8X16, I16X8, I32X4, I64X2};
use super::{binary, pop, pop_three, pop_two, push, unary};
use crate::function::Translator;
use crate::target::Relaxed;
use cranelift_codegen::ir::types::I32;
use cranelift_codegen::ir::{InstBuilder, Opcode, Type, Value};
use wasmparser::Operator;

/// Translates a relaxed operator; false if it is none.
pub(super) fn translate(t: &mut Translator<'_, '_>, op: &Operator<'_>) -> bool {
    let value = match t.relaxed {
        Relaxed::Deterministic => deterministic(t, op),
        Relaxed::Machine { .. } => machine(t, op),
    };
    match value.or_else(|| either(t, op)) {
        Some(value) => push(t, value),
        None => return false,
    }
    true
}

/// Operators for which the machine has no choice worth while, or the choice is within.
fn either(t: &mut Translator<'_, '_>, op: &Operator<'_>) -> Option<Value> {
    use Operator as O;
    Some(match op {
        O::I32x4RelaxedTruncF32x4U => {
            let value = pop(t, F32X4);
            t.b.ins().fcvt_to_uint_sat(I32X4, value)
        }
        O::I32x4RelaxedTruncF64x2UZero => truncate(t, Opcode::FcvtToUintSat, Opcode::Uunarrow),
        O::F32x4RelaxedMadd => multiply_add(t, F32X4, false),
        O::F32x4RelaxedNmadd => multiply_add(t, F32X4, true),
        O::F64x2RelaxedMadd => multiply_add(t, F64X2, false),
        O::F64x2RelaxedNmadd => multiply_add(t, F64X2, true),
        // The machine would select bytes.
        O::I16x8RelaxedLaneselect => select(t, Opcode::Bitselect, I16X8),
        O::I16x8RelaxedDotI8x16I7x16S => {
            let (a, b) = pop_two(t, I8X16);
            dot(t, a, b)
        }
        O::I32x4RelaxedDotI8x16I7x16AddS => {
            let sum = pop(t, I32X4);
            let (a, b) = pop_two(t, I8X16);
            let products = dot(t, a, b);
            let pairs = signed_pairs(t, I16X8, products);
            t.b.ins().iadd(pairs, sum)
        }
        _ => return None,
    })
}

fn deterministic(t: &mut Translator<'_, '_>, op: &Operator<'_>) -> Option<Value> {
    use Operator as O;
    Some(match op {
        O::I8x16RelaxedSwizzle => two(t, Opcode::Swizzle, I8X16),
        O::I32x4RelaxedTruncF32x4S => {
            let value = pop(t, F32X4);
            t.b.ins().fcvt_to_sint_sat(I32X4, value)
        }
        O::I32x4RelaxedTruncF64x2SZero => truncate(t, Opcode::FcvtToSintSat, Opcode::Snarrow),
        O::I8x16RelaxedLaneselect => select(t, Opcode::Bitselect, I8X16),
        O::I32x4RelaxedLaneselect => select(t, Opcode::Bitselect, I32X4),
        O::I64x2RelaxedLaneselect => select(t, Opcode::Bitselect, I64X2),
        O::F32x4RelaxedMin => two(t, Opcode::Fmin, F32X4),
        O::F32x4RelaxedMax => two(t, Opcode::Fmax, F32X4),
        O::F64x2RelaxedMin => two(t, Opcode::Fmin, F64X2),
        O::F64x2RelaxedMax => two(t, Opcode::Fmax, F64X2),
        O::I16x8RelaxedQ15mulrS => two(t, Opcode::SqmulRoundSat, I16X8),
        _ => return None,
    })
}

fn machine(t: &mut Translator<'_, '_>, op: &Operator<'_>) -> Option<Value> {
    use Operator as O;
    Some(match op {
        O::I8x16RelaxedSwizzle => two(t, Opcode::X86Pshufb, I8X16),
        O::I32x4RelaxedTruncF32x4S => {
            let value = pop(t, F32X4);
            t.b.ins().x86_cvtt2dq(I32X4, value)
        }
        O::I32x4RelaxedTruncF64x2SZero => truncate(t, Opcode::X86Cvtt2dq, Opcode::Snarrow),
        O::I8x16RelaxedLaneselect => select(t, Opcode::Blendv, I8X16),
        O::I32x4RelaxedLaneselect => select(t, Opcode::Blendv, I32X4),
        O::I64x2RelaxedLaneselect => select(t, Opcode::Blendv, I64X2),
        O::F32x4RelaxedMin => less(t, F32X4),
        O::F32x4RelaxedMax => greater(t, F32X4),
        O::F64x2RelaxedMin => less(t, F64X2),
        O::F64x2RelaxedMax => greater(t, F64X2),
        O::I16x8RelaxedQ15mulrS => two(t, Opcode::X86Pmulhrsw, I16X8),
        _ => return None,
    })
}

fn two(t: &mut Translator<'_, '_>, opcode: Opcode, ty: Type) -> Value {
    let (a, b) = pop_two(t, ty);
    binary(t, opcode, ty, a, b)
}

fn select(t: &mut Translator<'_, '_>, opcode: Opcode, ty: Type) -> Value {
    let (a, b, mask) = pop_three(t, ty);
    let (inst, dfg) = t.b.ins().Ternary(opcode, ty, mask, a, b);
    dfg.first_result(inst)
}

/// The second of two vectors where either lane is no number.
fn less(t: &mut Translator<'_, '_>, ty: Type) -> Value {
    let (a, b) = pop_two(t, ty);
    select_less(t, ty, (a, b), (a, b))
}

fn greater(t: &mut Translator<'_, '_>, ty: Type) -> Value {
    let (a, b) = pop_two(t, ty);
    select_less(t, ty, (b, a), (a, b))
}

/// `a * b + c`, with `a` negated or not; rounded once where the machine can.
fn multiply_add(t: &mut Translator<'_, '_>, ty: Type, negated: bool) -> Value {
    let (mut a, b, c) = pop_three(t, ty);
    if negated {
        a = unary(t, Opcode::Fneg, ty, a);
    }
    if let Relaxed::Machine { fma: true } = t.relaxed {
        return t.b.ins().fma(a, b, c);
    }
    let product = t.b.ins().fmul(a, b);
    t.b.ins().fadd(product, c)
}

/// Sums of two products each, of signed bytes with bytes of 7 bits: should those have the eighth, the
/// machine takes them for unsigned.
fn dot(t: &mut Translator<'_, '_>, a: Value, b: Value) -> Value {
    if let Relaxed::Machine { .. } = t.relaxed {
        return t.b.ins().x86_pmaddubsw(a, b);
    }
    let byte = t.b.ins().iconst(I32, 8);
    let [a, b] = [a, b].map(|bytes| super::view(t, I16X8, bytes));
    let [odd_a, odd_b] = [a, b].map(|lanes| t.b.ins().sshr(lanes, byte));
    let [even_a, even_b] = [a, b].map(|lanes| {
        let lanes = t.b.ins().ishl(lanes, byte);
        t.b.ins().sshr(lanes, byte)
    });
    let even = t.b.ins().imul(even_a, even_b);
    let odd = t.b.ins().imul(odd_a, odd_b);
    t.b.ins().sadd_sat(even, odd)
}
