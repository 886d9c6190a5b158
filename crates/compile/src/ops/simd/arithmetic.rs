//! Lane by lane: arithmetic, comparisons, shifts, bits.

use super::{F32X4, F64X2, I8X16, I16X8, I32X4, I64X2};
use super::{binary, pop, pop_three, pop_two, push, unary, view};
use crate::function::Translator;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Opcode, Type, Value};
use wasmparser::Operator;

/// Shape of an operator on lanes of one type, which its result has, too.
#[derive(Clone, Copy)]
enum Shape {
    Unary(Opcode),
    Binary(Opcode),
    /// A vector, and by how many bits to shift its lanes.
    Shift(Opcode),
    /// Lanes of all ones or zeros.
    Ints(IntCC),
    Floats(FloatCC),
    /// The second where it is less than the first, or greater.
    PseudoMin,
    PseudoMax,
}

/// Translates an operator on lanes; false if it is none.
pub(super) fn translate(t: &mut Translator<'_, '_>, op: &Operator<'_>) -> bool {
    let found = bits(op)
        .or_else(|| integers(op))
        .or_else(|| compared_integers(op))
        .or_else(|| floats(op));
    if let Some((shape, ty)) = found {
        let value = emit(t, shape, ty);
        push(t, value);
    } else if matches!(op, Operator::V128Bitselect) {
        bitselect(t);
    } else {
        return false;
    }
    true
}

fn emit(t: &mut Translator<'_, '_>, shape: Shape, ty: Type) -> Value {
    match shape {
        Shape::Unary(opcode) => {
            let value = pop(t, ty);
            unary(t, opcode, ty, value)
        }
        Shape::Binary(opcode) => {
            let (a, b) = pop_two(t, ty);
            binary(t, opcode, ty, a, b)
        }
        Shape::Shift(opcode) => {
            let bits = t.operands.pop();
            let value = pop(t, ty);
            binary(t, opcode, ty, value, bits)
        }
        Shape::Ints(condition) => {
            let (a, b) = pop_two(t, ty);
            t.b.ins().icmp(condition, a, b)
        }
        Shape::Floats(condition) => {
            let (a, b) = pop_two(t, ty);
            t.b.ins().fcmp(condition, a, b)
        }
        Shape::PseudoMin => {
            let (a, b) = pop_two(t, ty);
            select_less(t, ty, (b, a), (b, a))
        }
        Shape::PseudoMax => {
            let (a, b) = pop_two(t, ty);
            select_less(t, ty, (a, b), (b, a))
        }
    }
}

/// Lanes of `yes` where the first of the pair is less than the second, else of `no`. Where both pairs
/// are the same two vectors, one instruction of the machine.
pub(super) fn select_less(
    t: &mut Translator<'_, '_>,
    ty: Type,
    (less, than): (Value, Value),
    (yes, no): (Value, Value),
) -> Value {
    let mask = t.b.ins().fcmp(FloatCC::LessThan, less, than);
    let mask = t.b.ins().bitcast(ty, MemFlagsData::new(), mask);
    t.b.ins().bitselect(mask, yes, no)
}

/// Seen as the lanes that the mask has, which may be the result of a comparison: then it selects lanes.
fn bitselect(t: &mut Translator<'_, '_>) {
    let (a, b, mask) = pop_three(t, I8X16);
    let mask = super::origin(t, mask);
    let ty = t.b.func.dfg.value_type(mask).as_int();
    let (mask, a, b) = (view(t, ty, mask), view(t, ty, a), view(t, ty, b));
    let value = t.b.ins().bitselect(mask, a, b);
    push(t, value);
}

fn bits(op: &Operator<'_>) -> Option<(Shape, Type)> {
    use Operator as O;
    use Shape::{Binary, Unary};
    let shape = match op {
        O::V128Not => Unary(Opcode::Bnot),
        O::V128And => Binary(Opcode::Band),
        O::V128Or => Binary(Opcode::Bor),
        O::V128Xor => Binary(Opcode::Bxor),
        O::I8x16Popcnt => Unary(Opcode::Popcnt),
        _ => return None,
    };
    Some((shape, I8X16))
}

