//! Calling conventions.
//!
//! *WebAssembly*: Cranelift's `Tail`. First argument the context, then the parameters; results in
//! registers as far as they reach, the others in the transfer buffer, result `i` at position `i`.
//!
//! *Array*: the host writes parameter `i` to `values[i]` and finds result `i` there. An `enter`
//! trampoline per function type turns it into the WebAssembly convention; a `leave` trampoline does
//! the reverse for host functions whose type does not fit the registers.
//!
//! *Transfer*: between stacklets, everything goes through the transfer buffer. What a suspension or a
//! finished continuation gives lies there in order, value `i` at position `i`. What goes *into* a
//! continuation, arguments or the results of its suspension, lies there in reverse: the last at
//! position 0. So arguments bound in advance, which are the first ones, need not move when the
//! others are given. The value at position 0, whichever that is, travels in a register instead; of a
//! vector the low half, which its receiver does not look at: it takes the whole from the buffer.
//!
//! *Host*: System V. First argument the [`crate::VmHostFunc`], parameters in the registers that both
//! conventions share, so that nothing is moved; see [`fits_registers`].

use bident_module::{FuncType, ValType};

/// Integer results that travel in registers (x86-64: rax rcx rdx rsi rdi r8 r9 r10).
pub const MAX_INT_RESULTS: usize = 8;
/// Float results that travel in registers (xmm0 to xmm7).
pub const MAX_FLOAT_RESULTS: usize = 8;
/// Integer parameters beside the context that travel in registers (rsi rdx rcx r8 r9).
const MAX_INT_PARAMS: usize = 5;
/// Float parameters that travel in registers (xmm0 to xmm7).
const MAX_FLOAT_PARAMS: usize = 8;

/// For each result, whether it travels in a register.
pub fn results_in_registers(results: &[ValType]) -> impl Iterator<Item = bool> + '_ {
    let (mut ints, mut floats) = (0, 0);
    results.iter().map(move |ty| {
        let (used, max) = if ty.in_float_register() {
            (&mut floats, MAX_FLOAT_RESULTS)
        } else {
            (&mut ints, MAX_INT_RESULTS)
        };
        *used += 1;
        *used <= max
    })
}

/// What is said by [`fits_registers`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fits {
    /// A host function may take its parameters and give its result in registers.
    Registers,
    /// It needs the array convention.
    Array,
}

/// Whether a host function of this type can be called without a trampoline: with vectors it cannot, as
/// the stubs pass on words.
pub fn fits_registers(ty: &FuncType) -> Fits {
    let floats = ty.params().iter().filter(|t| t.in_float_register()).count();
    let ints = ty.params().len() - floats;
    let mut all = ty.params().iter().chain(ty.results());
    if all.any(|ty| *ty == ValType::V128) {
        return Fits::Array;
    }
    if ints <= MAX_INT_PARAMS && floats <= MAX_FLOAT_PARAMS && ty.results().len() <= 1 {
        Fits::Registers
    } else {
        Fits::Array
    }
}
