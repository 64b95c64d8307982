; The loader's last instructions. Their page is mapped at its own address in the old and in the new page tables.
; Source: Intel SDM volume 3A, 2.5 (CR0, CR4), 2.2.1 (EFER).

bits 64
default rel

EFER        equ 0xc0000080
EFER_NXE    equ 1 << 11
CR0_WP      equ 1 << 16
CR4_PGE     equ 1 << 7

global jump, jump_start, jump_end

section .text

; void jump(uint64_t page_table, uint64_t entry, uint64_t bootinfo), C calling convention; does not return.
; Switches to the kernel's page tables, with their no-execute and read-only bits in force for the kernel too, and enters the
; kernel with the address of bootinfo in RDI and interrupts off.
jump_start:
jump:
    cli
    cld
    mov r8, rdi
    mov r9, rsi
    mov r10, rdx

    mov ecx, EFER
    rdmsr
    or eax, EFER_NXE
    wrmsr

    mov rax, cr0
    or rax, CR0_WP
    mov cr3, r8
    mov cr0, rax

    mov rax, cr4
    or rax, CR4_PGE
    mov cr4, rax

    mov rdi, r10
    xor ebp, ebp
    jmp r9
jump_end:
