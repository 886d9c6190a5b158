//! Integers of 128 bits, as pairs of operands: the low half, then the high half.

use crate::function::Translator;
use cranelift_codegen::ir::types::I128;
use cranelift_codegen::ir::{InstBuilder, Value};
use wasmparser::Operator;

/// Translates an operator of wide arithmetic; false if it is not one.
pub(super) fn translate(t: &mut Translator<'_, '_>, op: &Operator<'_>) -> bool {
    let result = match op {
        Operator::I64Add128 => {
            let (y, x) = (pop(t), pop(t));
            t.b.ins().iadd(x, y)
        }
        Operator::I64Sub128 => {
            let (y, x) = (pop(t), pop(t));
            t.b.ins().isub(x, y)
        }
        Operator::I64MulWideS => {
            let (y, x) = (t.operands.pop(), t.operands.pop());
            let (y, x) = (t.b.ins().sextend(I128, y), t.b.ins().sextend(I128, x));
            t.b.ins().imul(x, y)
        }
        Operator::I64MulWideU => {
            let (y, x) = (t.operands.pop(), t.operands.pop());
            let (y, x) = (t.b.ins().uextend(I128, y), t.b.ins().uextend(I128, x));
            t.b.ins().imul(x, y)
        }
        _ => return false,
    };
    let (low, high) = t.b.ins().isplit(result);
    t.operands.push(low);
    t.operands.push(high);
    true
}

fn pop(t: &mut Translator<'_, '_>) -> Value {
    let (high, low) = (t.operands.pop(), t.operands.pop());
    t.b.ins().iconcat(low, high)
}