fn integers(op: &Operator<'_>) -> Option<(Shape, Type)> {
    use Operator as O;
    use Shape::{Binary, Shift, Unary};
    Some(match op {
        O::I8x16Abs => (Unary(Opcode::Iabs), I8X16),
        O::I16x8Abs => (Unary(Opcode::Iabs), I16X8),
        O::I32x4Abs => (Unary(Opcode::Iabs), I32X4),
        O::I64x2Abs => (Unary(Opcode::Iabs), I64X2),
        O::I8x16Neg => (Unary(Opcode::Ineg), I8X16),
        O::I16x8Neg => (Unary(Opcode::Ineg), I16X8),
        O::I32x4Neg => (Unary(Opcode::Ineg), I32X4),
        O::I64x2Neg => (Unary(Opcode::Ineg), I64X2),

        O::I8x16Shl => (Shift(Opcode::Ishl), I8X16),
        O::I16x8Shl => (Shift(Opcode::Ishl), I16X8),
        O::I32x4Shl => (Shift(Opcode::Ishl), I32X4),
        O::I64x2Shl => (Shift(Opcode::Ishl), I64X2),
        O::I8x16ShrS => (Shift(Opcode::Sshr), I8X16),
        O::I16x8ShrS => (Shift(Opcode::Sshr), I16X8),
        O::I32x4ShrS => (Shift(Opcode::Sshr), I32X4),
        O::I64x2ShrS => (Shift(Opcode::Sshr), I64X2),
        O::I8x16ShrU => (Shift(Opcode::Ushr), I8X16),
        O::I16x8ShrU => (Shift(Opcode::Ushr), I16X8),
        O::I32x4ShrU => (Shift(Opcode::Ushr), I32X4),
        O::I64x2ShrU => (Shift(Opcode::Ushr), I64X2),

        O::I8x16Add => (Binary(Opcode::Iadd), I8X16),
        O::I16x8Add => (Binary(Opcode::Iadd), I16X8),
        O::I32x4Add => (Binary(Opcode::Iadd), I32X4),
        O::I64x2Add => (Binary(Opcode::Iadd), I64X2),
        O::I8x16Sub => (Binary(Opcode::Isub), I8X16),
        O::I16x8Sub => (Binary(Opcode::Isub), I16X8),
        O::I32x4Sub => (Binary(Opcode::Isub), I32X4),
        O::I64x2Sub => (Binary(Opcode::Isub), I64X2),
        O::I16x8Mul => (Binary(Opcode::Imul), I16X8),
        O::I32x4Mul => (Binary(Opcode::Imul), I32X4),
        O::I64x2Mul => (Binary(Opcode::Imul), I64X2),

        O::I8x16AddSatS => (Binary(Opcode::SaddSat), I8X16),
        O::I16x8AddSatS => (Binary(Opcode::SaddSat), I16X8),
        O::I8x16AddSatU => (Binary(Opcode::UaddSat), I8X16),
        O::I16x8AddSatU => (Binary(Opcode::UaddSat), I16X8),
        O::I8x16SubSatS => (Binary(Opcode::SsubSat), I8X16),
        O::I16x8SubSatS => (Binary(Opcode::SsubSat), I16X8),
        O::I8x16SubSatU => (Binary(Opcode::UsubSat), I8X16),
        O::I16x8SubSatU => (Binary(Opcode::UsubSat), I16X8),
        O::I16x8Q15MulrSatS => (Binary(Opcode::SqmulRoundSat), I16X8),

        O::I8x16MinS => (Binary(Opcode::Smin), I8X16),
        O::I16x8MinS => (Binary(Opcode::Smin), I16X8),
        O::I32x4MinS => (Binary(Opcode::Smin), I32X4),
        O::I8x16MinU => (Binary(Opcode::Umin), I8X16),
        O::I16x8MinU => (Binary(Opcode::Umin), I16X8),
        O::I32x4MinU => (Binary(Opcode::Umin), I32X4),
        O::I8x16MaxS => (Binary(Opcode::Smax), I8X16),
        O::I16x8MaxS => (Binary(Opcode::Smax), I16X8),
        O::I32x4MaxS => (Binary(Opcode::Smax), I32X4),
        O::I8x16MaxU => (Binary(Opcode::Umax), I8X16),
        O::I16x8MaxU => (Binary(Opcode::Umax), I16X8),
        O::I32x4MaxU => (Binary(Opcode::Umax), I32X4),
        O::I8x16AvgrU => (Binary(Opcode::AvgRound), I8X16),
        O::I16x8AvgrU => (Binary(Opcode::AvgRound), I16X8),
        _ => return None,
    })
}

