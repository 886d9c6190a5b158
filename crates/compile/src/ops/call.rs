//! Calls: of functions of the module, of imports, through references and tables, of builtins.
//!
//! ```text
//! call          defined   code is near; same context
//!               imported  code and context are in the caller's context
//! call_ref                code and context are in the VmFuncRef
//! call_indirect           code and context are in the VmFuncRef that the table holds
//! ```
//!
//! Where exceptions land in the function, a call ends its block, with two ways to go on; elsewhere it
//! is a plain instruction, and callees preserve registers (`exception.rs` says what is at the pad):
//!
//! ```text
//! outside of try           inside
//!  ┊                        ┊
//!  call                     try_call ──exn, tag──► landing pad
//!  ┊ results                ▼
//!                          next(results)
//!                           ┊
//! ```

use super::{control, exception, interrupt, table};
use crate::error::Error;
use crate::function::Translator;
use crate::inline;
use crate::record::{Field, context, func_ref, store};
use crate::trap;
use bident_abi::{BUILTIN_ARGS, Builtin, TrapCode, results_in_registers};
use bident_module::{AddressType, FuncIndex, FuncType, HeapType, TableIndex, TypeIndex};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{
    Block, BlockArg, BlockCall, ExceptionTableData, ExceptionTableItem, FuncRef, InstBuilder,
    SigRef, Type, Value,
};

/// What is called.
struct Callee<'m> {
    ty: &'m FuncType,
    code: Code,
    context: Value,
}

#[derive(Clone, Copy)]
enum Code {
    Near(FuncRef),
    Address(SigRef, Value),
}

pub(super) fn call(t: &mut Translator<'_, '_>, func: FuncIndex) -> Result<(), Error> {
    let mut behind = None;
    if let Some(defined) = t.module.defined_func(func) {
        if inline::is_wanted(t, defined) {
            return inline::call(t, func, defined);
        }
        behind = inline::test(t, func, defined)?;
    }
    let callee = named(t, func, Translator::callee_ref);
    finish_call(t, callee);
    if let Some(behind) = behind {
        t.b.ins().jump(behind, &[]);
        control::go_on_in(t, behind);
    }
    Ok(())
}

pub(super) fn call_indirect(t: &mut Translator<'_, '_>, ty: TypeIndex, table: TableIndex) {
    let callee = from_table(t, ty, table);
    finish_call(t, callee);
}

pub(super) fn call_ref(t: &mut Translator<'_, '_>, ty: TypeIndex) {
    let callee = from_operand(t, ty);
    finish_call(t, callee);
}

pub(super) fn return_call(t: &mut Translator<'_, '_>, func: FuncIndex) {
    let callee = named(t, func, Translator::func_ref);
    finish_return_call(t, callee);
}

pub(super) fn return_call_indirect(t: &mut Translator<'_, '_>, ty: TypeIndex, table: TableIndex) {
    let callee = from_table(t, ty, table);
    finish_return_call(t, callee);
}

pub(super) fn return_call_ref(t: &mut Translator<'_, '_>, ty: TypeIndex) {
    let callee = from_operand(t, ty);
    finish_return_call(t, callee);
}

/// The function with this index. `near` refers to it if it is defined.
fn named<'m, 'f>(
    t: &mut Translator<'m, 'f>,
    func: FuncIndex,
    near: impl Fn(&mut Translator<'m, 'f>, FuncIndex, usize) -> FuncRef,
) -> Callee<'m> {
    let module = t.module;
    let ty = module.func_type(func);
    if let Some(defined) = module.defined_func(func) {
        let code = Code::Near(near(t, func, defined));
        let context = t.context();
        return Callee { ty, code, context };
    }
    let signature = t.signature(module.funcs[func.index()]);
    let address = t.of_context(context::import_code(t.layout, func));
    let context = t.of_context(context::import_context(t.layout, func));
    let code = Code::Address(signature, address);
    Callee { ty, code, context }
}

/// The function that the reference on the operand stack leads to. The validator knows its type.
fn from_operand<'m>(t: &mut Translator<'m, '_>, ty: TypeIndex) -> Callee<'m> {
    let reference = t.operands.pop();
    t.trap_if_null(reference, TrapCode::NullFunctionReference);
    referenced(t, ty, reference)
}

/// The function that a table holds at the position on the operand stack, checked to have a type.
fn from_table<'m>(t: &mut Translator<'m, '_>, ty: TypeIndex, index: TableIndex) -> Callee<'m> {
    let position = t.operands.pop();
    let element = table::element(t, index, position, TrapCode::UndefinedElement);
    let reference = crate::record::table::ELEMENT.load(&mut t.b, element);
    let held = t.module.tables[index.index()].element;
    if held.nullable {
        t.trap_if_null(reference, TrapCode::UninitializedElement);
    }
    if held.heap != HeapType::Index(ty) {
        check_type(t, ty, reference);
    }
    referenced(t, ty, reference)
}

