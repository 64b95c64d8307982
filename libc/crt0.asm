; Where a program begins.  The kernel has put argc, argv, envp and the auxiliary vector on the stack, at rsp, and
; promises nothing else.  (System V ABI, AMD64 supplement, 3.4.1)

bits 64
default rel

extern program_start
global _start

section .text

_start:
	xor	ebp, ebp		; the outermost frame, for backtraces
	mov	rdi, rsp
	and	rsp, -16
	call	program_start
	hlt				; not reached

section .note.GNU-stack noalloc noexec nowrite progbits
