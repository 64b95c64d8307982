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

; void jump(uint64_t page_table, uint64_t entry, uint64_t bootinfo, uint64_t copies), C calling convention; does not return.
; Switches to the kernel's page tables, with their no-execute and read-only bits in force for the kernel too, copies the kernel
; to its place (struct jump_copy; the place may have been the firmware's, its stack and page tables among it, so nothing is
; left of these from here on), and enters it with the address of bootinfo in RDI and interrupts off.
jump_start:
jump:
    cli
    cld
    mov r8, rdi
    mov r9, rsi
    mov r10, rdx
    mov r11, rcx

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

.segment:
    mov rdi, [r11]          ; to
    test rdi, rdi
    jz .enter
    mov rsi, [r11 + 8]      ; from
    mov rcx, [r11 + 16]     ; length
    rep movsb
    mov rcx, [r11 + 24]     ; zeros
    xor eax, eax
    rep stosb
    add r11, 32
    jmp .segment

.enter:
    mov rdi, r10
    xor ebp, ebp
    jmp r9
jump_end:
