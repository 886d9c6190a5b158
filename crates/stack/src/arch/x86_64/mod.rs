//! Transfers on x86-64, System V and Cranelift's `Tail` convention (same argument registers, same
//! callee-saved registers: rbx, r12-r15, and rbp as frame pointer).
//!
//! ```text
//!  fresh stacklet               running, its code called a host function     host stack meanwhile
//!  top ┌────────────────┐       top ┌────────────────┐                       ┌──────────────────┐
//!   -8 │ link: address  │        -8 │ link: address  │ in `enter`            │ frame of enter   │
//!  -16 │ link: frame    │ ◄ rbp -16 │ link: frame    │ ──────────────────►   │ rbx, rbp         │
//!  -24 │ anchor         │           │ anchor         │                       │ address in enter │
//!  -32 │ trampoline     │           │ trampoline     │                       │ anchor           │ ◄ host_sp
//!  -40 │ code           │           │ frames         │                       ├──────────────────┤
//!  -48 │ context        │           │ return address │ of the leave stub     │ host function    │
//!  -56 │ ► root_start   │           │ rdi            │ of the call           └──────────────────┘
//!  -64 │ rbp (-16)      │ ◄ sp      │ rbx r12-r15    │
//!      │                │           │ ► leave_resume │
//!      └────────────────┘           │ rbp            │ ◄ sp
//!                                   └────────────────┘
//! ```
//!
//! Wherever a stacklet stops, its saved stack pointer leads to a frame as functions make them: saved
//! frame pointer, and above it the address to go on at. So moving begins with the first, and a
//! parent that waits can be walked from its record.
//!
//! The link makes a frame-pointer walk from the stacklet go on into the host frames that entered it,
//! where the host is compiled with frame pointers, or into those of the stacklet that resumed it. For
//! the latter it leads to the record's `parent`, and so is the same for the whole life of the stacklet:
//!
//! ```text
//!  root frame            record              record of the parent      stack of the parent
//!  link ──────────────►  parent ──────────►  sp ────────────────────►  rbp ──► frames
//!                        handlers            limit                     address after its `resume`
//! ```
//!
//! A walker takes the upper words for saved frame pointers and the lower ones for return addresses; two
//! of these are none. `enter` overwrites the link of the stacklet it begins with, and who takes
//! that as a continuation again restores it ([`crate::pool::Pool::unlink_host`]). The link is the only word
//! of a block that may point outside; moving leaves it as it is.
//!
//! Calls, returns and the return predictor. Compiled code *calls* `leave`, which pushes one prediction.
//! - The host function answers at once: `leave` goes back by `ret`, which uses it up.
//! - The activation parks: `leave` goes by `pop` + `jmp`. That leaves one prediction over, so that each
//!   frame between `enter` and the embedder's loop is predicted wrong once; around an inlined resume
//!   there is no such frame. A `ret` would use the prediction up, but be predicted wrong itself,
//!   always: 15.2 ns against 11.5 for a park and a resume.
//! - A parked stacklet goes on: by `pop` + `jmp`, since nothing was pushed for it.
//! - `enter` is inlined and left by jumps, so it pushes nothing.
//!
//! Entering is in `enter.rs`, transfers between stacklets in `transfer.rs` and `switch.rs`.
//!
//! Labels have names, each an operand that stands for a number: local labels can have no others, and a
//! stub or function that is compiled twice would have a name twice.
//!
//! A `.balign` behind the last instruction aligns the section of its stub, and so the stub's first
//! instruction: it begins a cache line, whatever the linker puts before it, and measurements do not
//! change with every build.

#[macro_use]
mod pieces;

mod create;
mod enter;
mod fault;
mod first_call;
mod preserve;
mod racing;
mod signal;
mod switch;
mod transfer;

