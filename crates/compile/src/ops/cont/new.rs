//! `cont.new`.

use crate::function::Translator;
use crate::record::{func_ref, store};
use crate::signature;
use bident_abi::TrapCode;
use cranelift_codegen::ir::InstBuilder;

/// Makes a stacklet on which the function will run. The stub leaves that to the engine where the
/// function's record has no entry for continuations yet. It preserves registers as any function.
pub(super) fn new(t: &mut Translator<'_, '_>) {
    let func = t.operands.pop();
    t.trap_if_null(func, TrapCode::NullFunctionReference);
    let context = func_ref::CONTEXT.load(&mut t.b, func);
    let code = func_ref::CODE.load(&mut t.b, func);
    let entry = func_ref::CONT_ENTRY.load(&mut t.b, func);

    let store = t.store();
    let stub = store::CREATE.load(&mut t.b, store);
    let signature = t.b.import_signature(signature::transfer(5, 1));
    let args = [store, context, code, entry, func];
    let call = t.b.ins().call_indirect(signature, stub, &args);
    let reference = t.b.inst_results(call)[0];
    t.operands.push(reference);
}
