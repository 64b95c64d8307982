; The vDSO's ELF image, put into the kernel as it is (the Makefile links it from kernel/vdso/). Symbols: vdso_image, vdso_image_end.
section .rodata
global vdso_image, vdso_image_end
align 8
vdso_image:
    incbin "vdso.so"
vdso_image_end:
section .note.GNU-stack noalloc noexec nowrite progbits
