; The system call of a cancellation point. A signal handler must be able to tell whether it has interrupted a thread before the
; call has done anything: between cancel_point_begin and cancel_point_end. (The kernel sets a call that it will restart back to
; the syscall instruction, which is between them.)

bits 64
default rel

extern thread_cancelled
global cancel_point
global cancel_point_begin
global cancel_point_end
global cancel_point_taken

section .text

; long cancel_point(const int *cancelled, long number, long a, b, c, d, e, f)
cancel_point:
cancel_point_begin:
	cmp	dword [rdi], 0
	jne	cancel_point_taken
	mov	rax, rsi
	mov	rdi, rdx
	mov	rsi, rcx
	mov	rdx, r8
	mov	r10, r9
	mov	r8, [rsp + 8]
	mov	r9, [rsp + 16]
	syscall
cancel_point_end:
	ret

; The stack is as at the beginning.
cancel_point_taken:
	jmp	thread_cancelled

section .note.GNU-stack noalloc noexec nowrite progbits