/// Traps unless a function has a type or a subtype of it. Nearly always it is the type itself.
fn check_type(t: &mut Translator<'_, '_>, ty: TypeIndex, reference: Value) {
    let type_ids = t.of_context(context::TYPE_IDS);
    let wanted = func_ref::expected_type_id(ty).load(&mut t.b, type_ids);
    let given = func_ref::TYPE_ID.load(&mut t.b, reference);
    let differs = t.b.ins().icmp(IntCC::NotEqual, given, wanted);
    if t.module.types[ty.index()].is_final {
        t.trap_if(differs, TrapCode::IndirectCallTypeMismatch);
        return;
    }
    let (ask, matches) = (t.b.create_block(), t.b.create_block());
    t.b.set_cold_block(ask);
    t.b.ins().brif(differs, ask, &[], matches, &[]);
    control::go_on_in(t, ask);
    let (given, wanted) = (unsigned(t, given), unsigned(t, wanted));
    let is_subtype = builtin(t, Builtin::IsSubtype, &[given, wanted]);
    let mismatch = t.b.ins().icmp_imm_u(IntCC::Equal, is_subtype, 0);
    t.trap_if(mismatch, TrapCode::IndirectCallTypeMismatch);
    t.b.ins().jump(matches, &[]);
    control::go_on_in(t, matches);
}

/// The function of this type that a reference, which is not null, leads to.
fn referenced<'m>(t: &mut Translator<'m, '_>, ty: TypeIndex, reference: Value) -> Callee<'m> {
    let address = func_ref::CODE.load(&mut t.b, reference);
    let context = func_ref::CONTEXT.load(&mut t.b, reference);
    let code = Code::Address(t.signature(ty), address);
    let ty = t.module.func_type_at(ty);
    Callee { ty, code, context }
}

