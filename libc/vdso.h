/* The vDSO (vdso(7)): functions the kernel maps into every program. */
#ifndef LIBC_VDSO_H
#define LIBC_VDSO_H

/* The function of that name, or null. */
void *vdso_function(const char *name);

#endif
