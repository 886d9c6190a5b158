//! What compiled code reaches by a 32-bit displacement, and the pieces of code that lie in between.
//!
//! The processor predicts a `ret` by the calls it has seen. A transfer to another stacklet is left by a
//! jump, so a `call` of its stub would leave one prediction over on this side, and each real `ret`
//! after it, here or on the other side, would be predicted wrong. So the address to go on at is an
//! argument of the stub, and what Cranelift emits as a `call` becomes a `jmp` of the same five bytes:
//!
//! ```text
//!   site:  lea r9, [back]                piece, one for each stub and function:
//!          jmp piece                       jmp [rdi + offset of the stub's address]
//!   back:  ...
//! ```
//!
//! The `lea` is a load for Cranelift, which would compute an address once, outside of a loop, and keep it
//! in the frame. The load is marked by its trap code, and its offset tells the transfers of a function
//! apart; the two instructions are of one length.
//!
//! Where the stub is near, whoever publishes the code leads the jump there at once
//! ([`crate::Artifact::transfers`]).
//!
//! The stub pushes the address, and the stack looks as after a call, which is all that walks of frames
//! and landing pads know.
//!
//! A neutral function (`neutral.rs` of `bident-module`) takes no such argument. The call of one becomes a
//! jump to a piece of its own:
//!
//! ```text
//!   site:  jmp piece                     piece:  lea  r11, [back]
//!   back:  ...                                   push r11
//!                                                jmp  callee
//! ```
//!
//! It returns by a tail call of a piece that takes the results where
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
    /// A transfer stub. The store is the first argument.
    Transfer {
        /// Offset in the store of the stub's address.
        stub: u32,
        /// Number of the transfer in its function.
        site: u32,
    },
    /// A neutral function of the module, to be called as one.
    Neutral(u32),
    /// The end of a neutral function with this many results that are no floats.
    Return(u32),
}

/// Name spaces from here on are of stubs.
const STUBS: u32 = 3;

impl Target {
    /// As Cranelift has it.
    pub(crate) fn name(self) -> UserExternalName {
        match self {
            Self::Function(defined) => UserExternalName::new(0, defined),
            Self::Neutral(defined) => UserExternalName::new(1, defined),
            Self::Return(ints) => UserExternalName::new(2, ints),
            Self::Transfer { stub, site } => UserExternalName::new(STUBS + stub, site),
        }
    }

    /// Reverse of [`Self::name`].
    pub(crate) fn of(name: &UserExternalName) -> Self {
        match name.namespace {
            0 => Self::Function(name.index),
            1 => Self::Neutral(name.index),
            2 => Self::Return(name.index),
            stub => Self::Transfer {
                stub: stub - STUBS,
                site: name.index,
            },
        }
    }
}

/// Opcodes of `call` and `jmp` with a 32-bit displacement.
const CALL: u8 = 0xe8;
const JMP: u8 = 0xe9;
const NOP: u8 = 0x90;
/// Breakpoint instruction of x86.
pub(crate) const INT3: u8 = 0xcc;

/// Pieces begin at multiples of this.
const ALIGNMENT: usize = 16;

/// Offset of the load that stands for where the transfer with this number goes on.
pub(crate) fn back(site: u32) -> i32 {
    FIRST_BACK.saturating_add_unsigned(site)
}

/// Beyond what a displacement of one byte says.
const FIRST_BACK: i32 = 1 << 20;

/// The transfers of a function, as they are found in its code.
#[derive(Default)]
pub(crate) struct Sites {
    /// Stub, number, and offset of the displacement.
    transfers: Vec<(u32, u32, u32)>,
    /// Number, and offset of the displacement of the `lea`.
    backs: Vec<(u32, u32)>,
}

impl Sites {
    /// Notes a call of a stub, whose displacement lies at `offset`.
    pub(crate) fn transfer(&mut self, stub: u32, site: u32, offset: u32) {
        self.transfers.push((stub, site, offset));
    }

