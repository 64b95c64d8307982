; Where a signal handler returns to: sa_restorer.  The stack pointer must be as the handler's ret left it.

bits 64

global signal_return

section .text

	nop				; unwinders look at the byte before a return address
signal_return:
	mov	eax, 15			; rt_sigreturn
	syscall

section .note.GNU-stack noalloc noexec nowrite progbits