pub use create::create;
pub(crate) use create::{BOUND_FRAME, bound_resume};
pub(crate) use enter::{enter, enter_landing, reenter};
pub use fault::Fault;
pub use first_call::first_call;
pub use preserve::leave_preserving;
pub(crate) use preserve::no_room;
pub use racing::{Atom, copy, fill};
pub(crate) use signal::{handle_at, restorer_address, stand_in, system_call};
pub use switch::switch;
pub use transfer::{resume, resume_throw, suspend, transfers};

use crate::stacklet::{Anchor, Entry, Hooks, LAND, Stacklet, State, exit};
use std::arch::{asm, naked_asm};
use std::mem::offset_of;

/// Bytes below the limit of a stacklet that belong to the block: what the stubs push without a check of
/// their own, and a guard that debug builds verify.
pub(crate) const RED_ZONE: usize = 80 + GUARD;

/// Bytes at the very bottom of a block that nothing may write.
pub(crate) const GUARD: usize = 32;

/// Bytes at the top of a block for the link and what the first start needs.
pub(crate) const ROOT_FRAME: usize = 64;

/// Bytes from the saved stack pointer of a stacklet that left to the return address into the code
/// that called the stub.
pub(crate) const LEAVE_FRAME: usize = 64;

/// Offsets that many stubs use.
const SP: usize = offset_of!(Stacklet, sp);
// A walk of frame pointers takes a record for a frame.
const _: () = assert!(SP == 0);
const REFERENCE: usize = offset_of!(Stacklet, position);
const _: () = assert!(offset_of!(Stacklet, revision) == REFERENCE + 4);

/// What advances the revision of the word at `REFERENCE`; wrapping to 0, it sets the carry flag.
const REVISION: u64 = 1 << 32;

/// Blocks of this class stay with their record when a stacklet finishes. In debug builds none: each
/// goes back, to be checked and poisoned.
const KEPT_CLASS: u8 = if cfg!(debug_assertions) { u8::MAX } else { 0 };

/// The stack pointer, about.
#[inline(always)]
pub fn stack_pointer() -> usize {
    let sp: usize;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, rsp", out(reg) sp, options(nomem, nostack, preserves_flags)) };
    sp
}

/// Uses up the prediction that a park leaves over (see the top of this file), by one return that is
/// predicted wrong. Worth it where more than one frame lies between a resume and the loop around it.
#[inline(always)]
#[expect(named_asm_labels, reason = "the names stand for numbers")]
pub fn balance_returns() {
    // SAFETY: pushes an address and returns to it.
    unsafe {
        asm!(
            "lea {to}, [rip + {behind}f]",
            "push {to}",
            "ret",
            "{behind}:",
            behind = const 2,
            to = out(reg) _,
        );
    }
}

/// Asks the processor to have what lies at an address near. It may be any address.
#[inline(always)]
pub fn prefetch(address: usize) {
    // SAFETY: it reads nothing that the program could see, and never faults.
    unsafe {
        asm!(
            "prefetcht0 [{address}]",
            address = in(reg) address,
            options(nostack, preserves_flags, readonly),
        );
    }
}

/// Lays out the root frame of a fresh stacklet whose block ends at `top` and whose record keeps its
/// parent at `link`. Gives the stack pointer.
///
/// # Safety
/// The [`ROOT_FRAME`] bytes below `top` are writable and `top` is a multiple of 16.
pub(crate) unsafe fn write_root(top: usize, link: usize, anchor: usize, entry: Entry) -> usize {
    let sp = top - ROOT_FRAME;
    let start = root_start as *const () as usize;
    let words = [
        root_frame_pointer(top),
        start,
        entry.context,
        entry.code,
        entry.trampoline,
        anchor,
        link,
        start,
    ];
    // SAFETY: the caller provides ROOT_FRAME writable bytes below `top`.
    unsafe { (sp as *mut [usize; 8]).write(words) };
    sp
}

