; pid_t vfork(void): the child runs on our stack until it execs or exits, and would overwrite the return address there;
; so it is kept in a register meanwhile.

bits 64
default rel

extern call_errno_set
global vfork

section .text

vfork:
	pop	rdx
	mov	eax, 58			; vfork
	syscall
	push	rdx
	cmp	rax, -4096
	ja	.failed
	ret
.failed:
	mov	rdi, rax
	jmp	call_errno_set		; returns -1

section .note.GNU-stack noalloc noexec nowrite progbits
