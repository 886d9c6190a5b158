# The models of `model.rs`, which says what each instruction stands for.
#
# r12 -> world, r14 -> record of who runs, r15 -> handlers under which it runs. They lie at the bottom of the
# frame of who resumed, so they lead to its stack, too. r13: what advances a revision.

# Parent -> the continuation that rsi names, with the value in ecx.
.macro RESUME
    mov eax, esi
    cmp [r12 + rax + {REFERENCE}], rsi
    jne model_refused
    add rsi, r13
    jc model_refused
    mov [r12 + rax + {REFERENCE}], rsi
    mov r15, rsp
    lea r14, [r12 + rax]
    mov rsp, [r14 + {SP}]
    pop rdx
    jmp rdx
.endm

# Continuation -> its parent, whose handler gets the value in ecx and the reference in rsi. Goes on behind
# this, with another value in ecx.
.macro SUSPEND
    mov r11, [r15]
    cmp qword ptr [r11], {TAG}
    jne model_refused
    lea rax, [rip + 9f]
    push rax
    mov [r14 + {SP}], rsp
    mov rsi, [r14 + {REFERENCE}]
    mov rsp, r15
    jmp [r11 + 8]
9:
.endm

# Continuation -> the one that rsi names. Goes on behind this, with the reference of who has switched in rsi.
.macro SWITCH
    mov eax, esi
    cmp [r12 + rax + {REFERENCE}], rsi
    jne model_refused
    mov r11, [r15]
    cmp qword ptr [r11], {TAG}
    jne model_refused
    add rsi, r13
    jc model_refused
    mov [r12 + rax + {REFERENCE}], rsi
    mov rsi, [r14 + {REFERENCE}]
    lea rdx, [rip + 9f]
    push rdx
    mov [r14 + {SP}], rsp
    lea r14, [r12 + rax]
    mov rsp, [r14 + {SP}]
    pop rdx
    jmp rdx
9:
.endm

# The function of a model: edi: n, rsi -> world. At rsp then: where the list of handlers is, n, two words for
# the kernel, which are 0. rsi: what the table names first, ecx: 0.
.macro ENTER handler
    push rbx
    push rbp
    push r12
    push r13
    push r14
    push r15
    sub rsp, 40
    mov r12, rsi
    mov r13, {REVISION}
    lea rax, [r12 + {HANDLERS}]
    mov [rsp], rax
    mov qword ptr [rax], {TAG}
    lea rcx, [rip + \handler]
    mov [rax + 8], rcx
    xor ecx, ecx
    mov edi, edi
    mov [rsp + 8], rdi
    mov [rsp + 16], rcx
    mov [rsp + 24], rcx
    mov rsi, [r12 + {TABLE}]
.endm

# Back from it, with the result in eax.
.macro LEAVE
    add rsp, 40
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbp
    pop rbx
    ret
.endm

model_refused:
    ud2

# generator: the sum is in the resumer's frame, what is left in the other's; n comes from the resumer's, which
# r15 leads to.

.globl model_generator
model_generator:
    ENTER model_produced
    RESUME
model_produced:
    add [rsp + 16], ecx
    RESUME

.globl model_generator_starts
model_generator_starts:
    mov ecx, [r15 + 8]
1:
    mov [rsp], ecx
    SUSPEND
    mov ecx, [rsp]
    sub ecx, 1
    jne 1b
    mov rsp, r15
    mov eax, [rsp + 16]
    LEAVE

# switch: the first finds the second in the table.

.globl model_switch
model_switch:
    ENTER model_refused
    mov [r12 + {LEFT}], edi
    RESUME

.globl model_switch_starts
model_switch_starts:
    mov ecx, [r12 + {LEFT}]
    cmp dword ptr [r12 + {THIS}], 0
    jne 1f
    mov dword ptr [r12 + {THIS}], 1
    mov rsi, [r12 + {TABLE} + 8]
1:
    sub ecx, 1
    mov [r12 + {LEFT}], ecx
    SWITCH
    test esi, esi
    je model_refused
    mov ecx, [r12 + {LEFT}]
    test ecx, ecx
    jg 1b
    mov rsp, r15
    mov eax, [rsp + 8]
    sub eax, ecx
    LEAVE

# switch_fn and ring: `next` makes the number of the fiber in edx another, `turn` counts. Which fiber it is,
# each has in its frame.

.macro FIBERS turn, next
    mov ebx, [r12 + {THIS}]
    mov [rsp], ebx
    mov edi, [r12 + {STACK_POINTER}]
1:
    mov eax, [r12 + {LEFT_BY}]
    cmp eax, {SLOTS}
    jae model_refused
    mov [r12 + {TABLE} + 8 * rax], rsi
    mov ebx, [rsp]
    mov [r12 + {THIS}], ebx
    mov edi, [r12 + {MEMORY} + 4 * rbx]
    mov [r12 + {STACK_POINTER}], edi
    mov ecx, [r12 + {COUNT}]
    cmp ecx, [r12 + {LEFT}]
    jge 3f
    \turn
    mov [r12 + {LEFT_BY}], ebx
    mov [r12 + {MEMORY} + 4 * rbx], edi
    mov edx, ebx
    \next
    mov [r12 + {THIS}], edx
    cmp edx, {SLOTS}
    jae model_refused
    mov rsi, [r12 + {TABLE} + 8 * rdx]
    SWITCH
    jmp 1b
3:
    mov rsp, r15
    mov eax, ecx
    LEAVE
.endm

.macro ROUND
    test ebx, ebx
    jne 2f
    ONE
2:
.endm

.macro ONE
    add ecx, 1
    mov [r12 + {COUNT}], ecx
.endm

.macro OTHER
    xor edx, 1
.endm

.macro NEXT
    add edx, 1
    and edx, 7
