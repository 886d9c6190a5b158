//! Code that a test writes as data: a list of steps, each a transfer or another thing that code on a
//! stacklet does. A step keeps what came of it, and when.
//!
//! As compiled code must, a step trusts no register when a stub comes back, except rbp: all else is on
//! its frame.
//!
//! ```text
//!  Step  code | operands, 3 words | results, 3 words | when        frame of a step  [rbp]      rbp of `run`
//!                                                                                   [rbp - 8]  step
//!                                                                                   [rbp - 16] world
//! ```

use bident_stack::{Transfers, leave_host};
use std::arch::naked_asm;
use std::cell::Cell;
use std::mem::offset_of;

/// Where a step keeps or finds the word of a reference.
pub type Slot = Cell<u64>;

/// One thing to do.
#[repr(C)]
pub struct Step {
    code: usize,
    operands: [u64; 3],
    results: [Cell<u64>; 3],
    when: Cell<u64>,
}

/// Steps to do, one after the other; the last says what to return.
pub struct Script(Box<[Step]>);

impl Script {
    /// A script, which must end with [`finish`].
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        let steps: Box<[Step]> = steps.into_iter().collect();
        assert_eq!(steps.last().map(|step| step.code), Some(0));
        Self(steps)
    }

    /// What to call [`run`] with.
    pub fn address(&self) -> u64 {
        self.0.as_ptr().expose_provenance() as u64
    }

    /// What came of a step: after `resume`, status, value and reference; otherwise a value.
    pub fn results(&self, step: usize) -> [u64; 3] {
        self.0[step].results.each_ref().map(Cell::get)
    }

    /// The first result of a step.
    pub fn value(&self, step: usize) -> u64 {
        self.results(step)[0]
    }

    /// Status and value that a `resume` came back with.
    pub fn outcome(&self, step: usize) -> (u64, u64) {
        let [status, value, _] = self.results(step);
        (status, value)
    }

    /// When a step was done last, counted in steps of the rig; 0: never.
    pub fn when(&self, step: usize) -> u64 {
        self.0[step].when.get()
    }
}

fn step(code: unsafe extern "sysv64" fn(), operands: [u64; 3]) -> Step {
    Step {
        code: code as *const () as usize,
        operands,
        results: Default::default(),
        when: Cell::new(0),
    }
}

fn word(slot: &Slot) -> u64 {
    slot.as_ptr().expose_provenance() as u64
}

/// Returns a value.
pub fn finish(value: u64) -> Step {
    Step {
        code: 0,
        operands: [value, 0, 0],
        results: Default::default(),
        when: Cell::new(0),
    }
}

/// Makes a stacklet for another script.
pub fn create(slot: &Slot, script: &Script) -> Step {
    step(do_create, [word(slot), script.address(), 0])
}

/// Resumes what the slot names; the slot then has the reference that came back.
pub fn resume(slot: &Slot, handlers: &'static [u64], value: u64) -> Step {
    assert_eq!(handlers.last(), Some(&0));
    let list = handlers.as_ptr().expose_provenance() as u64;
    step(do_resume, [word(slot), list, value])
}

/// As [`resume`], with an exception.
pub fn resume_throw(slot: &Slot, handlers: &'static [u64], exception: u64) -> Step {
    let Step { operands, .. } = resume(slot, handlers, exception);
    step(do_resume_throw, operands)
}

/// Suspends with a value; the result is what the next resume brings.
pub fn suspend(tag: u64, value: u64) -> Step {
    step(do_suspend, [tag, value, 0])
}

/// Switches to what the slot names; the result, also put into the second slot, is what arrives then.
pub fn switch(tag: u64, to: &Slot, from: &Slot) -> Step {
    step(
        do_switch,
        [tag + bident_stack::SWITCH as u64, word(to), word(from)],
    )
}

/// The value that the script was started with, also put into the slot.
pub fn argument(slot: &Slot) -> Step {
    step(do_argument, [word(slot), 0, 0])
}

/// Calls the host function.
pub fn host(argument: u64) -> Step {
    step(do_host, [argument, 0, 0])
}

/// Calls the host function with the address of a slot.
pub fn host_at(slot: &Slot) -> Step {
    host(word(slot))
}

/// Puts a value into the transfer buffer.
pub fn store(position: u64, value: u64) -> Step {
    step(do_store, [position, value, 0])
}

/// Takes a value from the transfer buffer; the second result is its high half.
pub fn load(position: u64) -> Step {
    step(do_load, [position, 0, 0])
}

/// Copies one slot to another.
pub fn copy(from: &Slot, to: &Slot) -> Step {
    step(do_copy, [word(from), word(to), 0])
}

/// Does another script on top of as many frames of 80 bytes.
pub fn deep(frames: u64, script: &Script) -> Step {
    step(do_deep, [script.address(), frames, 0])
}

