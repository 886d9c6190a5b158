//! References: null is zero, whatever the type.

use crate::error::Error;
use crate::function::Translator;
use crate::record::context;
use bident_abi::TrapCode;
use bident_module::FuncIndex;
use cranelift_codegen::ir::InstBuilder;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};

pub(super) fn null(t: &mut Translator<'_, '_>) {
    let null = t.b.ins().iconst(I64, 0);
    t.operands.push(null);
}

pub(super) fn is_null(t: &mut Translator<'_, '_>) {
    let reference = t.operands.pop();
    let null = t.b.ins().icmp_imm_u(IntCC::Equal, reference, 0);
    let answer = t.b.ins().uextend(I32, null);
    t.operands.push(answer);
}

pub(super) fn as_non_null(t: &mut Translator<'_, '_>) {
    let reference = t.operands.top(1)[0];
    t.trap_if_null(reference, TrapCode::NullReference);
}

pub(super) fn func(t: &mut Translator<'_, '_>, func: FuncIndex) -> Result<(), Error> {
    let position = t
        .module
        .escaping_position(func)
        .ok_or_else(|| t.unsupported("reference to an undeclared function"))?;
    let reference = t.of_context(context::func_ref(t.layout, position));
    t.operands.push(reference);
    Ok(())
}
