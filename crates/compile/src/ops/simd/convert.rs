//! From lanes of one type to lanes of another.

use super::{F32X4, F64X2, I8X16, I16X8, I32X4, I64X2};
use super::{binary, pop, pop_two, push, unary};
use crate::function::Translator;
use cranelift_codegen::ir::{InstBuilder, Opcode, Type, Value};
use wasmparser::Operator;

/// Instructions that widen lanes: the low half of them, and the high half.
type Widen = (Opcode, Opcode);

const SIGNED: Widen = (Opcode::SwidenLow, Opcode::SwidenHigh);
const UNSIGNED: Widen = (Opcode::UwidenLow, Opcode::UwidenHigh);

/// Translates a conversion; false if it is none.
pub(super) fn translate(t: &mut Translator<'_, '_>, op: &Operator<'_>) -> bool {
    let found = extension(op).or_else(|| narrowing(op));
    let value = if let Some((opcode, ty)) = found {
        convert(t, opcode, ty)
    } else if let Some((opcode, ty)) = product(op) {
        multiply(t, opcode, ty)
    } else if let Some((widen, ty)) = pairwise(op) {
        add_pairs(t, widen, ty)
    } else if let Some(value) = float(t, op) {
        value
    } else {
        return false;
    };
    push(t, value);
    true
}

/// An instruction that the type of its operands controls: one for a vector to widen, two to narrow.
fn convert(t: &mut Translator<'_, '_>, opcode: Opcode, ty: Type) -> Value {
    match opcode {
        Opcode::Snarrow | Opcode::Unarrow => {
            let (a, b) = pop_two(t, ty);
            binary(t, opcode, ty, a, b)
        }
        _ => {
            let value = pop(t, ty);
            unary(t, opcode, ty, value)
        }
    }
}

fn extension(op: &Operator<'_>) -> Option<(Opcode, Type)> {
    use Operator as O;
    Some(match op {
        O::I16x8ExtendLowI8x16S => (SIGNED.0, I8X16),
        O::I16x8ExtendHighI8x16S => (SIGNED.1, I8X16),
        O::I16x8ExtendLowI8x16U => (UNSIGNED.0, I8X16),
        O::I16x8ExtendHighI8x16U => (UNSIGNED.1, I8X16),
        O::I32x4ExtendLowI16x8S => (SIGNED.0, I16X8),
        O::I32x4ExtendHighI16x8S => (SIGNED.1, I16X8),
        O::I32x4ExtendLowI16x8U => (UNSIGNED.0, I16X8),
        O::I32x4ExtendHighI16x8U => (UNSIGNED.1, I16X8),
        O::I64x2ExtendLowI32x4S => (SIGNED.0, I32X4),
        O::I64x2ExtendHighI32x4S => (SIGNED.1, I32X4),
        O::I64x2ExtendLowI32x4U => (UNSIGNED.0, I32X4),
        O::I64x2ExtendHighI32x4U => (UNSIGNED.1, I32X4),
        _ => return None,
    })
}

fn narrowing(op: &Operator<'_>) -> Option<(Opcode, Type)> {
    use Operator as O;
    Some(match op {
        O::I8x16NarrowI16x8S => (Opcode::Snarrow, I16X8),
        O::I8x16NarrowI16x8U => (Opcode::Unarrow, I16X8),
        O::I16x8NarrowI32x4S => (Opcode::Snarrow, I32X4),
        O::I16x8NarrowI32x4U => (Opcode::Unarrow, I32X4),
        _ => return None,
    })
}

/// How the lanes of a product of wider ones are widened.
fn product(op: &Operator<'_>) -> Option<(Opcode, Type)> {
    use Operator as O;
    Some(match op {
        O::I16x8ExtMulLowI8x16S => (SIGNED.0, I8X16),
        O::I16x8ExtMulHighI8x16S => (SIGNED.1, I8X16),
        O::I16x8ExtMulLowI8x16U => (UNSIGNED.0, I8X16),
        O::I16x8ExtMulHighI8x16U => (UNSIGNED.1, I8X16),
        O::I32x4ExtMulLowI16x8S => (SIGNED.0, I16X8),
        O::I32x4ExtMulHighI16x8S => (SIGNED.1, I16X8),
        O::I32x4ExtMulLowI16x8U => (UNSIGNED.0, I16X8),
        O::I32x4ExtMulHighI16x8U => (UNSIGNED.1, I16X8),
        O::I64x2ExtMulLowI32x4S => (SIGNED.0, I32X4),
        O::I64x2ExtMulHighI32x4S => (SIGNED.1, I32X4),
        O::I64x2ExtMulLowI32x4U => (UNSIGNED.0, I32X4),
        O::I64x2ExtMulHighI32x4U => (UNSIGNED.1, I32X4),
        _ => return None,
    })
}

