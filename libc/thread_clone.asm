; The two moments of a thread that C cannot express: its first instructions, on a stack that is empty, and its last, when
; the stack is gone.

bits 64
default rel

extern thread_main
global thread_clone
global thread_unmap_exit

section .text

; long thread_clone(unsigned long flags, void *stack, int *id, struct thread *thread)
; The system call wants: flags, stack, parent's id word, child's id word, thread pointer.
thread_clone:
	mov	r8, rcx
	mov	r9, rcx			; survives the call, in both threads
	mov	r10, rdx
	mov	eax, 56			; clone
	syscall
	test	eax, eax
	jnz	.parent
	xor	ebp, ebp
	mov	rdi, r9
	and	rsp, -16
	call	thread_main
.parent:
	ret

; noreturn void thread_unmap_exit(void *mapping, size_t length)
thread_unmap_exit:
	mov	eax, 11			; munmap
	syscall
	xor	edi, edi
	mov	eax, 60			; exit, of this thread
	syscall
	hlt				; not reached

section .note.GNU-stack noalloc noexec nowrite progbits
