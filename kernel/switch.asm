; Switching kernel stacks; contracts in kernel/switch.h.

bits 64
default rel

extern thread_started
extern thread_exit
global thread_switch:function
global thread_enter_kernel:function

section .text

; void thread_switch(uint64_t *saved_rsp, uint64_t next_rsp): the registers C expects a call to preserve are kept on the
; stack left. The pushes make a struct switch_frame.
thread_switch:
        push    rbp
        push    rbx
        push    r12
        push    r13
        push    r14
        push    r15
        mov     [rdi], rsp
        mov     rsp, rsi
        pop     r15
        pop     r14
        pop     r13
        pop     r12
        pop     rbx
        pop     rbp
        ret

; A new kernel thread: RBX its function, R12 the argument, RSP a multiple of 16, interrupts off.
thread_enter_kernel:
        xor     ebp, ebp                ; backtraces end here
        call    thread_started
        mov     rdi, r12
        call    rbx
        call    thread_exit
        ud2

section .note.GNU-stack noalloc noexec nowrite progbits
