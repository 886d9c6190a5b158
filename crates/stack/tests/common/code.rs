//! The code that runs on stacklets. Every function keeps the rules of the crate: its frame is found
//! through rbp alone, and it traps before it writes below the limit.
//!
//! All are called as `(rdi -> world, rsi: argument)`. World: word 0 -> anchor (whose word 0 is the
//! limit), word 1: the host function, word 2: where results go.

use bident_stack::{SWITCH, create, leave_builtin, leave_host, resume, suspend, switch};
use std::arch::naked_asm;

/// Returns at once.
#[unsafe(naked)]
pub unsafe extern "sysv64" fn nothing() {
    naked_asm!("ret")
}

/// Calls the host `argument` times, first with 0, then with what the host answered last. The last
/// answer is the result.
#[unsafe(naked)]
pub unsafe extern "sysv64" fn echo() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rbx",
        "push r12",
        "mov rbx, rdi",
        "mov r12, rsi",
        "xor esi, esi",
        "2:",
        "mov rdi, rbx",
        "call {leave}",
        "mov rsi, rax",
        "dec r12",
        "jnz 2b",
        "mov [rbx + 16], rsi",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
        leave = sym leave_host,
    )
}

/// Calls the host once; the result is what arrives in xmm0.
#[unsafe(naked)]
pub unsafe extern "sysv64" fn echo_float() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rbx",
        "mov rbx, rdi",
        "call {leave}",
        "movq [rbx + 16], xmm0",
        "pop rbx",
        "pop rbp",
        "ret",
        leave = sym leave_host,
    )
}

/// Calls the host with every argument register of the convention filled: integers 1 to 5 beside the
/// context, floats 1.0 to 8.0.
#[unsafe(naked)]
pub unsafe extern "sysv64" fn fill_registers() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "mov eax, 1", "cvtsi2sd xmm0, eax",
        "mov eax, 2", "cvtsi2sd xmm1, eax",
        "mov eax, 3", "cvtsi2sd xmm2, eax",
        "mov eax, 4", "cvtsi2sd xmm3, eax",
        "mov eax, 5", "cvtsi2sd xmm4, eax",
        "mov eax, 6", "cvtsi2sd xmm5, eax",
        "mov eax, 7", "cvtsi2sd xmm6, eax",
        "mov eax, 8", "cvtsi2sd xmm7, eax",
        "mov esi, 1", "mov edx, 2", "mov ecx, 3", "mov r8d, 4", "mov r9d, 5",
        "call {leave}",
        "pop rbp",
        "ret",
        leave = sym leave_host,
    )
}

/// Calls the function `argument` through the stub for builtins, with 7 and 8.
#[unsafe(naked)]
pub unsafe extern "sysv64" fn call_builtin() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rbx",
        "mov rbx, rdi",
        "mov r9, rsi",
        "mov esi, 7",
        "mov edx, 8",
        "call {leave}",
        "mov [rbx + 16], rax",
        "pop rbx",
        "pop rbp",
        "ret",
        leave = sym leave_builtin,
    )
}

/// Fills the callee-saved registers with `argument` + 1 to 4, calls the host, and stores how much
/// they have changed: 0 if they are preserved.
#[unsafe(naked)]
pub unsafe extern "sysv64" fn hold_registers() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rbx", "push r12", "push r13", "push r14", "push r15",
        "push rsi",
        "mov rbx, rdi",
        "lea r12, [rsi + 1]", "lea r13, [rsi + 2]", "lea r14, [rsi + 3]", "lea r15, [rsi + 4]",
        "call {leave}",
        "mov rsi, [rbp - 48]",
        "sub r12, rsi", "sub r13, rsi", "sub r14, rsi", "sub r15, rsi",
        "xor r12, 1", "xor r13, 2", "xor r14, 3", "xor r15, 4",
        "or r12, r13", "or r12, r14", "or r12, r15",
        "mov [rbx + 16], r12",
        "pop rsi",
        "pop r15", "pop r14", "pop r13", "pop r12", "pop rbx",
        "pop rbp",
        "ret",
        leave = sym leave_host,
    )
}

