/* Copying between descriptors within the kernel. */
#ifndef CLOCKHAND_SYS_SENDFILE_H
#define CLOCKHAND_SYS_SENDFILE_H

#include <sys/types.h>

ssize_t sendfile(int to, int from, off_t *offset, size_t length);

#endif