/// Makes a walk along frame pointers go on at `link` from a block that ends at `top`.
///
/// # Safety
/// The root frame is there, and no thread walks it.
pub(crate) unsafe fn set_link(top: usize, link: usize) {
    let words = [link, root_start as *const () as usize];
    // SAFETY: the link takes the last two words of the root frame.
    unsafe { (root_frame_pointer(top) as *mut [usize; 2]).write(words) };
}

/// Where a stacklet that does not run goes on in compiled code, and with which frame pointer; `None`
/// if it never ran.
///
/// # Safety
/// `sp` is that of a live stacklet that waits, is parked or is suspended.
pub(crate) unsafe fn saved_point(sp: usize) -> Option<(usize, usize)> {
    let mut sp = sp;
    // SAFETY: at `sp` lie frame pointer and resume address, and above them what that address expects,
    // see the drawings.
    unsafe {
        loop {
            let [fp, resume] = (sp as *const [usize; 2]).read();
            if resume == leave_resume as *const () as usize {
                let pc = ((sp + LEAVE_FRAME) as *const usize).read();
                return Some((pc, fp));
            }
            if resume == root_start as *const () as usize {
                return None;
            }
            if resume != bound_resume as *const () as usize {
                return Some((resume, fp));
            }
            sp = fp;
        }
    }
}

/// The frame pointer at which a walk of the frames in a block that ends at `top` stops.
pub(crate) fn root_frame_pointer(top: usize) -> usize {
    top - 16
}

/// The context record that a stacklet which left through a stub called with.
///
/// # Safety
/// `sp` was saved by a `leave` stub and its stacklet has not run since.
pub(crate) unsafe fn saved_context(sp: usize) -> usize {
    // SAFETY: the stub pushed its first argument right below the return address.
    unsafe { ((sp + LEAVE_FRAME - 8) as *const usize).read() }
}

/// Replaces it. The stub does not read it again.
///
/// # Safety
/// As for [`saved_context`].
pub(crate) unsafe fn set_saved_context(sp: usize, context: usize) {
    // SAFETY: as above.
    unsafe { ((sp + LEAVE_FRAME - 8) as *mut usize).write(context) }
}

/// First instructions of a fresh stacklet, and its end. rsp -> context, code, trampoline, anchor (see
/// the drawing at the top); rbp -> link; rax: the value at position 0, which the trampoline gets as
/// third argument.
///
/// When the trampoline has returned, what it gave is in the transfer buffer, and in rax the value at
/// position 0. Control goes to the parent, with status 0 and that value in rdx, or, where there is
/// none, to the host, with the value in the buffer.
#[unsafe(naked)]
unsafe extern "sysv64" fn root_start() {
    naked_asm!(
        "mov rdx, rax",
        "pop rdi",
        "pop rsi",
        "call [rsp]",
        "mov rdx, rax",
        "mov r10, [rsp + 8]",
        "mov rcx, [r10 + {CURRENT}]",
        "mov r11, [rcx + {PARENT}]",
        "test r11, r11",
        "jz {return_to_host}",
        // rcx -> finished, r11 -> parent. Small ones stay idle, with revision advanced.
        "cmp byte ptr [rcx + {CLASS}], {KEPT_CLASS}",
        "jne {retire}f",
        "mov r8d, [r10 + {ROOM}]",
        "sub r8d, 1",
        "jc {retire}f",
        "mov rax, {REVISION}",
        "add [rcx + {REFERENCE}], rax",
        "jc {retire}f",
        "mov [r10 + {ROOM}], r8d",
        "mov byte ptr [rcx + {STATE}], {IDLE_STATE}",
        "mov rax, [r10 + {IDLE}]",
        "mov [rcx + {PARENT}], rax",
        "mov [r10 + {IDLE}], rcx",
        // r10 -> anchor, r11 -> parent
        "{to_parent}:",
        "mov [r10 + {CURRENT}], r11",
        "mov rax, [r11 + {LIMIT}]",
        "mov [r10 + {ANCHOR_LIMIT}], rax",
        "mov rsp, [r11 + {SP}]",
        "pop rbp",
        "xor eax, eax",
        "mov rsi, r10",
        "pop r11",
        "jmp r11",
        // The embedder frees it.
        "{retire}:",
        "mov [r10 + {CURRENT}], r11",
        "mov rsp, [r10 + {HOST_SP}]",
        "push rdx",
        "push rdx",
        "mov rdi, r10",
        "mov rsi, rcx",
        "mov rax, [r10 + {HOOKS}]",
        "call [rax + {RETIRE}]",
        "pop rdx",
        "pop rdx",
        "mov r10, [rsp]",
        "mov r11, [r10 + {CURRENT}]",
        "jmp {to_parent}b",
        ".balign 64",
        to_parent = const 2,
        retire = const 3,
        return_to_host = sym return_to_host,
        CURRENT = const offset_of!(Anchor, current),
        HOST_SP = const offset_of!(Anchor, host_sp),
        ROOM = const offset_of!(Anchor, room),
        IDLE = const offset_of!(Anchor, idle),
        HOOKS = const offset_of!(Anchor, hooks),
        ANCHOR_LIMIT = const offset_of!(Anchor, limit),
        RETIRE = const offset_of!(Hooks, retire),
        PARENT = const offset_of!(Stacklet, parent),
        CLASS = const offset_of!(Stacklet, class),
        STATE = const offset_of!(Stacklet, state),
        LIMIT = const offset_of!(Stacklet, limit),
        REFERENCE = const REFERENCE,
        REVISION = const REVISION,
        SP = const SP,
        KEPT_CLASS = const KEPT_CLASS,
        IDLE_STATE = const State::Idle as u8,
    )
}

