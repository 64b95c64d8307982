; The kernel's first instructions: the loader jumps here.

bits 64
default rel

BOOT_STACK_SIZE equ 16 * 1024   ; KERNEL_STACK_SIZE in kernel/thread.h

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
