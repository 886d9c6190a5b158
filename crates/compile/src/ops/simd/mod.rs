//! Vectors: each operator is an instruction of Cranelift or a few, none a call.
//!
//! On the operand stack, in locals and in blocks a vector is [`VECTOR`], whatever it holds. An operator
//! looks at it as lanes of its own ([`pop`]) and gives it back as that ([`push`]): changes of view, which
//! are no code.

mod arithmetic;
mod convert;
mod lanes;
mod memory;
mod relaxed;

use super::memory::address;
use crate::error::Error;
use crate::function::Translator;
use crate::record;
use crate::signature::VECTOR;
use cranelift_codegen::ir::types::{F32X4, F64X2, I16X8, I32X4, I64X2};
use cranelift_codegen::ir::{InstBuilder, InstructionData, Opcode, Type, Value, ValueDef};
use wasmparser::Operator;

const I8X16: Type = VECTOR;

/// Translates an operator on vectors; false if it is none.
pub(super) fn translate(t: &mut Translator<'_, '_>, op: &Operator<'_>) -> Result<bool, Error> {
    Ok(arithmetic::translate(t, op)
        || memory::translate(t, op)?
        || lanes::translate(t, op)
        || convert::translate(t, op)
        || relaxed::translate(t, op))
}

/// The topmost operand, seen as these lanes.
fn pop(t: &mut Translator<'_, '_>, ty: Type) -> Value {
    let value = t.operands.pop();
    view(t, ty, value)
}

/// The two topmost operands, seen as these lanes.
fn pop_two(t: &mut Translator<'_, '_>, ty: Type) -> (Value, Value) {
    let b = pop(t, ty);
    (pop(t, ty), b)
}

/// The three topmost operands, seen as these lanes.
fn pop_three(t: &mut Translator<'_, '_>, ty: Type) -> (Value, Value, Value) {
    let c = pop(t, ty);
    let (a, b) = pop_two(t, ty);
    (a, b, c)
}

/// Leaves a vector on the operand stack.
fn push(t: &mut Translator<'_, '_>, value: Value) {
    let value = view(t, VECTOR, value);
    t.operands.push(value);
}

/// A vector seen as lanes of a type.
fn view(t: &mut Translator<'_, '_>, ty: Type, value: Value) -> Value {
    let value = origin(t, value);
    if t.b.func.dfg.value_type(value) == ty {
        return value;
    }
    t.b.ins().bitcast(ty, record::lanes(), value)
}

/// The vector that a value is a view of; itself if it is none.
fn origin(t: &Translator<'_, '_>, value: Value) -> Value {
    let dfg = &t.b.func.dfg;
    if let ValueDef::Result(inst, _) = dfg.value_def(value)
        && let InstructionData::LoadNoOffset {
            opcode: Opcode::Bitcast,
            arg,
            ..
        } = dfg.insts[inst]
        && dfg.value_type(arg).is_vector()
    {
        return arg;
    }
    value
}

/// An instruction with one operand.
fn unary(t: &mut Translator<'_, '_>, opcode: Opcode, ty: Type, value: Value) -> Value {
    let (inst, dfg) = t.b.ins().Unary(opcode, ty, value);
    dfg.first_result(inst)
}

/// An instruction with two operands.
fn binary(t: &mut Translator<'_, '_>, opcode: Opcode, ty: Type, a: Value, b: Value) -> Value {
    let (inst, dfg) = t.b.ins().Binary(opcode, ty, a, b);
    dfg.first_result(inst)
}