/// The end of the last of a chain: `enter` returns. r10 -> anchor, rdx: the value at position 0.
#[unsafe(naked)]
unsafe extern "sysv64" fn return_to_host() {
    naked_asm!(
        "mov r11, [r10 + {PAYLOAD}]",
        "mov [r11], rdx",
        "mov rsp, [r10 + {HOST_SP}]",
        "mov eax, {RETURNED}",
        to_host!(),
        ".balign 64",
        PAYLOAD = const offset_of!(Anchor, payload),
        HOST_SP = const offset_of!(Anchor, host_sp),
        RETURNED = const exit::RETURNED,
    )
}

/// Stacklet -> host, for good: `enter` returns `exit`. Whatever is on the stacklet stays as it is.
///
/// Expects r10 -> anchor, rax: exit.
///
/// # Safety
/// Not called but jumped to, by the signal handler, which sets the registers, while the stacklet that
/// the anchor names runs.
#[unsafe(naked)]
pub(crate) unsafe extern "sysv64" fn exit_to_host() {
    naked_asm!(
        "mov rsp, [r10 + {HOST_SP}]",
        "add rsp, 8",
        "ret",
        ".balign 64",
        HOST_SP = const offset_of!(Anchor, host_sp),
    )
}

/// Stacklet -> host -> the function that could not start there for want of stack, which starts over
/// once [`Hooks::grow`] has found room. That gets the registers too, for they may hold references.
///
/// Expects r10 -> anchor, r11: address of the function; rsp -> saved frame pointer, return address; all
/// other registers as the function's caller left them.
///
/// # Safety
/// Not called but jumped to, by the signal handler, where a prologue's check of the limit has trapped.
#[unsafe(naked)]
pub(crate) unsafe extern "sysv64" fn grow_on_host() {
    naked_asm!(
        "mov rax, [r10 + {CURRENT}]",
        "mov [rax + {SP}], rsp",
        "mov rsp, [r10 + {HOST_SP}]",
        keep_registers!(),
        "lea rsi, [rsp + 128]",
        "mov rdi, r10",
        "mov rax, [r10 + {HOOKS}]",
        "call [rax + {GROW}]",
        into_function!(),
        ".balign 64",
        exit_to_host = sym exit_to_host,
        CURRENT = const offset_of!(Anchor, current),
        HOST_SP = const offset_of!(Anchor, host_sp),
        HOOKS = const offset_of!(Anchor, hooks),
        GROW = const offset_of!(Hooks, grow),
        SP = const SP,
    )
}

