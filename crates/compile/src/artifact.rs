//! What compiling a module gives: code as plain bytes, and tables that explain it.

use bident_abi::TrapCode;

/// Compiled code of a module. Position independent; inert until the engine publishes it.
#[derive(Clone, Default, Debug)]
pub struct Artifact {
    /// Machine code of all defined functions.
    pub text: Vec<u8>,
    /// Where each defined function lies in `text`, in the order of the module.
    pub functions: Vec<FunctionRange>,
    /// Instructions that may trap: offset in `text` and reason, by offset.
    pub traps: Vec<(u32, TrapCode)>,
    /// Where code comes from: offset in `text` at which the code of an operator starts, and its origin:
    /// the operator's position in the binary or, from 2^31 on, a position in `inlined`; by offset.
    pub addresses: Vec<(u32, u32)>,
    /// Operators that were translated in place of a call: position in the binary, and origin of the
    /// call.
    pub inlined: Vec<(u32, u32)>,
    /// Jumps that lead to a transfer stub by way of a piece of code that looks its address up: offset in
    /// `text` of the jump's 32-bit displacement, and offset in a `VmStore` of the stub's address.
    /// Whoever publishes the code may lead them to the stub itself.
    pub transfers: Vec<(u32, u32)>,
    /// Calls inside a `try`: offset in `text` of the return address, and where an exception that
    /// comes out of the call goes; by offset.
    pub landings: Vec<(u32, Landing)>,
}

/// Origins from here on are positions in [`Artifact::inlined`].
pub(crate) const INLINED: u32 = 1 << 31;

/// A piece of [`Artifact::text`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FunctionRange {
    /// Offset of the first instruction.
    pub start: u32,
    /// Size in bytes.
    pub len: u32,
}

/// Where an exception that comes out of a call lands.
///
/// Who unwinds to the call sets the stack pointer, leaves the frame pointer as it was in that frame,
/// and jumps to the pad with two words in the registers of exception payloads (x86-64: rax, rdx): the
/// `exnref`, and the address of the exception's `VmTag`. All other registers may hold anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Landing {
    /// Offset of the landing pad in [`Artifact::text`].
    pub pad: u32,
    /// Distance from the frame pointer down to the stack pointer at the pad.
    pub frame: u32,
}

impl Artifact {
    /// The function that the code at `offset` belongs to: its position among the defined ones.
    pub fn function_at(&self, offset: u32) -> Option<usize> {
        let next = self.functions.partition_point(|f| f.start <= offset);
        let function = next.checked_sub(1)?;
        let FunctionRange { start, len } = self.functions[function];
        (offset - start < len).then_some(function)
    }

    /// Why the instruction at exactly `offset` traps; `None` if it cannot.
    pub fn trap_at(&self, offset: u32) -> Option<TrapCode> {
        let found = self.traps.binary_search_by_key(&offset, |(at, _)| *at).ok();
        found.map(|i| self.traps[i].1)
    }

    /// Where an exception lands that comes out of the call which returns to exactly `offset`; `None`
    /// if it leaves the function.
    pub fn landing_at(&self, offset: u32) -> Option<Landing> {
        let landings = &self.landings;
        let found = landings.binary_search_by_key(&offset, |(at, _)| *at).ok();
        found.map(|i| landings[i].1)
    }

    /// Positions in the binary of the operator that the code at `offset` belongs to, and of the calls
    /// that were replaced by the code around it, innermost first.
    pub fn addresses_at(&self, offset: u32) -> impl Iterator<Item = u32> + '_ {
        let next = self.addresses.partition_point(|(at, _)| *at <= offset);
        let known = self.function_at(offset).and(next.checked_sub(1));
        let mut origin = known.map(|i| self.addresses[i].1);
        std::iter::from_fn(move || {
            let here = origin.take()?;
            let Some(i) = here.checked_sub(INLINED) else {
                return Some(here);
            };
            let (position, call) = self.inlined[i as usize];
            origin = Some(call);
            Some(position)
        })
    }
}