.endm

.globl model_switch_fn
model_switch_fn:
    ENTER model_refused
    mov [r12 + {LEFT}], edi
    mov dword ptr [r12 + {LEFT_BY}], {SLOTS} - 1
    RESUME

.globl model_switch_fn_starts
model_switch_fn_starts:
    FIBERS ONE, OTHER

.globl model_ring
model_ring:
    ENTER model_refused
    shr edi, 3
    mov [r12 + {LEFT}], edi
    mov dword ptr [r12 + {LEFT_BY}], {SLOTS} - 1
    RESUME

.globl model_ring_starts
model_ring_starts:
    FIBERS ROUND, NEXT

# walk: how many were seen is in the resumer's frame, a node in that of its call.

.globl model_walk
model_walk:
    ENTER model_visited
    RESUME
model_visited:
    mov eax, [rsp + 16]
    add eax, 1
    mov [rsp + 16], eax
    cmp eax, [rsp + 8]
    jae 1f
    RESUME
1:
    LEAVE

.globl model_walk_starts
model_walk_starts:
    mov edi, 1
    call walk_from
    jmp model_walk_starts

walk_from:
    push rdi
    add edi, edi
    cmp edi, 1023
    ja 1f
    call walk_from
1:
    mov ecx, [rsp]
    SUSPEND
    mov edi, [rsp]
    lea edi, [2 * rdi + 1]
    cmp edi, 1023
    ja 1f
    call walk_from
1:
    add rsp, 8
    ret

# C programs: `fiber_resume` of the fiber at rbx, in place, up to the resume, with the value in ecx; and from its
# handler on. The caller's stack pointer is in the frame.

.macro TO_FIBER
    mov edx, [r12 + {MEMORY} + rbx + 4]
    mov [r12 + {STACK_POINTER}], edx
    mov edx, [r12 + {MEMORY} + rbx]
    cmp edx, {SLOTS}
    jae model_refused
    mov rsi, [r12 + {TABLE} + 8 * rdx]
    RESUME
.endm

.macro FROM_FIBER
    mov edx, [r12 + {MEMORY} + rbx]
    cmp edx, {SLOTS}
    jae model_refused
    mov [r12 + {TABLE} + 8 * rdx], rsi
    mov edx, [r12 + {STACK_POINTER}]
    mov [r12 + {MEMORY} + rbx + 4], edx
    mov edx, [rsp + 24]
    mov [r12 + {STACK_POINTER}], edx
.endm

.macro ENTER_C handler
    ENTER \handler
    mov edx, [r12 + {STACK_POINTER}]
    mov [rsp + 24], edx
    mov ebx, {FIBERS}
.endm

.globl model_c_generator
model_c_generator:
    ENTER_C model_c_given
1:
    TO_FIBER
model_c_given:
    mov ebx, {FIBERS}
    FROM_FIBER
    sub dword ptr [rsp + 8], 1
    jne 1b
    mov eax, ecx
    LEAVE

# In the frame: where the array is, and i.
.globl model_c_generator_starts
model_c_generator_starts:
    mov edi, [r12 + {STACK_POINTER}]
    sub edi, 32
    mov [r12 + {STACK_POINTER}], edi
    mov [rsp], edi
    xor eax, eax
    mov [rsp + 8], eax
1:
    mov eax, [rsp + 8]
    mov edi, [rsp]
    mov edx, eax
    and edx, 7
    lea edx, [rdi + 4 * rdx]
    mov [r12 + {MEMORY} + rdx], ecx
    add eax, 1
    mov [rsp + 8], eax
    add ecx, 1
    SUSPEND
    jmp 1b

# i is in the frame.
.globl model_c_tasks
model_c_tasks:
    ENTER_C model_c_done
1:
    TO_FIBER
model_c_done:
    mov eax, [rsp + 16]
    mov ebx, eax
    and ebx, 7
    lea ebx, [8 * rbx + {FIBERS}]
    FROM_FIBER
    add eax, 1
    cmp eax, [rsp + 8]
    je 2f
    mov [rsp + 16], eax
    mov ecx, eax
    mov ebx, eax
    and ebx, 7
    lea ebx, [8 * rbx + {FIBERS}]
    jmp 1b
2:
    mov eax, ecx
    LEAVE

.globl model_c_tasks_starts
model_c_tasks_starts:
    mov edi, [r12 + {STACK_POINTER}]
    sub edi, 16
    mov [r12 + {STACK_POINTER}], edi
    mov [rsp], edi
    mov dword ptr [r12 + {MEMORY} + rdi + 12], 0
1:
    mov edi, [rsp]
    mov ecx, [r12 + {MEMORY} + rdi + 12]
    add ecx, 1
    mov [r12 + {MEMORY} + rdi + 12], ecx
    SUSPEND
    jmp 1b

.globl model_c_walk
model_c_walk:
    ENTER_C model_c_visited
1:
    TO_FIBER
model_c_visited:
    mov ebx, {FIBERS}
    FROM_FIBER
    add [rsp + 16], ecx
    xor ecx, ecx
    sub dword ptr [rsp + 8], 1
    jne 1b
    mov eax, [rsp + 16]
    LEAVE

.globl model_c_walk_starts
model_c_walk_starts:
    mov edi, {NODES}
    call walk
    jmp model_c_walk_starts

walk:
    push rdi
1:
    mov eax, [r12 + {MEMORY} + rdi]
    test eax, eax
    je 2f
    mov edi, eax
    call walk
    mov edi, [rsp]
2:
    mov ecx, [r12 + {MEMORY} + rdi + 8]
    SUSPEND
    mov edi, [rsp]
    mov edi, [r12 + {MEMORY} + rdi + 4]
    mov [rsp], edi
    test edi, edi
    jne 1b
    add rsp, 8
    ret
