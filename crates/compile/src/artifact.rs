//! What compiling a module gives: code as plain bytes, and tables that explain it.

use bident_abi::TrapCode;

/// Compiled code of functions of a module. Position independent; inert until the engine publishes it.
#[derive(Clone, Default, Debug)]
pub struct Artifact {
    /// Machine code of the functions.
    pub text: Vec<u8>,
    /// Which functions of the module, by their positions among the defined ones; empty if it is all of them.
    pub members: Vec<u32>,
    /// Whether they were compiled quickly: [`crate::Effort::Quick`].
    pub quick: bool,
    /// Where each function lies in `text`, in the order of `members`.
    pub functions: Vec<FunctionRange>,
    /// Displacements that lead to other functions of the module. Whoever publishes the code fills them in.
    pub outside: Vec<Outside>,
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

/// A 32-bit displacement that leads out of the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outside {
    /// Its offset in [`Artifact::text`].
    pub at: u32,
    /// Added to the distance from there.
    pub addend: i32,
    /// The function that it is for: position among the defined ones.
    pub function: u32,
    /// What of the function it leads to.
    pub reach: Reach,
}

/// What a displacement leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// Code that is as good as the function.
    Code,
    /// A word that holds the address of such code.
    Slot,
}

impl Outside {
    /// Fills it in, in a text that lies at an address. `false` if it cannot reach the target.
    #[must_use]
    pub fn fill(&self, text: &mut [u8], address: usize, target: usize) -> bool {
        let at = self.at as usize;
        let distance = target.wrapping_sub(address + at).cast_signed();
        let distance = distance.checked_add(self.addend as isize);
        let distance = distance.and_then(|distance| i32::try_from(distance).ok());
        match (distance, text.get_mut(at..at + 4)) {
            (Some(distance), Some(place)) => {
                place.copy_from_slice(&distance.to_le_bytes());
                true
            }
            _ => false,
        }
    }
}

impl Artifact {
    /// Where in `functions` a defined function is, given by its position among the defined ones.
    pub fn position(&self, defined: usize) -> Option<usize> {
        match self.members.is_empty() {
            true => (defined < self.functions.len()).then_some(defined),
            false => self
                .members
                .iter()
                .position(|&member| member as usize == defined),
        }
    }
}