/// Takes the arguments from the operand stack, puts the results there.
fn finish_call(t: &mut Translator<'_, '_>, callee: Callee<'_>) {
    let args = arguments(t, &callee);
    if let Code::Address(..) = callee.code {
        announce(t);
    }
    let pad = exception::landing_pad(t);
    let registers = emit(t, callee.code, &args, pad);
    push_results(t, &registers, callee.ty);
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
pub(super) fn announce(t: &mut Translator<'_, '_>) {
    let (store, context) = (t.store(), t.context());
    store::CALLER.store(&mut t.b, store, context);
}

/// A call, with what it gives in registers. Exceptions land at the pad, if there is one.
fn emit(t: &mut Translator<'_, '_>, code: Code, args: &[Value], pad: Option<Block>) -> Vec<Value> {
    if pad.is_some() {
        return emit_try(t, code, args, pad);
    }
    let call = match code {
        Code::Near(func) => t.b.ins().call(func, args),
        Code::Address(signature, address) => t.b.ins().call_indirect(signature, address, args),
    };
    t.b.inst_results(call).to_vec()
}

/// Goes to a stub that transfers to another stacklet, with the store's address as first argument. The
/// stub preserves no register; otherwise as any call.
pub(super) fn transfer(
    t: &mut Translator<'_, '_>,
    stub: Field,
    results: usize,
    args: &[Value],
) -> Vec<Value> {
    let pad = exception::landing_pad(t);
    let (stub, back) = t.transfer_ref(stub, args.len() + 2, HANDED_RESULT + 1);
    let mut args: Vec<Value> = args.iter().copied().chain([back]).collect();
    args.insert(HANDED_ARG, t.handed_over());
    let mut back = emit_try(t, Code::Near(stub), &args, pad);
    t.store_is(back[results]);
    t.is_handed(back[HANDED_RESULT]);
    back.truncate(results);
    back
}

/// Position of what is handed over among the arguments of a stub, and among the results. They have the same
/// register, r8, so that the stubs, and code that only passes it on, need not move it.
const HANDED_ARG: usize = 4;
const HANDED_RESULT: usize = 5;

/// A call after which no register holds what it held before. Goes on in a block of its own.
fn emit_try(
    t: &mut Translator<'_, '_>,
    code: Code,
    args: &[Value],
    pad: Option<Block>,
) -> Vec<Value> {
    let dfg = &t.b.func.dfg;
    let signature = match code {
        Code::Near(func) => dfg.ext_funcs[func].signature,
        Code::Address(signature, _) => signature,
    };
    let returns = dfg.signatures[signature].returns.iter();
    let types: Vec<Type> = returns.map(|result| result.value_type).collect();
    let results = (0..types.len() as u32).map(BlockArg::TryCallRet);
    let next = t.block_with(types);

    let dfg = &mut t.b.func.dfg;
    let payload = [BlockArg::TryCallExn(0), BlockArg::TryCallExn(1)];
    let next_call = BlockCall::new(next, results, &mut dfg.value_lists);
    let landing = pad.map(|pad| BlockCall::new(pad, payload, &mut dfg.value_lists));
    let landing = landing.map(ExceptionTableItem::Default);
    let table = ExceptionTableData::new(signature, next_call, landing);
    let table = dfg.exception_tables.push(table);
    match code {
        Code::Near(func) => t.b.ins().try_call(func, args, table),
        Code::Address(_, address) => t.b.ins().try_call_indirect(address, args, table),
    };
    control::go_on_in(t, next);
    t.b.block_params(next).to_vec()
}

fn push_results(t: &mut Translator<'_, '_>, registers: &[Value], ty: &FuncType) {
    let mut registers = registers.iter().copied();
    // Read after the call, which may have replaced the buffer.
    let mut buffer = None;
    for (i, in_register) in results_in_registers(ty.results()).enumerate() {
        let value = if in_register {
            registers.next().expect("a register per result")
        } else {
            let buffer = *buffer.get_or_insert_with(|| transfer_buffer(t));
            store::value(i, ty.results()[i]).load(&mut t.b, buffer)
        };
        t.operands.push(value);
    }
}

/// Address of the transfer buffer. Any call may replace it.
pub(super) fn transfer_buffer(t: &mut Translator<'_, '_>) -> Value {
    let store = t.store();
    store::BUFFER.load(&mut t.b, store)
}

/// Returns from the function with these results.
pub(super) fn emit_return(t: &mut Translator<'_, '_>, results: &[Value]) {
    let ty = t.body.ty;
    let mut registers = Vec::with_capacity(results.len());
    let mut buffer = None;
    for (i, in_register) in results_in_registers(ty.results()).enumerate() {
        if in_register {
            registers.push(results[i]);
        } else {
            let buffer = *buffer.get_or_insert_with(|| transfer_buffer(t));
            store::write_value(&mut t.b, buffer, i, ty.results()[i], results[i]);
        }
    }
    t.return_(&registers);
}

/// Calls a runtime function that does not throw; all arguments are `i64`.
pub(super) fn builtin(t: &mut Translator<'_, '_>, function: Builtin, args: &[Value]) -> Value {
    let (signature, stub, args) = builtin_call(t, function, args);
    let call = t.b.ins().call_indirect(signature, stub, &args);
    let result = t.b.inst_results(call)[0];
    interrupt::after(t, function);
    result
}

/// Calls a runtime function that does nothing but throw, to the pad or out of the function. Ends the
/// block.
pub(super) fn throw_builtin(
    t: &mut Translator<'_, '_>,
    function: Builtin,
    arg: Value,
    pad: Option<Block>,
) {
    let (signature, stub, args) = builtin_call(t, function, &[arg]);
    emit(t, Code::Address(signature, stub), &args, pad);
    t.b.ins().trap(trap::to_clif(TrapCode::Unreachable));
}

/// Signature and address of the stub that calls a builtin, and what to pass.
fn builtin_call(
    t: &mut Translator<'_, '_>,
    function: Builtin,
    args: &[Value],
) -> (SigRef, Value, [Value; 2 + BUILTIN_ARGS]) {
    debug_assert_eq!(args.len(), function.args().len());
    let store = t.store();
    let stub = store::LEAVE_BUILTIN.load(&mut t.b, store);
    let table = store::BUILTINS.load(&mut t.b, store);
    let address = store::builtin(function).load(&mut t.b, table);
    // Anything will do for the arguments that the builtin does not look at.
    let mut all = [t.context(); 2 + BUILTIN_ARGS];
    all[1..][..args.len()].copy_from_slice(args);
    all[1 + BUILTIN_ARGS] = address;
    (t.leave_builtin_signature(), stub, all)
}

/// An `i32` operand as an unsigned `i64`.
pub(super) fn unsigned(t: &mut Translator<'_, '_>, value: Value) -> Value {
    t.b.ins().uextend(I64, value)
}

/// An operand that is a position, or a number of positions, as an unsigned `i64`.
pub(super) fn position(t: &mut Translator<'_, '_>, ty: AddressType, value: Value) -> Value {
    match ty {
        AddressType::I32 => unsigned(t, value),
        AddressType::I64 => value,
    }
}

/// A size, or -1, as the operand that an instruction gives.
pub(super) fn push_size(t: &mut Translator<'_, '_>, ty: AddressType, size: Value) {
    let size = match ty {
        AddressType::I32 => t.b.ins().ireduce(I32, size),
        AddressType::I64 => size,
    };
    t.operands.push(size);
}

/// An `i64` constant.
pub(super) fn constant(t: &mut Translator<'_, '_>, value: u64) -> Value {
    t.b.ins().iconst(I64, value.cast_signed())
}