/// Stores `sum(argument)`: see there.
#[unsafe(naked)]
pub unsafe extern "sysv64" fn descend() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rdi",
        "call {sum}",
        "mov rdi, [rbp - 8]",
        "mov [rdi + 16], rax",
        "add rsp, 8",
        "pop rbp",
        "ret",
        sum = sym sum,
    )
}

/// sum(world, 0) = what the host answers to 0; sum(world, n) = n + sum(world, n - 1).
/// 64 bytes of stack for each level, with return address and saved frame pointer.
#[unsafe(naked)]
unsafe extern "sysv64" fn sum() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "mov r10, [rdi]",
        "lea r11, [rsp - 48]",
        "cmp r11, [r10]",
        "jb 4f",
        "mov rsp, r11",
        "mov [rbp - 8], rsi",
        "mov [rbp - 16], rdi",
        "test rsi, rsi",
        "jz 2f",
        "dec rsi",
        "call {sum}",
        "add rax, [rbp - 8]",
        "jmp 3f",
        "2:",
        "call {leave}",
        "3:",
        "mov rsp, rbp",
        "pop rbp",
        "ret",
        "4:",
        "lea rax, [rip + {sum}]",
        "ud2",
        sum = sym sum,
        leave = sym leave_host,
    )
}

/// sum, but the host is called at every level, on the way down and on the way up:
/// climb(world, n) = host(n) + climb(world, n - 1) + host(n).
#[unsafe(naked)]
unsafe extern "sysv64" fn climb() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "mov r10, [rdi]",
        "lea r11, [rsp - 32]",
        "cmp r11, [r10]",
        "jb 4f",
        "mov rsp, r11",
        "mov [rbp - 8], rsi",
        "mov [rbp - 16], rdi",
        "call {leave}",
        "mov [rbp - 24], rax",
        "mov rsi, [rbp - 8]",
        "mov rdi, [rbp - 16]",
        "dec rsi",
        "js 2f",
        "call {climb}",
        "add [rbp - 24], rax",
        "2:",
        "mov rsi, [rbp - 8]",
        "mov rdi, [rbp - 16]",
        "call {leave}",
        "add rax, [rbp - 24]",
        "mov rsp, rbp",
        "pop rbp",
        "ret",
        "4:",
        "lea rax, [rip + {climb}]",
        "ud2",
        climb = sym climb,
        leave = sym leave_host,
    )
}

/// Stores `climb(argument)`.
#[unsafe(naked)]
pub unsafe extern "sysv64" fn ascend() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rdi",
        "call {climb}",
        "mov rdi, [rbp - 8]",
        "mov [rdi + 16], rax",
        "add rsp, 8",
        "pop rbp",
        "ret",
        climb = sym climb,
    )
}

/// Runs until the word that `argument` points to reaches 1,000.
#[unsafe(naked)]
pub unsafe extern "sysv64" fn wait() {
    naked_asm!("2:", "pause", "cmp qword ptr [rsi], 1000", "jb 2b", "ret")
}

/// Tag of the loops below, which pass the anchor on from transfer to transfer as compiled code does.
pub const TAG: usize = 0x1000;
/// List of a handler for it.
static ON_TAG: [usize; 2] = [TAG, 0];
/// List of a `switch` handler for it.
static ON_SWITCH: [usize; 2] = [TAG + SWITCH, 0];

/// Suspends for ever.
#[unsafe(naked)]
unsafe extern "sysv64" fn generate() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "mov rcx, [rdi]",
        "2:",
        "mov rdi, rcx",
        "mov esi, {TAG}",
        "lea rcx, [rip + 71f]",
        "jmp {suspend}",
        "71:",
        "jmp 2b",
        TAG = const TAG,
        suspend = sym suspend,
    )
}