/// Words that `keep_registers` keeps of the registers that are no floats.
pub(crate) const REGISTERS: usize = 12;

/// Stacklet -> host function and back; `$first` puts the function into r11.
/// rdi -> context record whose first word points to the anchor; rsp -> return address.
macro_rules! leave_with {
    ($first:literal) => {
        naked_asm!(
            $first,
            // Callee-saved registers go to the stacklet, so that it is complete by itself: it may be
            // parked, moved or scanned from here on.
            "push rdi",
            "push rbx", "push r12", "push r13", "push r14", "push r15",
            "lea rax, [rip + {resume}]",
            "push rax",
            "push rbp",
            "mov r10, [rdi]",
            "mov rax, [r10 + {CURRENT}]",
            "mov [rax + {SP}], rsp",
            "mov rsp, [r10 + {HOST_SP}]",
            "call r11",
            // rax: status, rdx: value, rsp -> anchor. The function has preserved rbx and r12-r15.
            "test rax, rax",
            "jnz {ends}f",
            "mov r10, [rsp]",
            "mov rcx, [r10 + {CURRENT}]",
            "mov rsp, [rcx + {SP}]",
            "mov rbp, [rsp]",
            "mov rax, rdx",
            "movq xmm0, rdx",
            "add rsp, {LEAVE_FRAME}",
            "ret",
            // As `exit_to_host`, by a jump. The stack pointer is there already; to load it again would
            // only make the target known later.
            "{ends}:",
            land_or_to_host!(),
            ".balign 64",
            ends = const 2,
            lands = const 3,
            resume = sym leave_resume,
            LAND = const LAND,
            LANDING = const offset_of!(Anchor, landing),
            CURRENT = const offset_of!(Anchor, current),
            HOST_SP = const offset_of!(Anchor, host_sp),
            SP = const SP,
            LEAVE_FRAME = const LEAVE_FRAME,
        )
    };
}

/// Stacklet -> host function and back. Called by compiled code with a context record as first
/// argument: word 0 points to the anchor, word 1 is the function. All argument registers reach the
/// function as they are; it returns a [`crate::Reaction`], whose value comes back in rax and
/// xmm0.
///
/// # Safety
/// Only compiled code that runs on a stacklet calls it.
#[unsafe(naked)]
pub unsafe extern "sysv64" fn leave_host() {
    leave_with!("mov r11, [rdi + 8]")
}

/// The same, with the function in r9, the last integer argument.
///
/// # Safety
/// Only compiled code that runs on a stacklet calls it.
#[unsafe(naked)]
pub unsafe extern "sysv64" fn leave_builtin() {
    leave_with!("mov r11, r9")
}

/// Calls the hook r11, and does what its reaction says: land, or go to the host. rdi, rsi: arguments of
/// the hook; rsp -> anchor, on the host stack.
#[unsafe(naked)]
unsafe extern "sysv64" fn react_or_land() {
    naked_asm!(
        "call r11",
        land_or_to_host!(),
        ".balign 64",
        lands = const 2,
        LAND = const LAND,
        LANDING = const offset_of!(Anchor, landing),
        CURRENT = const offset_of!(Anchor, current),
        SP = const SP,
    )
}

/// Where a parked stacklet goes on. rax and xmm0: the value; rsp -> saved registers, return address.
#[unsafe(naked)]
unsafe extern "sysv64" fn leave_resume() {
    naked_asm!(
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "add rsp, 8",
        "pop rcx",
        "jmp rcx",
    )
}
