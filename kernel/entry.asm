; Every way into the kernel and back: 256 interrupt stubs, the interrupt-stack entries, SYSCALL.
;
; Each builds a struct registers (kernel/registers.h) on the kernel stack, lowest address last:
;
;       ss rsp rflags cs rip | error vector | rdi rsi rdx rcx rax r8 r9 r10 r11 rbx rbp r12 r13 r14 r15
;       by the CPU             by the stub    SAVE_REGISTERS
;
; 22 words, so RSP is a multiple of 16 at every call. GS base is the kernel's from the first SWAPGS to the last; in
; between the user's is in the MSR KERNEL_GS_BASE. The C functions called return with interrupts off and have seen to
; everything that must happen before user mode. Backtraces know these calls by their return addresses, which lie between
; trap_text_start and trap_text_end (kernel/report.c).

bits 64
default rel

; Offsets in struct registers and struct cpu; static assertions in kernel/trap.c.
R_R11     equ 48
R_RCX     equ 88
R_VECTOR  equ 120
R_RIP     equ 136
R_CS      equ 144
R_RFLAGS  equ 152
CPU_KERNEL_STACK equ 16
CPU_USER_STACK   equ 24

USER_SS   equ 0x2b
USER_CS   equ 0x33
VECTOR_SYSCALL equ 256
MSR_GS_BASE    equ 0xc0000101
RFLAGS_TF_RF   equ 0x10100
INTERRUPT_STACK_SIZE equ 8192

extern trap_exception
extern trap_page_fault
extern trap_interrupt
extern trap_syscall
extern trap_return_check
extern trap_double_fault
extern trap_nmi
extern trap_machine_check
extern trap_smap                ; byte: the CPU has SMAP
extern thread_started

global interrupt_stubs:data
global syscall_entry:function
global thread_return_to_user:function
global trap_text_start
global trap_text_end

%macro SAVE_REGISTERS 0
        push    rdi
        push    rsi
        push    rdx
        push    rcx
        push    rax
        push    r8
        push    r9
        push    r10
        push    r11
        push    rbx
        push    rbp
        push    r12
        push    r13
        push    r14
        push    r15
%endmacro

; Leaves RSP at `vector`.
%macro RESTORE_REGISTERS 0
        pop     r15
        pop     r14
        pop     r13
        pop     r12
        pop     rbp
        pop     rbx
        pop     r11
        pop     r10
        pop     r9
        pop     r8
        pop     rax
        pop     rcx
        pop     rdx
        pop     rsi
        pop     rdi
%endmacro

; From the stub's two words to a C function and back. From user mode, GS is swapped, and AC, which would lift SMAP, is
; cleared.
%macro TRAP_ENTRY 2             ; label, C function
%1:
        SAVE_REGISTERS
        cld
        test    byte [rsp + R_CS], 3
        jz      %%kernel
        swapgs
        cmp     byte [trap_smap], 0
        je      %%kernel
        clac
%%kernel:
        mov     rdi, rsp
        call    %2
        jmp     trap_return
%endmacro

; An entry by an interrupt stack: it may come at any instruction, so GS may be anybody's. The CPU's address stands in
; the stack's highest word; the old GS base is kept in RBX.
%macro STACK_ENTRY 3            ; label, C function, whether the CPU pushes an error code
%1:
%if %3 == 0
        push    0
%endif
        push    0                       ; the C function knows the vector
        SAVE_REGISTERS
        cld
        mov     ecx, MSR_GS_BASE
        rdmsr
        mov     ebx, edx
        shl     rbx, 32
        or      rbx, rax
        mov     rdx, rsp
        or      rdx, INTERRUPT_STACK_SIZE - 1
        mov     rdx, [rdx - 7]
        mov     eax, edx
        shr     rdx, 32
        wrmsr
        mov     rdi, rsp
        call    %2
        mov     rax, rbx
        mov     rdx, rbx
        shr     rdx, 32
        mov     ecx, MSR_GS_BASE
        wrmsr
        RESTORE_REGISTERS
        add     rsp, 16
        iretq
%endmacro

section .text
align 16
trap_text_start:

TRAP_ENTRY page_fault_entry, trap_page_fault
TRAP_ENTRY exception_entry, trap_exception
TRAP_ENTRY interrupt_entry, trap_interrupt

; Leaves for where struct registers at RSP came from; interrupts off. RIP must be canonical.
trap_return:
        test    byte [rsp + R_CS], 3
        jz      .kernel
        swapgs
.kernel:
        RESTORE_REGISTERS
        add     rsp, 16
        iretq

STACK_ENTRY double_fault_entry, trap_double_fault, 1
STACK_ENTRY nmi_entry, trap_nmi, 0
STACK_ENTRY machine_check_entry, trap_machine_check, 0

; SYSCALL (SDM volume 2): RCX is the user's RIP, R11 its RFLAGS; the stack is still the user's; SFMASK has cleared IF,
; DF, TF, AC. SYSRET is used if it restores everything: RCX and R11 as SYSCALL left them, RIP canonical (on Intel's CPUs
; SYSRET to another one faults in kernel mode), no single step. Otherwise (signal, exec, sigreturn) IRET, after a check
; of the registers.
syscall_entry:
        swapgs
        mov     [gs:CPU_USER_STACK], rsp
        mov     rsp, [gs:CPU_KERNEL_STACK]
        push    USER_SS
        push    qword [gs:CPU_USER_STACK]
        push    r11
        push    USER_CS
        push    rcx
        push    rax
        push    VECTOR_SYSCALL
        SAVE_REGISTERS
        mov     rdi, rsp
        call    trap_syscall
        mov     rcx, [rsp + R_RIP]
        mov     r11, [rsp + R_RFLAGS]
        cmp     rcx, [rsp + R_RCX]
        jne     return_checked
        cmp     r11, [rsp + R_R11]
        jne     return_checked
        mov     rax, rcx
        shr     rax, 47
        jnz     return_checked
        test    r11d, RFLAGS_TF_RF
        jnz     return_checked
        RESTORE_REGISTERS
        mov     rsp, [rsp + 5 * 8]      ; from `vector` to `rsp`; an NMI here has its own stack
        swapgs
        o64 sysret

; A new user thread, come here by its first thread_switch() with RSP at its struct registers.
thread_return_to_user:
        xor     ebp, ebp
        call    thread_started
return_checked:
        mov     rdi, rsp
        call    trap_return_check
        jmp     trap_return

; The stubs: they push the error code if the CPU has not, and the vector.
%assign vector 0
%rep 256
stub_ %+ vector:
%if vector = 2
        jmp     nmi_entry
%elif vector = 8
        jmp     double_fault_entry
%elif vector = 14
        push    14
        jmp     page_fault_entry
%elif vector = 18
        jmp     machine_check_entry
%elif vector < 32
%if vector != 10 && vector != 11 && vector != 12 && vector != 13 && vector != 17 && vector != 21 && vector != 29 && vector != 30
        push    0
%endif
        push    vector
        jmp     exception_entry
%else
        push    0
        push    vector
        jmp     interrupt_entry
%endif
%assign vector vector + 1
%endrep
trap_text_end:

section .rodata
align 8
; uint64_t interrupt_stubs[256]: where each vector goes.
interrupt_stubs:
%assign vector 0
%rep 256
        dq      stub_ %+ vector
%assign vector vector + 1
%endrep

section .note.GNU-stack noalloc noexec nowrite progbits