/// Offsets of the operands and the first result in a step.
const A: usize = offset_of!(Step, operands);
const B: usize = A + 8;
const C: usize = A + 16;
const RESULT: usize = offset_of!(Step, results);
const WHEN: usize = offset_of!(Step, when);
const STEP: usize = size_of::<Step>();
/// Offsets in the world.
const CLOCK: usize = 16;
const CREATE: usize = 24 + offset_of!(Transfers, create);
const RESUME: usize = 24 + offset_of!(Transfers, resume);
const RESUME_THROW: usize = 24 + offset_of!(Transfers, resume_throw);
const SUSPEND: usize = 24 + offset_of!(Transfers, suspend);
const SWITCH: usize = 24 + offset_of!(Transfers, switch);
const PAYLOAD: usize = bident_stack::Chains::PAYLOAD;

/// Does a script: (rdi -> world, rsi -> script, rdx: value that it is started with). Gives the operand
/// of `finish`.
#[unsafe(naked)]
pub unsafe extern "sysv64" fn run() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "mov r10, [rdi]",
        "lea r11, [rsp - 64]",
        "cmp r11, [r10]",
        "jb 4f",
        "sub rsp, 24",
        "mov [rbp - 8], rdi",
        "mov [rbp - 16], rsi",
        "mov [rbp - 24], rdx",
        "2:",
        "mov rdi, [rbp - 8]",
        "mov rsi, [rbp - 16]",
        "mov rdx, [rbp - 24]",
        "mov rax, [rsi]",
        "test rax, rax",
        "jz 3f",
        "call rax",
        "add qword ptr [rbp - 16], {STEP}",
        "jmp 2b",
        "3:",
        "mov rax, [rsi + {A}]",
        "mov rsp, rbp",
        "pop rbp",
        "ret",
        "4:",
        "lea rax, [rip + {run}]",
        "ud2",
        run = sym run,
        STEP = const STEP,
        A = const A,
    )
}

/// A step: (rdi -> world, rsi -> step, rdx: the script's argument), with its frame around the
/// instructions given; r8 -> step and rdi -> world after `$call`. A transfer must come back with the
/// address of the anchor, too: the difference to the right one is added to the first result.
macro_rules! step {
    ($($name:ident: [$($call:literal),*] [$($after:literal),*] $($operand:ident)*;)*) => {
        $(#[unsafe(naked)]
        unsafe extern "sysv64" fn $name() {
            naked_asm!(
                "push rbp",
                "mov rbp, rsp",
                "push rsi",
                "push rdi",
                "xor r10d, r10d",
                $($call,)*
                "mov r8, [rbp - 8]",
                "mov rdi, [rbp - 16]",
                $($after,)*
                "inc qword ptr [rdi + {CLOCK}]",
                "mov r11, [rdi + {CLOCK}]",
                "mov [r8 + {WHEN}], r11",
                "mov rsp, rbp",
                "pop rbp",
                "ret",
                CLOCK = const CLOCK,
                WHEN = const WHEN,
                $($operand = const $operand,)*
            )
        })*
    };
}

step! {
    do_resume: [
        "mov rdx, [rsi + {B}]",
        "mov rcx, [rsi + {C}]",
        "mov rsi, [rsi + {A}]",
        "mov rsi, [rsi]",
        "mov rax, rdi",
        "mov rdi, [rdi]",
        "lea r9, [rip + 77f]",
        "jmp [rax + {RESUME}]",
        "77:"
    ] [
        "sub rsi, [rdi]",
        "add rax, rsi",
        "mov [r8 + {RESULT}], rax",
        "mov [r8 + {RESULT} + 8], rdx",
        "mov [r8 + {RESULT} + 16], rcx",
        "mov rax, [r8 + {A}]",
        "mov [rax], rcx"
    ] A B C RESULT RESUME;

    do_resume_throw: [
        "mov rdx, [rsi + {B}]",
        "mov rcx, [rsi + {C}]",
        "mov rsi, [rsi + {A}]",
        "mov rsi, [rsi]",
        "mov rax, rdi",
        "mov rdi, [rdi]",
        "lea r9, [rip + 77f]",
        "jmp [rax + {RESUME_THROW}]",
        "77:"
    ] [
        "sub rsi, [rdi]",
        "add rax, rsi",
        "mov [r8 + {RESULT}], rax",
        "mov [r8 + {RESULT} + 8], rdx",
        "mov [r8 + {RESULT} + 16], rcx",
        "mov rax, [r8 + {A}]",
        "mov [rax], rcx"
    ] A B C RESULT RESUME_THROW;

    do_suspend: [
        "mov rdx, [rsi + {B}]",
        "mov rsi, [rsi + {A}]",
        "mov rax, rdi",
        "mov rdi, [rdi]",
        "lea rcx, [rip + 77f]",
        "jmp [rax + {SUSPEND}]",
        "77:"
    ] [
        "sub rcx, [rdi]",
        "add rax, rcx",
        "mov [r8 + {RESULT}], rax"
    ] A B RESULT SUSPEND;

    do_switch: [
        "mov rdx, [rsi + {B}]",
        "mov rdx, [rdx]",
        "mov rsi, [rsi + {A}]",
        "mov rax, rdi",
        "mov rdi, [rdi]",
        "lea rcx, [rip + 77f]",
        "jmp [rax + {SWITCH}]",
        "77:"
    ] [
        "sub rcx, [rdi]",
        "add rax, rcx",
        "mov [r8 + {RESULT}], rax",
        "mov rcx, [r8 + {C}]",
        "mov [rcx], rax"
    ] A B C RESULT SWITCH;

    do_argument: [] [
        "mov [r8 + {RESULT}], rdx",
        "mov rcx, [r8 + {A}]",
        "mov [rcx], rdx"
    ] A RESULT;

    do_store: [
        "mov rax, [rdi]",
        "mov rax, [rax + {PAYLOAD}]",
        "mov rcx, [rsi + {A}]",
        "shl rcx, 4",
        "mov rdx, [rsi + {B}]",
        "mov [rax + rcx], rdx"
    ] [] A B PAYLOAD;

    do_load: [
        "mov rax, [rdi]",
        "mov rax, [rax + {PAYLOAD}]",
        "mov rcx, [rsi + {A}]",
        "shl rcx, 4",
        "lea rax, [rax + rcx]"
    ] [
        "mov rcx, [rax]",
        "mov [r8 + {RESULT}], rcx",
        "mov rcx, [rax + 8]",
        "mov [r8 + {RESULT} + 8], rcx"
    ] A RESULT PAYLOAD;

    do_copy: [
        "mov rax, [rsi + {A}]",
        "mov rax, [rax]",
        "mov rcx, [rsi + {B}]",
        "mov [rcx], rax"
    ] [] A B;
}

