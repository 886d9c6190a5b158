//! What compiled code reaches by a 32-bit displacement, and the pieces of code that lie in between.
//!
//! The processor predicts a `ret` by the calls it has seen. A transfer to another stacklet is left by a
//! jump, so a `call` of its stub would leave one prediction over on this side, and each real `ret`
//! after it, here or on the other side, would be predicted wrong. So a site that Cranelift emits as a
//! `call` becomes a `jmp` of the same five bytes, to a piece behind the function:
//!
//! ```text
//!   site:  call stub      becomes   site:  jmp piece     piece:  lea  r11, [back]
//!   back:  ...                      back:  ...                   push r11
//!                                                                jmp  [rdi + offset of the stub]
//! ```
//!
//! The stack looks as after a call, which is all that stubs, walks of frames and landing pads know.
//!
//! Neutral functions ([`bident_module::Module::neutral`]) are called in the same way, with `jmp callee`
//! at the end of the piece. They return by a tail call of a piece that takes the results where
//! arguments are, and puts them where results are:
//!
//! ```text
//!   mov rax, rdi      mov rcx, rsi      (the third is in rdx already)
//!   pop r11
//!   jmp r11
//! ```

use cranelift_codegen::ir::UserExternalName;

/// What a displacement leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Target {
    /// A function of the module, by its position among the defined ones.
    Function(u32),
    /// A transfer stub, by the offset in the store of its address. The store is the first argument.
    Transfer(u32),
    /// A neutral function of the module, to be called as one.
    Neutral(u32),
    /// The end of a neutral function with this many results that are no floats.
    Return(u32),
}

impl Target {
    /// As Cranelift has it.
    pub(crate) fn name(self) -> UserExternalName {
        match self {
            Self::Function(defined) => UserExternalName::new(0, defined),
            Self::Transfer(offset) => UserExternalName::new(1, offset),
            Self::Neutral(defined) => UserExternalName::new(2, defined),
            Self::Return(ints) => UserExternalName::new(3, ints),
        }
    }

    /// Reverse of [`Self::name`].
    pub(crate) fn of(name: &UserExternalName) -> Self {
        match name.namespace {
            0 => Self::Function(name.index),
            1 => Self::Transfer(name.index),
            2 => Self::Neutral(name.index),
            _ => Self::Return(name.index),
        }
    }
}

/// Opcodes of `call` and `jmp` with a 32-bit displacement.
const CALL: u8 = 0xe8;
const JMP: u8 = 0xe9;
/// Breakpoint instruction of x86.
pub(crate) const INT3: u8 = 0xcc;

/// Pieces begin at multiples of this.
const ALIGNMENT: usize = 16;

/// Makes the site whose displacement lies at `offset` a jump to a piece that goes to a transfer stub.
pub(crate) fn transfer(code: &mut Vec<u8>, offset: u32, stub: u32) -> Result<(), String> {
    push_return_address(code, offset)?;
    code.extend_from_slice(&[0xff, 0xa7]);
    code.extend_from_slice(&stub.to_le_bytes());
    Ok(())
}

/// Makes the site whose displacement lies at `offset` a jump to a piece that goes to a function. Gives
/// the offset of the displacement that leads there.
pub(crate) fn neutral_call(code: &mut Vec<u8>, offset: u32) -> Result<u32, String> {
    push_return_address(code, offset)?;
    code.push(JMP);
    let displacement = code.len() as u32;
    code.extend_from_slice(&[0; 4]);
    Ok(displacement)
}

/// Leads the jumps whose displacements lie at `offsets` to a piece that returns `ints` results.
pub(crate) fn neutral_return(code: &mut Vec<u8>, offsets: &[u32], ints: u32) {
    let piece = begin(code);
    if ints > 0 {
        code.extend_from_slice(&[0x48, 0x89, 0xf8]);
    }
    if ints > 1 {
        code.extend_from_slice(&[0x48, 0x89, 0xf1]);
    }
    code.extend_from_slice(&[0x41, 0x5b, 0x41, 0xff, 0xe3]);
    for &offset in offsets {
        let site = offset as usize;
        set_displacement(code, site, site + 4, piece);
    }
}

/// Most results of a neutral function that are no floats: as many as [`neutral_return`] moves.
pub(crate) const MOST_INTS: usize = 3;

/// Where a new piece begins.
fn begin(code: &mut Vec<u8>) -> usize {
    let piece = code.len().next_multiple_of(ALIGNMENT);
    code.resize(piece, INT3);
    piece
}

/// Begins a piece for a site, with what a `call` would do first.
fn push_return_address(code: &mut Vec<u8>, offset: u32) -> Result<(), String> {
    let site = offset as usize;
    if code[site - 1] != CALL {
        return Err(format!("no call at {site:#x}"));
    }
    code[site - 1] = JMP;
    let piece = begin(code);
    let back = site + 4;
    set_displacement(code, site, back, piece);
    code.extend_from_slice(&[0x4c, 0x8d, 0x1d, 0, 0, 0, 0]);
    let end = code.len();
    set_displacement(code, end - 4, end, back);
    code.extend_from_slice(&[0x41, 0x53]);
    Ok(())
}

/// Writes the distance from the end of an instruction to a target.
fn set_displacement(code: &mut [u8], at: usize, end: usize, target: usize) {
    let distance = (target as i32).wrapping_sub(end as i32);
    code[at..][..4].copy_from_slice(&distance.to_le_bytes());
}