    /// Makes a load of [`back`], which begins at `at`, what it stands for.
    pub(crate) fn back(&mut self, code: &mut [u8], at: u32) -> Result<(), String> {
        let start = at as usize;
        let load = code.get_mut(start..).unwrap_or_default();
        // Prefix, opcode, registers, with the register r12 another byte, displacement.
        let &mut [prefix, 0x8b, registers, ..] = load else {
            return Err(format!("no load at {at:#x}"));
        };
        let displacement = if registers & 7 == 4 { 4 } else { 3 };
        let load = load.get_mut(..displacement + 4);
        let load = load.ok_or_else(|| format!("half a load at {at:#x}"))?;
        if prefix & 0xf8 != 0x48 || registers >> 6 != 2 {
            return Err(format!("another load at {at:#x}"));
        }
        let offset = load.last_chunk().copied().map(i32::from_le_bytes);
        let site = offset.and_then(|offset| offset.checked_sub(FIRST_BACK));
        let site = site.ok_or_else(|| format!("another offset at {at:#x}"))?;
        load.fill(NOP);
        load[..3].copy_from_slice(&[prefix & 0x4c, 0x8d, registers & 0x38 | 5]);
        self.backs.push((site.cast_unsigned(), at + 3));
        Ok(())
    }

    /// Makes the calls jumps, each to the piece of its stub. Gives the offsets of their displacements,
    /// with the stubs.
    pub(crate) fn finish(mut self, code: &mut Vec<u8>) -> Result<Vec<(u32, u32)>, String> {
        if self.backs.len() != self.transfers.len() {
            return Err("a transfer without one address to go on at".into());
        }
        self.backs.sort_unstable();
        self.transfers.sort_unstable();
        let mut piece = (0, 0);
        for &(stub, site, offset) in &self.transfers {
            let at = offset as usize;
            make_jump(code, at)?;
            if piece.0 != stub {
                piece = (stub, begin(code));
                code.extend_from_slice(&[0xff, 0xa7]);
                code.extend_from_slice(&stub.to_le_bytes());
            }
            set_displacement(code, at, at + 4, piece.1);
            let found = self.backs.binary_search_by_key(&site, |(site, _)| *site);
            let found = found.map_err(|_| format!("no address for the transfer at {at:#x}"))?;
            let taken = self.backs[found].1 as usize;
            set_displacement(code, taken, taken + 4, at + 4);
        }
        Ok(self
            .transfers
            .iter()
            .map(|&(stub, _, offset)| (offset, stub))
            .collect())
    }
}

/// Makes the call whose displacement lies at `site` a jump.
fn make_jump(code: &mut [u8], site: usize) -> Result<(), String> {
    let opcode = site.checked_sub(1).and_then(|at| code.get_mut(at));
    match opcode {
        Some(opcode) if *opcode == CALL => {
            *opcode = JMP;
            Ok(())
        }
        _ => Err(format!("no call at {site:#x}")),
    }
}

/// Makes the site whose displacement lies at `offset` a jump to a piece that goes to a function. Gives
/// the offset of the displacement that leads there.
pub(crate) fn neutral_call(code: &mut Vec<u8>, offset: u32) -> Result<u32, String> {
    let (site, back) = (offset as usize, offset as usize + 4);
    make_jump(code, site)?;
    let piece = begin(code);
    set_displacement(code, site, back, piece);
    code.extend_from_slice(&[0x4c, 0x8d, 0x1d, 0, 0, 0, 0]);
    let end = code.len();
    set_displacement(code, end - 4, end, back);
    code.extend_from_slice(&[0x41, 0x53, JMP]);
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

/// Writes the distance from the end of an instruction to a target.
fn set_displacement(code: &mut [u8], at: usize, end: usize, target: usize) {
    let distance = (target as i32).wrapping_sub(end as i32);
    code[at..][..4].copy_from_slice(&distance.to_le_bytes());
}
