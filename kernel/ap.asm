; The first instructions of the CPUs that are started by the first one (kernel/smp.c).
;
; ap_trampoline .. ap_trampoline_end is copied to a page below 1 MB, where a CPU begins in real mode with CS = page /
; 16, IP = 0. It goes straight from real mode to long mode (SDM volume 3, 9.8.5, without the stop in protected mode:
; with PAE and EFER.LME set, setting PE and PG together activates it). The code is position-independent but for the far
; jump, whose offset it adds up by itself.

default rel

extern smp_start_this
global ap_trampoline:data
global ap_trampoline_end:data
global ap_parameters:data

CR0_PE          equ 1 << 0
CR0_WP          equ 1 << 16
CR0_PG          equ 1 << 31
CR4_PAE         equ 1 << 5
MSR_EFER        equ 0xc0000080
EFER_LME        equ 1 << 8
EFER_NXE        equ 1 << 11

section .rodata
align 16

bits 16
; Real mode, interrupts off, all parameters set. Leaves for ap_entry in long mode with RDI = the linear address of the
; parameters.
ap_trampoline:
        cli
        cld
        mov     ax, cs
        mov     ds, ax
        movzx   ebx, ax
        shl     ebx, 4                          ; where the page is
        lea     eax, [ebx + (gdt - ap_trampoline)]
        mov     [gdt_register.base - ap_trampoline], eax
        lea     eax, [ebx + (long_mode - ap_trampoline)]
        mov     [far_target - ap_trampoline], eax
        o32 lgdt [gdt_register - ap_trampoline]
        mov     eax, CR4_PAE
        mov     cr4, eax
        mov     eax, [ap_parameters.root - ap_trampoline]
        mov     cr3, eax
        mov     ecx, MSR_EFER
        rdmsr
        or      eax, EFER_LME | EFER_NXE        ; the tables have NX bits
        wrmsr
        mov     eax, CR0_PE | CR0_WP | CR0_PG
        mov     cr0, eax
        jmp     far dword [far_target - ap_trampoline]

bits 64
long_mode:
        mov     ebx, ebx
        lea     rdi, [rbx + (ap_parameters - ap_trampoline)]
        mov     rax, ap_entry
        jmp     rax

align 8
gdt:    dq      0
        dq      0x00af9b000000ffff              ; 08: 64-bit code, accessed
gdt_end:
gdt_register:
        dw      gdt_end - gdt - 1
.base:  dd      0
far_target:
        dd      0
        dw      0x08

align 8
; struct ap_parameters
ap_parameters:
.root:  dq      0
.kernel_root: dq 0
.stack: dq      0
.id:    dq      0
ap_trampoline_end:

section .text
; Still on the temporary root, which has the kernel's half, too. Takes what it needs from the low page, which the
; kernel's own root does not map, and goes on in smp_start_this(id). Never returns.
ap_entry:
        mov     rsp, [rdi + (ap_parameters.stack - ap_parameters)]
        mov     rax, [rdi + (ap_parameters.kernel_root - ap_parameters)]
        mov     rdi, [rdi + (ap_parameters.id - ap_parameters)]
        mov     cr3, rax
        xor     ebp, ebp
        call    smp_start_this
        ud2

section .note.GNU-stack noalloc noexec nowrite progbits