fn compared_integers(op: &Operator<'_>) -> Option<(Shape, Type)> {
    use Operator as O;
    let (condition, ty) = match op {
        O::I8x16Eq => (IntCC::Equal, I8X16),
        O::I16x8Eq => (IntCC::Equal, I16X8),
        O::I32x4Eq => (IntCC::Equal, I32X4),
        O::I64x2Eq => (IntCC::Equal, I64X2),
        O::I8x16Ne => (IntCC::NotEqual, I8X16),
        O::I16x8Ne => (IntCC::NotEqual, I16X8),
        O::I32x4Ne => (IntCC::NotEqual, I32X4),
        O::I64x2Ne => (IntCC::NotEqual, I64X2),
        O::I8x16LtS => (IntCC::SignedLessThan, I8X16),
        O::I16x8LtS => (IntCC::SignedLessThan, I16X8),
        O::I32x4LtS => (IntCC::SignedLessThan, I32X4),
        O::I64x2LtS => (IntCC::SignedLessThan, I64X2),
        O::I8x16GtS => (IntCC::SignedGreaterThan, I8X16),
        O::I16x8GtS => (IntCC::SignedGreaterThan, I16X8),
        O::I32x4GtS => (IntCC::SignedGreaterThan, I32X4),
        O::I64x2GtS => (IntCC::SignedGreaterThan, I64X2),
        O::I8x16LeS => (IntCC::SignedLessThanOrEqual, I8X16),
        O::I16x8LeS => (IntCC::SignedLessThanOrEqual, I16X8),
        O::I32x4LeS => (IntCC::SignedLessThanOrEqual, I32X4),
        O::I64x2LeS => (IntCC::SignedLessThanOrEqual, I64X2),
        O::I8x16GeS => (IntCC::SignedGreaterThanOrEqual, I8X16),
        O::I16x8GeS => (IntCC::SignedGreaterThanOrEqual, I16X8),
        O::I32x4GeS => (IntCC::SignedGreaterThanOrEqual, I32X4),
        O::I64x2GeS => (IntCC::SignedGreaterThanOrEqual, I64X2),
        O::I8x16LtU => (IntCC::UnsignedLessThan, I8X16),
        O::I16x8LtU => (IntCC::UnsignedLessThan, I16X8),
        O::I32x4LtU => (IntCC::UnsignedLessThan, I32X4),
        O::I8x16GtU => (IntCC::UnsignedGreaterThan, I8X16),
        O::I16x8GtU => (IntCC::UnsignedGreaterThan, I16X8),
        O::I32x4GtU => (IntCC::UnsignedGreaterThan, I32X4),
        O::I8x16LeU => (IntCC::UnsignedLessThanOrEqual, I8X16),
        O::I16x8LeU => (IntCC::UnsignedLessThanOrEqual, I16X8),
        O::I32x4LeU => (IntCC::UnsignedLessThanOrEqual, I32X4),
        O::I8x16GeU => (IntCC::UnsignedGreaterThanOrEqual, I8X16),
        O::I16x8GeU => (IntCC::UnsignedGreaterThanOrEqual, I16X8),
        O::I32x4GeU => (IntCC::UnsignedGreaterThanOrEqual, I32X4),
        _ => return None,
    };
    Some((Shape::Ints(condition), ty))
}

