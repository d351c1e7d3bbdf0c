/* fiber_switch.S: the part of fiber.c that C cannot say.
 *
 * What a call preserves by the platform's convention lies on the stack that is left; the rest is
 * dead across a call anyway. The floating-point modes (rounding, masks) count among what
 * is preserved.
 *
 * x86-64, upwards from the saved stack pointer:
 *      | mxcsr, x87 control word | r15 | r14 | r13 | r12 | rbx | rbp | return address |
 * aarch64:
 *      | x19 .. x30 | d8 .. d15 | fpcr | - |
 */

#if defined(__x86_64__)

        .text

/* void fiber_switch(void **save: rdi, void *load: rsi) */
        .globl  fiber_switch
        .hidden fiber_switch
        .type   fiber_switch, @function
        .p2align 4
fiber_switch:
        .cfi_startproc
        endbr64
        pushq   %rbp
        .cfi_adjust_cfa_offset 8
        pushq   %rbx
        .cfi_adjust_cfa_offset 8
        pushq   %r12
        .cfi_adjust_cfa_offset 8
        pushq   %r13
        .cfi_adjust_cfa_offset 8
        pushq   %r14
        .cfi_adjust_cfa_offset 8
        pushq   %r15
        .cfi_adjust_cfa_offset 8
        subq    $8, %rsp
        .cfi_adjust_cfa_offset 8
        stmxcsr (%rsp)
        fnstcw  4(%rsp)
        movq    %rsp, (%rdi)
        movq    %rsi, %rsp
        ldmxcsr (%rsp)
        fldcw   4(%rsp)
        addq    $8, %rsp
        .cfi_adjust_cfa_offset -8
        popq    %r15
        .cfi_adjust_cfa_offset -8
        popq    %r14
        .cfi_adjust_cfa_offset -8
        popq    %r13
        .cfi_adjust_cfa_offset -8
        popq    %r12
        .cfi_adjust_cfa_offset -8
        popq    %rbx
        .cfi_adjust_cfa_offset -8
        popq    %rbp
        .cfi_adjust_cfa_offset -8
        ret
        .cfi_endproc
        .size   fiber_switch, . - fiber_switch

/* void *fiber_prepare(void *high: rdi, struct fiber *fiber: rsi). The fiber travels in rbx; the
 * modes are those of the caller; 16 zero bytes at the top end a debugger's walk up the stack. */
        .globl  fiber_prepare
        .hidden fiber_prepare
        .type   fiber_prepare, @function
        .p2align 4
fiber_prepare:
        .cfi_startproc
        endbr64
        leaq    -80(%rdi), %rax
        stmxcsr 0(%rax)
        fnstcw  4(%rax)
        xorl    %ecx, %ecx
        movq    %rcx, 8(%rax)
        movq    %rcx, 16(%rax)
        movq    %rcx, 24(%rax)
        movq    %rcx, 32(%rax)
        movq    %rsi, 40(%rax)
        movq    %rcx, 48(%rax)
        leaq    fiber_first(%rip), %rdx
        movq    %rdx, 56(%rax)
        movq    %rcx, 64(%rax)
        movq    %rcx, 72(%rax)
        ret
        .cfi_endproc
        .size   fiber_prepare, . - fiber_prepare

/* Where the first switch returns to. The stack pointer is high - 16 here, as before a call. */
        .type   fiber_first, @function
        .p2align 4
fiber_first:
        .cfi_startproc
        .cfi_undefined rip
        movq    %rbx, %rdi
        call    fiber_begin
        ud2
        .cfi_endproc
        .size   fiber_first, . - fiber_first

#elif defined(__aarch64__)

        .text

/* void fiber_switch(void **save: x0, void *load: x1) */
        .globl  fiber_switch
        .hidden fiber_switch
        .type   fiber_switch, %function
        .p2align 4
fiber_switch:
        .cfi_startproc
        sub     sp, sp, #176
        .cfi_adjust_cfa_offset 176
        stp     x19, x20, [sp, #0]
        stp     x21, x22, [sp, #16]
        stp     x23, x24, [sp, #32]
        stp     x25, x26, [sp, #48]
        stp     x27, x28, [sp, #64]
        stp     x29, x30, [sp, #80]
        stp     d8, d9, [sp, #96]
        stp     d10, d11, [sp, #112]
        stp     d12, d13, [sp, #128]
        stp     d14, d15, [sp, #144]
        mrs     x9, fpcr
        str     x9, [sp, #160]
        mov     x10, sp
        str     x10, [x0]
        mov     sp, x1
        ldr     x9, [sp, #160]
        msr     fpcr, x9
        ldp     x19, x20, [sp, #0]
        ldp     x21, x22, [sp, #16]
        ldp     x23, x24, [sp, #32]
        ldp     x25, x26, [sp, #48]
        ldp     x27, x28, [sp, #64]
        ldp     x29, x30, [sp, #80]
        ldp     d8, d9, [sp, #96]
        ldp     d10, d11, [sp, #112]
        ldp     d12, d13, [sp, #128]
        ldp     d14, d15, [sp, #144]
        add     sp, sp, #176
        .cfi_adjust_cfa_offset -176
        ret
        .cfi_endproc
        .size   fiber_switch, . - fiber_switch

/* void *fiber_prepare(void *high: x0, struct fiber *fiber: x1). The fiber travels in x19; the
 * modes are those of the caller. */
        .globl  fiber_prepare
        .hidden fiber_prepare
        .type   fiber_prepare, %function
        .p2align 4
fiber_prepare:
        .cfi_startproc
        sub     x0, x0, #192
        stp     x1, xzr, [x0, #0]
        stp     xzr, xzr, [x0, #16]
        stp     xzr, xzr, [x0, #32]
        stp     xzr, xzr, [x0, #48]
        stp     xzr, xzr, [x0, #64]
        adr     x9, fiber_first
        stp     xzr, x9, [x0, #80]
        stp     xzr, xzr, [x0, #96]
        stp     xzr, xzr, [x0, #112]
        stp     xzr, xzr, [x0, #128]
        stp     xzr, xzr, [x0, #144]
        mrs     x9, fpcr
        stp     x9, xzr, [x0, #160]
        stp     xzr, xzr, [x0, #176]
        ret
        .cfi_endproc
        .size   fiber_prepare, . - fiber_prepare

        .type   fiber_first, %function
        .p2align 4
fiber_first:
        .cfi_startproc
        .cfi_undefined x30
        mov     x0, x19
        bl      fiber_begin
        brk     #0
        .cfi_endproc
        .size   fiber_first, . - fiber_first

#else
#error "fibers need a switch for this processor"
#endif

        .section .note.GNU-stack, "", %progbits
