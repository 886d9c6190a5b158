//! WebAssembly types as Cranelift sees them.

use crate::near::MOST_INTS;
use bident_abi::{BUILTIN_ARGS, results_in_registers};
use bident_module::{FuncType, Module, ValType};
use cranelift_codegen::ir::types::{F32, F64, I8X16, I32, I64};
use cranelift_codegen::ir::{AbiParam, ArgumentPurpose, Signature, Type};
use cranelift_codegen::isa::CallConv;
use wasmparser::BlockType;

/// Type of the register that holds a value. References are handles or addresses, whatever they refer
/// to; null is zero.
pub(crate) fn clif_type(ty: ValType) -> Type {
    match ty {
        ValType::I32 => I32,
        ValType::I64 | ValType::Ref(_) => I64,
        ValType::F32 => F32,
        ValType::F64 => F64,
        ValType::V128 => VECTOR,
    }
}

/// How vectors are known wherever it matters not what they hold: to locals, blocks, calls, memory.
pub(crate) const VECTOR: Type = I8X16;

/// The same as [`clif_type`] for a type as the binary has it.
pub(crate) fn binary_type(ty: wasmparser::ValType) -> Type {
    match ty {
        wasmparser::ValType::I32 => I32,
        wasmparser::ValType::I64 | wasmparser::ValType::Ref(_) => I64,
        wasmparser::ValType::F32 => F32,
        wasmparser::ValType::F64 => F64,
        wasmparser::ValType::V128 => VECTOR,
    }
}

/// Types of the registers that hold values.
pub(crate) fn clif_types(types: &[ValType]) -> impl Iterator<Item = Type> + '_ {
    types.iter().copied().map(clif_type)
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
    let params = clif_types(ty.params()).map(AbiParam::new);
    signature.params.extend(params);
    let results = clif_types(ty.results()).map(AbiParam::new);
    let results = results.zip(results_in_registers(ty.results()));
    let in_registers = results.filter(|(_, register)| *register);
    signature.returns.extend(in_registers.map(|(ty, _)| ty));
    signature
}

/// Whether a neutral function can have this type: nothing is passed on the stack, and its end moves
/// the results.
pub(crate) fn can_be_neutral(ty: &FuncType) -> bool {
    let floats = |types: &[ValType]| types.iter().filter(|ty| ty.in_float_register()).count();
    let (params, results) = (floats(ty.params()), floats(ty.results()));
    let ints = ty.results().len() - results;
    ty.params().len() - params < INT_REGISTERS
        && params <= FLOAT_REGISTERS
        && results <= FLOAT_REGISTERS
        && ints <= MOST_INTS
}

/// Registers for arguments; the context takes one of the first kind.
const INT_REGISTERS: usize = 6;
const FLOAT_REGISTERS: usize = 8;

/// The end of a neutral function: what it takes, it gives.
pub(crate) fn neutral_return(types: impl Iterator<Item = Type>) -> Signature {
    let mut signature = Signature::new(CallConv::Tail);
    signature.params.extend(types.map(AbiParam::new));
    signature.returns.clone_from(&signature.params);
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

/// The stub that calls a builtin and preserves all registers: context, function.
pub(crate) fn leave_preserving() -> Signature {
    let mut signature = Signature::new(CallConv::PreserveAll);
    let context = AbiParam::special(I64, ArgumentPurpose::VMContext);
    signature.params.extend([context, AbiParam::new(I64)]);
    signature
}

/// The stub that calls a host function: its context; one result.
pub(crate) fn leave_host() -> Signature {
    let mut signature = with_context();
    signature.returns.push(AbiParam::new(I64));
    signature
}

/// A stub that transfers between stacklets: words in, words back.
pub(crate) fn transfer(args: usize, results: usize) -> Signature {
    let mut signature = Signature::new(CallConv::Tail);
    let words = |count| std::iter::repeat_n(AbiParam::new(I64), count);
    signature.params.extend(words(args));
    signature.returns.extend(words(results));
    signature
}

/// An `enter` trampoline: context and code of the function to call, and the value that came in a
/// register; gives the first result.
pub(crate) fn enter() -> Signature {
    let mut signature = with_context();
    let words = std::iter::repeat_n(AbiParam::new(I64), 2);
    signature.params.extend(words);
    signature.returns.push(AbiParam::new(I64));
    signature
}

/// Parameters and results of a block.
#[derive(Clone, Copy)]
pub(crate) enum BlockTypes<'m> {
    /// No parameters, and one result or none.
    Value(Option<Type>),
    /// Those of a function type.
    Func(&'m FuncType),
}

impl<'m> BlockTypes<'m> {
    /// Resolves the type of a block.
    pub(crate) fn new(module: &'m Module, ty: BlockType) -> Self {
        match ty {
            BlockType::Empty => Self::Value(None),
            BlockType::Type(ty) => Self::Value(Some(binary_type(ty))),
            BlockType::FuncType(index) => Self::Func(module.func_type_at(index.into())),
        }
    }

    /// Types of the parameters.
    pub(crate) fn params(self) -> impl Iterator<Item = Type> + 'm {
        clif_types(match self {
            Self::Value(_) => &[],
            Self::Func(ty) => ty.params(),
        })
    }

    /// Types of the results.
    pub(crate) fn results(self) -> impl Iterator<Item = Type> + 'm {
        let (value, list) = match self {
            Self::Value(value) => (value, &[][..]),
            Self::Func(ty) => (None, ty.results()),
        };
        value.into_iter().chain(clif_types(list))
    }
}