fn multiply(t: &mut Translator<'_, '_>, widen: Opcode, ty: Type) -> Value {
    let (a, b) = pop_two(t, ty);
    let (a, b) = (unary(t, widen, ty, a), unary(t, widen, ty, b));
    t.b.ins().imul(a, b)
}

fn pairwise(op: &Operator<'_>) -> Option<(Widen, Type)> {
    use Operator as O;
    Some(match op {
        O::I16x8ExtAddPairwiseI8x16S => (SIGNED, I8X16),
        O::I16x8ExtAddPairwiseI8x16U => (UNSIGNED, I8X16),
        O::I32x4ExtAddPairwiseI16x8S => (SIGNED, I16X8),
        O::I32x4ExtAddPairwiseI16x8U => (UNSIGNED, I16X8),
        _ => return None,
    })
}

fn add_pairs(t: &mut Translator<'_, '_>, widen: Widen, ty: Type) -> Value {
    let value = pop(t, ty);
    pairs(t, widen, ty, value)
}

/// The sums of neighbours, as lanes twice as wide.
pub(super) fn signed_pairs(t: &mut Translator<'_, '_>, ty: Type, value: Value) -> Value {
    pairs(t, SIGNED, ty, value)
}

fn pairs(t: &mut Translator<'_, '_>, (low, high): Widen, ty: Type, value: Value) -> Value {
    let (low, high) = (unary(t, low, ty, value), unary(t, high, ty, value));
    t.b.ins().iadd_pairwise(low, high)
}

/// From and to floats; and the dot product of integers.
fn float(t: &mut Translator<'_, '_>, op: &Operator<'_>) -> Option<Value> {
    use Operator as O;
    Some(match op {
        O::I32x4TruncSatF32x4S => to(t, Opcode::FcvtToSintSat, F32X4, I32X4),
        O::I32x4TruncSatF32x4U => to(t, Opcode::FcvtToUintSat, F32X4, I32X4),
        O::I32x4TruncSatF64x2SZero => truncate(t, Opcode::FcvtToSintSat, Opcode::Snarrow),
        O::I32x4TruncSatF64x2UZero => truncate(t, Opcode::FcvtToUintSat, Opcode::Uunarrow),
        O::F32x4ConvertI32x4S => to(t, Opcode::FcvtFromSint, I32X4, F32X4),
        O::F32x4ConvertI32x4U => to(t, Opcode::FcvtFromUint, I32X4, F32X4),
        O::F64x2ConvertLowI32x4S => low_to_float(t, Opcode::SwidenLow, Opcode::FcvtFromSint),
        O::F64x2ConvertLowI32x4U => low_to_float(t, Opcode::UwidenLow, Opcode::FcvtFromUint),
        O::F32x4DemoteF64x2Zero => {
            let value = pop(t, F64X2);
            t.b.ins().fvdemote(value)
        }
        O::F64x2PromoteLowF32x4 => {
            let value = pop(t, F32X4);
            t.b.ins().fvpromote_low(value)
        }
        O::I32x4DotI16x8S => {
            let (a, b) = pop_two(t, I16X8);
            let [low, high] = [SIGNED.0, SIGNED.1].map(|widen| {
                let (a, b) = (unary(t, widen, I16X8, a), unary(t, widen, I16X8, b));
                t.b.ins().imul(a, b)
            });
            t.b.ins().iadd_pairwise(low, high)
        }
        _ => return None,
    })
}

/// An instruction that the type of its result controls.
fn to(t: &mut Translator<'_, '_>, opcode: Opcode, from: Type, to: Type) -> Value {
    let value = pop(t, from);
    unary(t, opcode, to, value)
}

/// Two floats to integers, and two zeros.
pub(super) fn truncate(t: &mut Translator<'_, '_>, opcode: Opcode, narrow: Opcode) -> Value {
    let value = to(t, opcode, F64X2, I64X2);
    let zero = t.vector(I64X2, 0);
    binary(t, narrow, I64X2, value, zero)
}

fn low_to_float(t: &mut Translator<'_, '_>, widen: Opcode, opcode: Opcode) -> Value {
    let value = pop(t, I32X4);
    let value = unary(t, widen, I32X4, value);
    unary(t, opcode, F64X2, value)
}
