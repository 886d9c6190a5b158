//! WebAssembly types as Cranelift sees them.

use bident_abi::{BUILTIN_ARGS, results_in_registers};
use bident_module::{FuncType, RefType, ValType};
use cranelift_codegen::ir::types::{F32, F64, I32, I64};
use cranelift_codegen::ir::{AbiParam, ArgumentPurpose, Signature, Type};
use cranelift_codegen::isa::CallConv;
use wasmparser::{AbstractHeapType, BlockType, HeapType};

/// Type of the register that holds a value. References are handles or addresses; null is zero.
pub(crate) fn clif_type(ty: ValType) -> Type {
    match ty {
        ValType::I32 => I32,
        ValType::I64 | ValType::Ref(_) => I64,
        ValType::F32 => F32,
        ValType::F64 => F64,
    }
}

/// A signature that takes a context and nothing else so far.
fn with_context() -> Signature {
    let mut signature = Signature::new(CallConv::Tail);
    let context = AbiParam::special(I64, ArgumentPurpose::VMContext);
    signature.params.push(context);
    signature
}

/// WebAssembly convention: the context, the parameters; the results that registers hold.
pub(crate) fn wasm(ty: &FuncType) -> Signature {
    let mut signature = with_context();
    let param = |ty: &ValType| AbiParam::new(clif_type(*ty));
    signature.params.extend(ty.params().iter().map(param));
    let in_registers = results_in_registers(ty.results());
    let results = ty.results().iter().zip(in_registers);
    signature
        .returns
        .extend(results.filter(|(_, reg)| *reg).map(|(ty, _)| param(ty)));
    signature
}

/// The stub that calls a builtin: context, arguments, function; one result.
pub(crate) fn leave_builtin() -> Signature {
    let mut signature = with_context();
    let params = std::iter::repeat_n(AbiParam::new(I64), BUILTIN_ARGS + 1);
    signature.params.extend(params);
    signature.returns.push(AbiParam::new(I64));
    signature
}

/// The stub that calls a host function: its context; one result.
pub(crate) fn leave_host() -> Signature {
    let mut signature = with_context();
    signature.returns.push(AbiParam::new(I64));
    signature
}

/// An `enter` trampoline: context and code of the function to call.
pub(crate) fn enter() -> Signature {
    let mut signature = with_context();
    signature.params.push(AbiParam::new(I64));
    signature
}

/// A type as the record has it; `None` for one of a proposal that is not implemented.
pub(crate) fn val_type(ty: wasmparser::ValType) -> Option<ValType> {
    single(ty).map(|types| types[0])
}

/// The list of one type, without allocating.
fn single(ty: wasmparser::ValType) -> Option<&'static [ValType]> {
    Some(match ty {
        wasmparser::ValType::I32 => &[ValType::I32],
        wasmparser::ValType::I64 => &[ValType::I64],
        wasmparser::ValType::F32 => &[ValType::F32],
        wasmparser::ValType::F64 => &[ValType::F64],
        wasmparser::ValType::V128 => return None,
        wasmparser::ValType::Ref(ty) => match ref_type(ty.heap_type())? {
            RefType::Func => &[ValType::FUNCREF],
            RefType::Extern => &[ValType::EXTERNREF],
        },
    })
}

fn ref_type(ty: HeapType) -> Option<RefType> {
    match ty {
        HeapType::Abstract {
            ty: AbstractHeapType::Func,
            ..
        } => Some(RefType::Func),
        HeapType::Abstract {
            ty: AbstractHeapType::Extern,
            ..
        } => Some(RefType::Extern),
        _ => None,
    }
}

/// Parameters and results of a block.
#[derive(Clone, Copy)]
pub(crate) struct BlockTypes<'m> {
    pub(crate) params: &'m [ValType],
    pub(crate) results: &'m [ValType],
}

/// Resolves the type of a block; `None` for one of a proposal that is not implemented.
pub(crate) fn block_types(types: &[FuncType], ty: BlockType) -> Option<BlockTypes<'_>> {
    let (params, results): (&[ValType], &[ValType]) = match ty {
        BlockType::Empty => (&[], &[]),
        BlockType::Type(ty) => (&[], single(ty)?),
        BlockType::FuncType(index) => {
            let ty = &types[index as usize];
            (ty.params(), ty.results())
        }
    };
    Some(BlockTypes { params, results })
}