/// Makes a stacklet that suspends for ever, and resumes it `argument` times.
#[unsafe(naked)]
pub unsafe extern "sysv64" fn consume() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rdi",
        "push rsi",
        "mov rsi, rdi",
        "mov rdi, [rdi]",
        "xor edx, edx",
        "lea rcx, [rip + {generate}]",
        "call {create}",
        "mov rcx, rax",
        "mov rsi, [rbp - 8]",
        "mov rsi, [rsi]",
        "2:",
        "mov rdi, rsi",
        "mov rsi, rcx",
        "lea rdx, [rip + {ON}]",
        "lea r9, [rip + 72f]",
        "jmp {resume}",
        "72:",
        "dec qword ptr [rbp - 16]",
        "jnz 2b",
        "mov rsp, rbp",
        "pop rbp",
        "ret",
        generate = sym generate,
        ON = sym ON_TAG,
        create = sym create,
        resume = sym resume,
    )
}

/// Switches for ever to whoever has switched here.
#[unsafe(naked)]
unsafe extern "sysv64" fn switch_back() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "mov rcx, [rdi]",
        "mov rax, rdx",
        "2:",
        "mov rdi, rcx",
        "mov esi, {TAG}",
        "mov rdx, rax",
        "lea rcx, [rip + 73f]",
        "jmp {switch}",
        "73:",
        "jmp 2b",
        TAG = const TAG + SWITCH,
        switch = sym switch,
    )
}

/// Makes a stacklet that switches back, and switches to it `argument` times.
#[unsafe(naked)]
unsafe extern "sysv64" fn switch_to() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rdi",
        "push rsi",
        "mov rsi, rdi",
        "mov rdi, [rdi]",
        "xor edx, edx",
        "lea rcx, [rip + {switch_back}]",
        "call {create}",
        "mov rcx, [rbp - 8]",
        "mov rcx, [rcx]",
        "2:",
        "mov rdi, rcx",
        "mov esi, {TAG}",
        "mov rdx, rax",
        "lea rcx, [rip + 74f]",
        "jmp {switch}",
        "74:",
        "dec qword ptr [rbp - 16]",
        "jnz 2b",
        "mov rsp, rbp",
        "pop rbp",
        "ret",
        switch_back = sym switch_back,
        create = sym create,
        TAG = const TAG + SWITCH,
        switch = sym switch,
    )
}

/// Runs two stacklets that switch to each other, `argument` times there and back.
#[unsafe(naked)]
pub unsafe extern "sysv64" fn schedule() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rdi",
        "mov rdx, rsi",
        "mov rsi, rdi",
        "mov rdi, [rdi]",
        "lea rcx, [rip + {switch_to}]",
        "call {create}",
        "mov rdi, [rbp - 8]",
        "mov rdi, [rdi]",
        "mov rsi, rax",
        "lea rdx, [rip + {ON}]",
        "lea r9, [rip + 75f]",
        "jmp {resume}",
        "75:",
        "mov rsp, rbp",
        "pop rbp",
        "ret",
        switch_to = sym switch_to,
        ON = sym ON_SWITCH,
        create = sym create,
        resume = sym resume,
    )
}

/// Makes and runs `argument` stacklets that return at once, one after the other.
#[unsafe(naked)]
pub unsafe extern "sysv64" fn make_and_run() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rdi",
        "push rsi",
        "mov r10, [rdi]",
        "push r10",
        "2:",
        "mov rdi, [rbp - 24]",
        "mov rsi, [rbp - 8]",
        "xor edx, edx",
        "lea rcx, [rip + {nothing}]",
        "call {create}",
        "mov rdi, [rbp - 24]",
        "mov rsi, rax",
        "lea rdx, [rip + {ON}]",
        "lea r9, [rip + 76f]",
        "jmp {resume}",
        "76:",
        "dec qword ptr [rbp - 16]",
        "jnz 2b",
        "mov rsp, rbp",
        "pop rbp",
        "ret",
        nothing = sym nothing,
        ON = sym ON_TAG,
        create = sym create,
        resume = sym resume,
    )
}
