; setjmp and longjmp: the registers a function must keep, the stack pointer and the return address, in the order of
; struct jump in <setjmp.h>.

bits 64
default rel

extern jump_mask_save
global setjmp
global _setjmp
global sigsetjmp
global jump_registers

section .text

; int setjmp(jmp_buf jump): 0 now, longjmp's value later.
setjmp:
_setjmp:
	mov	[rdi], rbx
	mov	[rdi + 8], rbp
	mov	[rdi + 16], r12
	mov	[rdi + 24], r13
	mov	[rdi + 32], r14
	mov	[rdi + 40], r15
	lea	rax, [rsp + 8]		; the caller's stack once we have returned
	mov	[rdi + 48], rax
	mov	rax, [rsp]
	mov	[rdi + 56], rax
	xor	eax, eax
	ret

; int sigsetjmp(sigjmp_buf jump, int save): the same, then the mask in C, which returns 0 to our caller.
sigsetjmp:
	call	.registers
	jmp	jump_mask_save
.registers:
	mov	[rdi], rbx
	mov	[rdi + 8], rbp
	mov	[rdi + 16], r12
	mov	[rdi + 24], r13
	mov	[rdi + 32], r14
	mov	[rdi + 40], r15
	lea	rax, [rsp + 16]
	mov	[rdi + 48], rax
	mov	rax, [rsp + 8]
	mov	[rdi + 56], rax
	ret

; noreturn void jump_registers(struct jump *jump, int value): back to where the registers were stored.
jump_registers:
	mov	eax, esi
	mov	rbx, [rdi]
	mov	rbp, [rdi + 8]
	mov	r12, [rdi + 16]
	mov	r13, [rdi + 24]
	mov	r14, [rdi + 32]
	mov	r15, [rdi + 40]
	mov	rsp, [rdi + 48]
	jmp	[rdi + 56]

section .note.GNU-stack noalloc noexec nowrite progbits