/// Not by the macro: `run` is the trampoline, the world its context, the script code and origin.
#[unsafe(naked)]
unsafe extern "sysv64" fn do_create() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rsi",
        "push rdi",
        "mov rdx, [rsi + {B}]",
        "mov rsi, rdi",
        "lea rcx, [rip + {run}]",
        "mov r8, rdx",
        "mov rdi, [rdi]",
        "call [rsi + {CREATE}]",
        "mov rsi, [rbp - 8]",
        "mov [rsi + {RESULT}], rax",
        "mov rcx, [rsi + {A}]",
        "mov [rcx], rax",
        "mov rsp, rbp",
        "pop rbp",
        "ret",
        run = sym run,
        A = const A,
        B = const B,
        RESULT = const RESULT,
        CREATE = const CREATE,
    )
}

#[unsafe(naked)]
unsafe extern "sysv64" fn do_host() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rsi",
        "push rdi",
        "mov rsi, [rsi + {A}]",
        "call {leave}",
        "mov rsi, [rbp - 8]",
        "mov [rsi + {RESULT}], rax",
        "mov rsp, rbp",
        "pop rbp",
        "ret",
        leave = sym leave_host,
        A = const A,
        RESULT = const RESULT,
    )
}

/// Landing pad of every step: its results are the two payloads. rsp: 16 below rbp.
#[unsafe(naked)]
pub unsafe extern "sysv64" fn pad() {
    naked_asm!(
        "mov rsi, [rbp - 8]",
        "mov [rsi + {RESULT}], rax",
        "mov [rsi + {RESULT} + 8], rdx",
        "mov rsp, rbp",
        "pop rbp",
        "ret",
        RESULT = const RESULT,
    )
}

/// Bytes from the frame pointer of a step down to the stack pointer that [`pad`] wants.
pub const PAD_FRAME: usize = 16;

#[unsafe(naked)]
unsafe extern "sysv64" fn do_deep() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rsi",
        "push rdi",
        "mov rdx, [rsi + {B}]",
        "mov rsi, [rsi + {A}]",
        "call {descend}",
        "mov rsi, [rbp - 8]",
        "mov [rsi + {RESULT}], rax",
        "mov rsp, rbp",
        "pop rbp",
        "ret",
        descend = sym descend,
        A = const A,
        B = const B,
        RESULT = const RESULT,
    )
}

/// descend(world, script, 0) = run(world, script); descend(world, script, n) = descend(world, script, n - 1).
#[unsafe(naked)]
unsafe extern "sysv64" fn descend() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "mov r10, [rdi]",
        "lea r11, [rsp - 64]",
        "cmp r11, [r10]",
        "jb 4f",
        "mov rsp, r11",
        "test rdx, rdx",
        "jz 2f",
        "dec rdx",
        "call {descend}",
        "jmp 3f",
        "2:",
        "call {run}",
        "3:",
        "mov rsp, rbp",
        "pop rbp",
        "ret",
        "4:",
        "lea rax, [rip + {descend}]",
        "ud2",
        descend = sym descend,
        run = sym run,
    )
}
