; The kernel's first instructions: the loader jumps here.

bits 64
default rel

%ifndef KERNEL_STACK_SIZE
KERNEL_STACK_SIZE equ 16 * 1024 ; as in kernel/thread.h
%endif
BOOT_STACK_SIZE equ KERNEL_STACK_SIZE

extern kernel_main
global kernel_entry:function
global boot_stack_guard:data

section .text.entry progbits alloc exec nowrite align=16

; void kernel_entry(struct bootinfo *info): the machine as boot/bootinfo.h describes it, info in RDI, no stack yet.
; Goes on in kernel_main(info) on the boot stack, with a frame pointer of 0 where backtraces end. Never returns.
kernel_entry:
        cli
        cld
        mov     rsp, boot_stack + BOOT_STACK_SIZE
        xor     ebp, ebp
%ifdef CLOCKHAND_SHADOW
extern shadow_start             ; void shadow_start(struct bootinfo *info), before anything that is watched
        push    rdi
        push    rdi
        call    shadow_start
        pop     rdi
        pop     rdi
%endif
        call    kernel_main
.halt:  hlt
        jmp     .halt

section .bss nobits alloc noexec write align=4096

; Unmapped by cpu_guard_boot_stack(), so that an overflow is noticed.
boot_stack_guard:
        resb    4096
; Later the stack of the boot CPU's idle thread.
boot_stack:
        resb    BOOT_STACK_SIZE

section .note.GNU-stack noalloc noexec nowrite progbits
