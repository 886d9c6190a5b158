//! Constants, arithmetic, comparisons and conversions: WebAssembly's operators are nearly Cranelift's
//! instructions, so this is a table and one function per shape of instruction.

use crate::function::Translator;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::types::{F32, F64, I8, I16, I32, I64};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Opcode, Type, Value};
use wasmparser::Operator;

/// Shape of a numeric operator.
#[derive(Clone, Copy)]
enum Shape {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
    /// One operand; a result of the same type.
    Unary(Opcode),
    /// Two operands; a result of the same type.
    Binary(Opcode),
    /// One operand; a result of another type.
    Convert(Opcode, Type),
    /// The same bits as another type.
    Reinterpret(Type),
    /// The low bits, sign-extended to the type of the operand.
    SignExtend(Type),
    IsZero,
    Ints(IntCC),
    Floats(FloatCC),
}

/// Translates a numeric operator; false if it is not one.
pub(super) fn translate(t: &mut Translator<'_, '_>, op: &Operator<'_>) -> bool {
    let shape = constant(op)
        .or_else(|| arithmetic(op))
        .or_else(|| comparison(op))
        .or_else(|| conversion(op));
    let Some(shape) = shape else { return false };
    let value = emit(t, shape);
    t.operands.push(value);
    true
}

fn emit(t: &mut Translator<'_, '_>, shape: Shape) -> Value {
    match shape {
        Shape::I32(value) => t.b.ins().iconst(I32, i64::from(value.cast_unsigned())),
        Shape::I64(value) => t.b.ins().iconst(I64, value),
        Shape::F32(bits) => t.b.ins().f32const(Ieee32::with_bits(bits)),
        Shape::F64(bits) => t.b.ins().f64const(Ieee64::with_bits(bits)),
        Shape::Unary(opcode) => {
            let x = t.operands.pop();
            let ty = t.b.func.dfg.value_type(x);
            unary(t, opcode, ty, x)
        }
        Shape::Convert(opcode, ty) => {
            let x = t.operands.pop();
            unary(t, opcode, ty, x)
        }
        Shape::Binary(opcode) => {
            let (y, x) = (t.operands.pop(), t.operands.pop());
            let ty = t.b.func.dfg.value_type(x);
            let (inst, dfg) = t.b.ins().Binary(opcode, ty, x, y);
            dfg.first_result(inst)
        }
        Shape::Reinterpret(ty) => {
            let x = t.operands.pop();
            t.b.ins().bitcast(ty, MemFlagsData::new(), x)
        }
        Shape::SignExtend(low) => {
            let x = t.operands.pop();
            let ty = t.b.func.dfg.value_type(x);
            let x = t.b.ins().ireduce(low, x);
            t.b.ins().sextend(ty, x)
        }
        Shape::IsZero => {
            let x = t.operands.pop();
            let answer = t.b.ins().icmp_imm_u(IntCC::Equal, x, 0);
            t.b.ins().uextend(I32, answer)
        }
        Shape::Ints(condition) => {
            let (y, x) = (t.operands.pop(), t.operands.pop());
            let answer = t.b.ins().icmp(condition, x, y);
            t.b.ins().uextend(I32, answer)
        }
        Shape::Floats(condition) => {
            let (y, x) = (t.operands.pop(), t.operands.pop());
            let answer = t.b.ins().fcmp(condition, x, y);
            t.b.ins().uextend(I32, answer)
        }
    }
}

fn unary(t: &mut Translator<'_, '_>, opcode: Opcode, ty: Type, x: Value) -> Value {
    let (inst, dfg) = t.b.ins().Unary(opcode, ty, x);
    dfg.first_result(inst)
}

fn constant(op: &Operator<'_>) -> Option<Shape> {
    Some(match op {
        Operator::I32Const { value } => Shape::I32(*value),
        Operator::I64Const { value } => Shape::I64(*value),
        Operator::F32Const { value } => Shape::F32(value.bits()),
        Operator::F64Const { value } => Shape::F64(value.bits()),
        _ => return None,
    })
}

fn arithmetic(op: &Operator<'_>) -> Option<Shape> {
    use Operator as O;
    use Shape::{Binary, Unary};
    Some(match op {
        O::I32Add | O::I64Add => Binary(Opcode::Iadd),
        O::I32Sub | O::I64Sub => Binary(Opcode::Isub),
        O::I32Mul | O::I64Mul => Binary(Opcode::Imul),
        O::I32DivS | O::I64DivS => Binary(Opcode::Sdiv),
        O::I32DivU | O::I64DivU => Binary(Opcode::Udiv),
        O::I32RemS | O::I64RemS => Binary(Opcode::Srem),
        O::I32RemU | O::I64RemU => Binary(Opcode::Urem),
        O::I32And | O::I64And => Binary(Opcode::Band),
        O::I32Or | O::I64Or => Binary(Opcode::Bor),
        O::I32Xor | O::I64Xor => Binary(Opcode::Bxor),
        O::I32Shl | O::I64Shl => Binary(Opcode::Ishl),
        O::I32ShrS | O::I64ShrS => Binary(Opcode::Sshr),
        O::I32ShrU | O::I64ShrU => Binary(Opcode::Ushr),
        O::I32Rotl | O::I64Rotl => Binary(Opcode::Rotl),
        O::I32Rotr | O::I64Rotr => Binary(Opcode::Rotr),
        O::I32Clz | O::I64Clz => Unary(Opcode::Clz),
        O::I32Ctz | O::I64Ctz => Unary(Opcode::Ctz),
        O::I32Popcnt | O::I64Popcnt => Unary(Opcode::Popcnt),

        O::F32Add | O::F64Add => Binary(Opcode::Fadd),
        O::F32Sub | O::F64Sub => Binary(Opcode::Fsub),
        O::F32Mul | O::F64Mul => Binary(Opcode::Fmul),
        O::F32Div | O::F64Div => Binary(Opcode::Fdiv),
        O::F32Min | O::F64Min => Binary(Opcode::Fmin),
        O::F32Max | O::F64Max => Binary(Opcode::Fmax),
        O::F32Copysign | O::F64Copysign => Binary(Opcode::Fcopysign),
        O::F32Abs | O::F64Abs => Unary(Opcode::Fabs),
        O::F32Neg | O::F64Neg => Unary(Opcode::Fneg),
        O::F32Ceil | O::F64Ceil => Unary(Opcode::Ceil),
        O::F32Floor | O::F64Floor => Unary(Opcode::Floor),
        O::F32Trunc | O::F64Trunc => Unary(Opcode::Trunc),
        O::F32Nearest | O::F64Nearest => Unary(Opcode::Nearest),
        O::F32Sqrt | O::F64Sqrt => Unary(Opcode::Sqrt),
        _ => return None,
    })
}