fn floats(op: &Operator<'_>) -> Option<(Shape, Type)> {
    use Operator as O;
    use Shape::{Binary, Floats, PseudoMax, PseudoMin, Unary};
    Some(match op {
        O::F32x4Ceil => (Unary(Opcode::Ceil), F32X4),
        O::F64x2Ceil => (Unary(Opcode::Ceil), F64X2),
        O::F32x4Floor => (Unary(Opcode::Floor), F32X4),
        O::F64x2Floor => (Unary(Opcode::Floor), F64X2),
        O::F32x4Trunc => (Unary(Opcode::Trunc), F32X4),
        O::F64x2Trunc => (Unary(Opcode::Trunc), F64X2),
        O::F32x4Nearest => (Unary(Opcode::Nearest), F32X4),
        O::F64x2Nearest => (Unary(Opcode::Nearest), F64X2),
        O::F32x4Abs => (Unary(Opcode::Fabs), F32X4),
        O::F64x2Abs => (Unary(Opcode::Fabs), F64X2),
        O::F32x4Neg => (Unary(Opcode::Fneg), F32X4),
        O::F64x2Neg => (Unary(Opcode::Fneg), F64X2),
        O::F32x4Sqrt => (Unary(Opcode::Sqrt), F32X4),
        O::F64x2Sqrt => (Unary(Opcode::Sqrt), F64X2),

        O::F32x4Add => (Binary(Opcode::Fadd), F32X4),
        O::F64x2Add => (Binary(Opcode::Fadd), F64X2),
        O::F32x4Sub => (Binary(Opcode::Fsub), F32X4),
        O::F64x2Sub => (Binary(Opcode::Fsub), F64X2),
        O::F32x4Mul => (Binary(Opcode::Fmul), F32X4),
        O::F64x2Mul => (Binary(Opcode::Fmul), F64X2),
        O::F32x4Div => (Binary(Opcode::Fdiv), F32X4),
        O::F64x2Div => (Binary(Opcode::Fdiv), F64X2),
        O::F32x4Min => (Binary(Opcode::Fmin), F32X4),
        O::F64x2Min => (Binary(Opcode::Fmin), F64X2),
        O::F32x4Max => (Binary(Opcode::Fmax), F32X4),
        O::F64x2Max => (Binary(Opcode::Fmax), F64X2),
        O::F32x4PMin => (PseudoMin, F32X4),
        O::F64x2PMin => (PseudoMin, F64X2),
        O::F32x4PMax => (PseudoMax, F32X4),
        O::F64x2PMax => (PseudoMax, F64X2),

        O::F32x4Eq => (Floats(FloatCC::Equal), F32X4),
        O::F64x2Eq => (Floats(FloatCC::Equal), F64X2),
        O::F32x4Ne => (Floats(FloatCC::NotEqual), F32X4),
        O::F64x2Ne => (Floats(FloatCC::NotEqual), F64X2),
        O::F32x4Lt => (Floats(FloatCC::LessThan), F32X4),
        O::F64x2Lt => (Floats(FloatCC::LessThan), F64X2),
        O::F32x4Gt => (Floats(FloatCC::GreaterThan), F32X4),
        O::F64x2Gt => (Floats(FloatCC::GreaterThan), F64X2),
        O::F32x4Le => (Floats(FloatCC::LessThanOrEqual), F32X4),
        O::F64x2Le => (Floats(FloatCC::LessThanOrEqual), F64X2),
        O::F32x4Ge => (Floats(FloatCC::GreaterThanOrEqual), F32X4),
        O::F64x2Ge => (Floats(FloatCC::GreaterThanOrEqual), F64X2),
        _ => return None,
    })
}
