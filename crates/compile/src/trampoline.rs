//! Code that changes the calling convention, one piece per function type.
//!
//! ```text
//! enter   buffer ──► arguments, call, results ──► buffer      host calls WebAssembly, or a
//!                                                            continuation starts
//! leave   arguments ──► buffer, call stub, buffer ──► results WebAssembly calls the host
//! late    until there is a target: call stub; then jump there WebAssembly calls what is loaded late
//! ```

use crate::error::Error;
use crate::image;
use crate::inline::Origins;
use crate::record::{self, context, func_ref, late, store};
use crate::signature;
use bident_abi::{TrapCode, results_in_registers};
use bident_module::{FuncType, ValType};
use cranelift_codegen::Context;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{InstBuilder, Signature, Value};
use cranelift_codegen::isa::TargetIsa;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

/// Compiled code that refers to nothing outside itself.
#[derive(Clone, Debug)]
pub struct Trampoline {
    /// Machine code, position independent.
    pub code: Vec<u8>,
    /// Instructions that may trap: offset in `code` and reason, by offset.
    pub traps: Vec<(u32, TrapCode)>,
}

/// How parameters lie in the transfer buffer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// Parameter `i` at position `i`: calls of the host.
    Forward,
    /// The last at position 0, which travels in a register unless it is a vector: continuations.
    Reversed,
}

/// See [`crate::Compiler::enter_trampoline`].
pub(crate) fn enter(isa: &dyn TargetIsa, ty: &FuncType, order: Order) -> Result<Trampoline, Error> {
    build(isa, signature::enter(), "enter", ty, |b, params| {
        let &[context, code, value] = params else {
            unreachable!("the signature has three parameters")
        };
        let mut args = vec![context];
        args.extend(match order {
            Order::Forward => forward(b, context, ty.params()),
            Order::Reversed => reversed(b, context, ty.params(), value),
        });
        let signature = b.import_signature(signature::wasm(ty));
        let call = b.ins().call_indirect(signature, code, &args);

        let registers = b.inst_results(call).to_vec();
        let first = match (ty.results(), registers.as_slice()) {
            ([ty, ..], [value, ..]) => store::to_register(b, *ty, *value),
            _ => context,
        };
        let buffer = transfer_buffer(b, context);
        for ((i, ty), value) in in_registers(ty).zip(registers) {
            // Whoever gets the first one takes it from the register; see `root_start`.
            if !store::in_register(i, ty) {
                store::write_value(b, buffer, i, ty, value);
            }
        }
        b.ins().return_(&[first]);
    })
}

/// Parameters in order.
fn forward(b: &mut FunctionBuilder<'_>, context: Value, types: &[ValType]) -> Vec<Value> {
    let buffer = transfer_buffer(b, context);
    let load = |(i, ty): (usize, &ValType)| store::value(i, *ty).load(b, buffer);
    types.iter().enumerate().map(load).collect()
}

/// Parameters of a continuation: the last in a register, the others before it in reverse.
fn reversed(
    b: &mut FunctionBuilder<'_>,
    context: Value,
    types: &[ValType],
    register: Value,
) -> Vec<Value> {
    let buffer = transfer_buffer(b, context);
    let positions = (0..types.len()).rev();
    let mut values = Vec::with_capacity(types.len());
    for (ty, position) in types.iter().zip(positions) {
        values.push(match store::in_register(position, *ty) {
            true => store::from_register(b, *ty, register),
            false => store::value(position, *ty).load(b, buffer),
        });
    }
    values
}

/// See [`crate::Compiler::leave_trampoline`].
pub(crate) fn leave(
    isa: &dyn TargetIsa,
    ty: &FuncType,
    leave_host: usize,
) -> Result<Trampoline, Error> {
    build(isa, signature::wasm(ty), "leave", ty, |b, params| {
        let (&context, params) = params.split_first().expect("the context");
        if !params.is_empty() {
            let buffer = transfer_buffer(b, context);
            for ((i, ty), value) in ty.params().iter().enumerate().zip(params) {
                store::write_value(b, buffer, i, *ty, *value);
            }
        }
        let signature = b.import_signature(signature::leave_host());
        let stub = b.ins().iconst(I64, leave_host as i64);
        b.ins().call_indirect(signature, stub, &[context]);

        let mut results = Vec::new();
        if !ty.results().is_empty() {
            let buffer = transfer_buffer(b, context);
            results.extend(in_registers(ty).map(|(i, ty)| store::value(i, ty).load(b, buffer)));
        }
        b.ins().return_(&results);
    })
}

/// See [`crate::Compiler::late_trampoline`].
pub(crate) fn late(
    isa: &dyn TargetIsa,
    ty: &FuncType,
    leave_host: usize,
) -> Result<Trampoline, Error> {
    build(isa, signature::wasm(ty), "late", ty, |b, params| {
        let (&context, params) = params.split_first().expect("the context");
        let record = late::RECORD.load(b, context);
        let [look, load, go] = [(); 3].map(|()| b.create_block());
        b.ins().jump(look, &[]);

        b.switch_to_block(look);
        let target = late::TARGET.load(b, record);
        b.ins().brif(target, go, &[], load, &[]);

        // Who comes back without a target has waited in vain: it asks again.
        b.switch_to_block(load);
        let loader = late::LOADER.load(b, record);
        let stub = b.ins().iconst(I64, leave_host as i64);
        let signature = b.import_signature(signature::leave_host());
        b.ins().call_indirect(signature, stub, &[loader]);
        b.ins().jump(look, &[]);

        b.switch_to_block(go);
        b.seal_all_blocks();
        let code = func_ref::CODE.load(b, target);
        let mut args = vec![func_ref::CONTEXT.load(b, target)];
        args.extend(params);
        let signature = b.import_signature(signature::wasm(ty));
        b.ins().return_call_indirect(signature, code, &args);
    })
}

/// Address of the transfer buffer. Read anew after each call, which may have replaced it.
fn transfer_buffer(b: &mut FunctionBuilder<'_>, context: Value) -> Value {
    let store = context::STORE.load(b, context);
    store::BUFFER.load(b, store)
}

/// The results that travel in registers, with their positions among all.
fn in_registers(ty: &FuncType) -> impl Iterator<Item = (usize, ValType)> + '_ {
    let in_registers = results_in_registers(ty.results());
    let results = ty.results().iter().copied().enumerate().zip(in_registers);
    results.filter(|(_, reg)| *reg).map(|(result, _)| result)
}

/// Compiles one block of code that gets the parameters of a signature.
fn build(
    isa: &dyn TargetIsa,
    signature: Signature,
    name: &str,
    ty: &FuncType,
    body: impl FnOnce(&mut FunctionBuilder<'_>, &[Value]),
) -> Result<Trampoline, Error> {
    let mut context = Context::new();
    let mut scratch = FunctionBuilderContext::new();
    context.func.signature = signature;
    record::begin(&mut context.func);
    let mut b = FunctionBuilder::new(&mut context.func, &mut scratch);
    let entry = b.create_block();
    b.append_block_params_for_function_params(entry);
    b.switch_to_block(entry);
    b.seal_block(entry);
    let params = b.block_params(entry).to_vec();
    body(&mut b, &params);
    b.finalize(isa.frontend_config());

    let code = image::compile(isa, &mut context, &Origins::default(), || {
        format!("{name} trampoline of {ty}")
    })?;
    Ok(Trampoline {
        code: code.bytes,
        traps: code.traps,
    })
}