fn comparison(op: &Operator<'_>) -> Option<Shape> {
    use Operator as O;
    use Shape::{Floats, Ints};
    Some(match op {
        O::I32Eqz | O::I64Eqz => Shape::IsZero,
        O::I32Eq | O::I64Eq => Ints(IntCC::Equal),
        O::I32Ne | O::I64Ne => Ints(IntCC::NotEqual),
        O::I32LtS | O::I64LtS => Ints(IntCC::SignedLessThan),
        O::I32LtU | O::I64LtU => Ints(IntCC::UnsignedLessThan),
        O::I32GtS | O::I64GtS => Ints(IntCC::SignedGreaterThan),
        O::I32GtU | O::I64GtU => Ints(IntCC::UnsignedGreaterThan),
        O::I32LeS | O::I64LeS => Ints(IntCC::SignedLessThanOrEqual),
        O::I32LeU | O::I64LeU => Ints(IntCC::UnsignedLessThanOrEqual),
        O::I32GeS | O::I64GeS => Ints(IntCC::SignedGreaterThanOrEqual),
        O::I32GeU | O::I64GeU => Ints(IntCC::UnsignedGreaterThanOrEqual),
        O::F32Eq | O::F64Eq => Floats(FloatCC::Equal),
        O::F32Ne | O::F64Ne => Floats(FloatCC::NotEqual),
        O::F32Lt | O::F64Lt => Floats(FloatCC::LessThan),
        O::F32Gt | O::F64Gt => Floats(FloatCC::GreaterThan),
        O::F32Le | O::F64Le => Floats(FloatCC::LessThanOrEqual),
        O::F32Ge | O::F64Ge => Floats(FloatCC::GreaterThanOrEqual),
        _ => return None,
    })
}

fn conversion(op: &Operator<'_>) -> Option<Shape> {
    use Operator as O;
    use Shape::{Convert, Reinterpret, SignExtend};
    Some(match op {
        O::I32WrapI64 => Convert(Opcode::Ireduce, I32),
        O::I64ExtendI32S => Convert(Opcode::Sextend, I64),
        O::I64ExtendI32U => Convert(Opcode::Uextend, I64),
        O::I32Extend8S | O::I64Extend8S => SignExtend(I8),
        O::I32Extend16S | O::I64Extend16S => SignExtend(I16),
        O::I64Extend32S => SignExtend(I32),

        O::I32TruncF32S | O::I32TruncF64S => Convert(Opcode::FcvtToSint, I32),
        O::I32TruncF32U | O::I32TruncF64U => Convert(Opcode::FcvtToUint, I32),
        O::I64TruncF32S | O::I64TruncF64S => Convert(Opcode::FcvtToSint, I64),
        O::I64TruncF32U | O::I64TruncF64U => Convert(Opcode::FcvtToUint, I64),
        O::I32TruncSatF32S | O::I32TruncSatF64S => Convert(Opcode::FcvtToSintSat, I32),
        O::I32TruncSatF32U | O::I32TruncSatF64U => Convert(Opcode::FcvtToUintSat, I32),
        O::I64TruncSatF32S | O::I64TruncSatF64S => Convert(Opcode::FcvtToSintSat, I64),
        O::I64TruncSatF32U | O::I64TruncSatF64U => Convert(Opcode::FcvtToUintSat, I64),

        O::F32ConvertI32S | O::F32ConvertI64S => Convert(Opcode::FcvtFromSint, F32),
        O::F32ConvertI32U | O::F32ConvertI64U => Convert(Opcode::FcvtFromUint, F32),
        O::F64ConvertI32S | O::F64ConvertI64S => Convert(Opcode::FcvtFromSint, F64),
        O::F64ConvertI32U | O::F64ConvertI64U => Convert(Opcode::FcvtFromUint, F64),
        O::F32DemoteF64 => Convert(Opcode::Fdemote, F32),
        O::F64PromoteF32 => Convert(Opcode::Fpromote, F64),

        O::I32ReinterpretF32 => Reinterpret(I32),
        O::I64ReinterpretF64 => Reinterpret(I64),
        O::F32ReinterpretI32 => Reinterpret(F32),
        O::F64ReinterpretI64 => Reinterpret(F64),
        _ => return None,
    })
}
