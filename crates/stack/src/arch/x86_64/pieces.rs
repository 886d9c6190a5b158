//! Pieces that several stubs have in common. Each says which registers it expects; its operands and
//! labels are the stub's.

/// Leaves for the embedder's hook of this name, with the owner as first argument. r10 -> anchor; the
/// hook's other arguments are in place.
macro_rules! ask {
    ($hook:literal) => {
        concat!(
            "lea rdi, [r10 + {THIS}]\n",
            "mov r9, [r10 + {HOOKS}]\n",
            "mov r9, [r9 + {",
            $hook,
            "}]\n",
            "jmp {leave_builtin}",
        )
    };
}

/// Keeps r11 and all registers that a function may get, and that it has to preserve, on the host stack, where a
/// multiple of 16 is left: rsp -> floats, then the words of [`super::REGISTERS`].
macro_rules! keep_registers {
    () => {
        concat!(
            "push r11\n",
            "push rdi\npush rsi\npush rdx\npush rcx\npush r8\npush r9\n",
            "push rbx\npush r12\npush r13\npush r14\npush r15\n",
            "sub rsp, 128\n",
            "movups [rsp], xmm0\n",
            "movups [rsp + 16], xmm1\n",
            "movups [rsp + 32], xmm2\n",
            "movups [rsp + 48], xmm3\n",
            "movups [rsp + 64], xmm4\n",
            "movups [rsp + 80], xmm5\n",
            "movups [rsp + 96], xmm6\n",
            "movups [rsp + 112], xmm7",
        )
    };
}

/// Reverse of `keep_registers`.
macro_rules! registers_back {
    () => {
        concat!(
            "movups xmm0, [rsp]\n",
            "movups xmm1, [rsp + 16]\n",
            "movups xmm2, [rsp + 32]\n",
            "movups xmm3, [rsp + 48]\n",
            "movups xmm4, [rsp + 64]\n",
            "movups xmm5, [rsp + 80]\n",
            "movups xmm6, [rsp + 96]\n",
            "movups xmm7, [rsp + 112]\n",
            "add rsp, 128\n",
            "pop r15\npop r14\npop r13\npop r12\npop rbx\n",
            "pop r9\npop r8\npop rcx\npop rdx\npop rsi\npop rdi\n",
            "pop r11",
        )
    };
}

/// After a hook that was called with registers kept: goes on in the function that r11 was kept for, with all of them, on the
/// stacklet that is current now; or leaves to whoever entered, where the hook's answer, rax, is not 0. The word behind
/// the registers -> anchor.
macro_rules! into_function {
    () => {
        concat!(
            registers_back!(),
            "\nmov r10, [rsp]\n",
            "test rax, rax\n",
            "jnz {exit_to_host}\n",
            "mov rax, [r10 + {CURRENT}]\n",
            "mov rsp, [rax + {SP}]\n",
            "pop rbp\n",
            "jmp r11",
        )
    };
}

/// Goes on where a stacklet waits whose saved stack pointer rsp is.
macro_rules! go_on {
    () => {
        "pop rbp\npop r11\njmp r11"
    };
}

/// Goes on in the continuation that rax -> is, with the value in this register. r10 -> anchor.
macro_rules! into_continuation {
    ($value:literal) => {
        concat!(
            "mov rsp, [rax + {SP}]\n",
            "pop rbp\n",
            "mov rax, ",
            $value,
            "\n",
            "mov rcx, r10\n",
            "pop r11\n",
            "jmp r11",
        )
    };
}

/// From the host stack, which rsp -> anchor is on, to where the current stacklet has saved rbp and the
/// address to go on at: r10 -> anchor, r9 -> the stacklet.
macro_rules! back_to_current {
    () => {
        concat!(
            "mov r10, [rsp]\n",
            "mov r9, [r10 + {CURRENT}]\n",
            "mov rsp, [r9 + {SP}]\n",
            "mov rbp, [rsp]",
        )
    };
}

/// From rcx -> stacklet, finds the first up the chain that runs under a handler for the word in rsi: rcx
/// -> it, rbx: position of the handler. Begins at `search`, goes on at
/// `found`, or at `unhandled` if there is none.
macro_rules! search {
    () => {
        concat!(
            "{search}:\n",
            "mov r11, [rcx + {HANDLERS}]\n",
            "xor ebx, ebx\n",
            "{next_clause}:\n",
            "cmp [r11 + 8 * rbx], rsi\n",
            "je {found}f\n",
            "cmp qword ptr [r11 + 8 * rbx], 1\n",
            "inc ebx\n",
            "jnb {next_clause}b\n",
            "mov rcx, [rcx + {PARENT}]\n",
            "test rcx, rcx\n",
            "jnz {search}b\n",
            "jmp {unhandled}f",
        )
    };
}

/// Leaves `enter`. rsp -> anchor, on the host stack; rax: exit.
macro_rules! to_host {
    () => {
        "add rsp, 8\npop rcx\njmp rcx"
    };
}

/// What a [`crate::Reaction`] says, unless it is a value: goes on at the landing pad, or leaves `enter`.
/// rax: status, rdx: second payload; rsp -> anchor, on the host stack.
macro_rules! land_or_to_host {
    () => {
        concat!(
            "cmp eax, {LAND}\n",
            "je {lands}f\n",
            to_host!(),
            "\n{lands}:\n",
            "mov r10, [rsp]\n",
            "mov rax, [r10 + {LANDING}]\n",
            "mov rcx, [r10 + {CURRENT}]\n",
            "mov rsp, [rcx + {SP}]\n",
            "pop rbp\n",
            "pop rcx\n",
            "jmp rcx",
        )
    };
}
