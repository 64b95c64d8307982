; The console's font, a PSF file put into the kernel as it is (the Makefile takes it out of its package). Symbols: font_file, font_file_end.
section .rodata
global font_file, font_file_end
align 8
font_file:
    incbin "font.psf"
font_file_end:
section .note.GNU-stack noalloc noexec nowrite progbits
