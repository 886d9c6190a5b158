//! Calls: of functions of the module, of imports, through tables, of builtins.
//!
//! ```text
//! call          defined   code is near; same context
//!               imported  code and context are in the caller's context
//! call_indirect           code and context are in the VmFuncRef that the table holds
//! ```

use super::table;
use crate::function::Translator;
use crate::record::{context, func_ref, store};
use bident_abi::{BUILTIN_ARGS, Builtin, TrapCode, results_in_registers};
use bident_module::{FuncIndex, FuncType, TableIndex, TypeIndex};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{FuncRef, Inst, InstBuilder, SigRef, Value};

/// What is called.
struct Callee<'m> {
    ty: &'m FuncType,
    code: Code,
    context: Value,
}

enum Code {
    Near(FuncRef),
    Address(SigRef, Value),
}

pub(super) fn call(t: &mut Translator<'_, '_>, func: FuncIndex) {
    let callee = named(t, func);
    finish_call(t, callee);
}

pub(super) fn call_indirect(t: &mut Translator<'_, '_>, ty: TypeIndex, table: TableIndex) {
    let callee = from_table(t, ty, table);
    finish_call(t, callee);
}

pub(super) fn return_call(t: &mut Translator<'_, '_>, func: FuncIndex) {
    let callee = named(t, func);
    finish_return_call(t, callee);
}

pub(super) fn return_call_indirect(t: &mut Translator<'_, '_>, ty: TypeIndex, table: TableIndex) {
    let callee = from_table(t, ty, table);
    finish_return_call(t, callee);
}

/// The function with this index.
fn named<'m>(t: &mut Translator<'m, '_>, func: FuncIndex) -> Callee<'m> {
    let module = t.module;
    let ty = module.func_type(func);
    if let Some(defined) = module.defined_func(func) {
        let code = Code::Near(t.func_ref(func, defined));
        let context = t.context;
        return Callee { ty, code, context };
    }
    let signature = t.signature(module.funcs[func.index()]);
    let address = t.of_context(context::import_code(t.layout, func));
    let context = t.of_context(context::import_context(t.layout, func));
    let code = Code::Address(signature, address);
    Callee { ty, code, context }
}

/// The function that a table holds at the position on the operand stack, checked to have a type.
fn from_table<'m>(t: &mut Translator<'m, '_>, ty: TypeIndex, index: TableIndex) -> Callee<'m> {
    let position = t.operands.pop();
    let element = table::element(t, index, position, TrapCode::UndefinedElement);
    let reference = crate::record::table::ELEMENT.load(&mut t.b, element);
    let null = t.b.ins().icmp_imm_u(IntCC::Equal, reference, 0);
    t.trap_if(null, TrapCode::UninitializedElement);

    let type_ids = t.of_context(context::TYPE_IDS);
    let expected = func_ref::expected_type_id(ty).load(&mut t.b, type_ids);
    let actual = func_ref::TYPE_ID.load(&mut t.b, reference);
    let mismatch = t.b.ins().icmp(IntCC::NotEqual, actual, expected);
    t.trap_if(mismatch, TrapCode::IndirectCallTypeMismatch);

    let address = func_ref::CODE.load(&mut t.b, reference);
    let context = func_ref::CONTEXT.load(&mut t.b, reference);
    let code = Code::Address(t.signature(ty), address);
    let ty = &t.module.types[ty.index()];
    Callee { ty, code, context }
}

/// Takes the arguments from the operand stack, puts the results there.
fn finish_call(t: &mut Translator<'_, '_>, callee: Callee<'_>) {
    let args = arguments(t, &callee);
    let call = match callee.code {
        Code::Near(func) => t.b.ins().call(func, &args),
        Code::Address(signature, address) => {
            announce(t);
            t.b.ins().call_indirect(signature, address, &args)
        }
    };
    push_results(t, call, callee.ty);
}

/// The same in tail position. The callee's results are the caller's, so nothing is left to do; those
/// that do not travel in registers are where the caller's caller looks for them.
fn finish_return_call(t: &mut Translator<'_, '_>, callee: Callee<'_>) {
    let args = arguments(t, &callee);
    match callee.code {
        Code::Near(func) => {
            t.b.ins().return_call(func, &args);
        }
        Code::Address(signature, address) => {
            announce(t);
            t.b.ins().return_call_indirect(signature, address, &args);
        }
    }
    t.operands.set_reachable(false);
}

fn arguments(t: &mut Translator<'_, '_>, callee: &Callee<'_>) -> Vec<Value> {
    let params = t.operands.pop_many(callee.ty.params().len());
    std::iter::once(callee.context).chain(params).collect()
}

/// Tells the callee, which may be a host function, which instance calls it.
fn announce(t: &mut Translator<'_, '_>) {
    let store = t.store();
    store::CALLER.store(&mut t.b, store, t.context);
}

fn push_results(t: &mut Translator<'_, '_>, call: Inst, ty: &FuncType) {
    let registers = t.b.inst_results(call).to_vec();
    let mut registers = registers.into_iter();
    // Read after the call, which may have replaced the buffer.
    let mut buffer = None;
    for (i, in_register) in results_in_registers(ty.results()).enumerate() {
        let value = if in_register {
            registers.next().expect("a register per result")
        } else {
            let buffer = *buffer.get_or_insert_with(|| values(t));
            store::value(i, ty.results()[i]).load(&mut t.b, buffer)
        };
        t.operands.push(value);
    }
}

/// Address of the buffer for results beyond the registers.
fn values(t: &mut Translator<'_, '_>) -> Value {
    let store = t.store();
    store::VALUES.load(&mut t.b, store)
}

/// Returns from the function with these results.
pub(super) fn emit_return(t: &mut Translator<'_, '_>, results: &[Value]) {
    let ty = t.ty;
    let mut registers = Vec::with_capacity(results.len());
    let mut buffer = None;
    for (i, in_register) in results_in_registers(ty.results()).enumerate() {
        if in_register {
            registers.push(results[i]);
        } else {
            let buffer = *buffer.get_or_insert_with(|| values(t));
            store::write_value(&mut t.b, buffer, i, ty.results()[i], results[i]);
        }
    }
    t.b.ins().return_(&registers);
}

/// Calls a runtime function; all arguments are `i64`.
pub(super) fn builtin(t: &mut Translator<'_, '_>, function: Builtin, args: &[Value]) -> Value {
    debug_assert_eq!(args.len(), function.args().len());
    let store = t.store();
    let stub = store::LEAVE_BUILTIN.load(&mut t.b, store);
    let table = store::BUILTINS.load(&mut t.b, store);
    let address = store::builtin(function).load(&mut t.b, table);
    // Anything will do for the arguments that the builtin does not look at.
    let mut all = [t.context; 2 + BUILTIN_ARGS];
    all[1..][..args.len()].copy_from_slice(args);
    all[1 + BUILTIN_ARGS] = address;
    let signature = t.leave_builtin_signature();
    let call = t.b.ins().call_indirect(signature, stub, &all);
    t.b.inst_results(call)[0]
}

/// An `i32` operand as an unsigned `i64`.
pub(super) fn unsigned(t: &mut Translator<'_, '_>, value: Value) -> Value {
    t.b.ins().uextend(I64, value)
}

/// An `i64` constant.
pub(super) fn constant(t: &mut Translator<'_, '_>, value: u64) -> Value {
    t.b.ins().iconst(I64, value.cast_signed())
}
