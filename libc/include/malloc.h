/* The heap beyond what <stdlib.h> has. */
#ifndef CLOCKHAND_MALLOC_H
#define CLOCKHAND_MALLOC_H

#include <stdlib.h>

struct mallinfo2 {
    size_t arena;    /* bytes the heap has from sbrk */
    size_t ordblks;  /* free blocks */
    size_t smblks;   /* always 0 */
    size_t hblks;    /* blocks with a mapping of their own */
    size_t hblkhd;   /* their bytes */
    size_t usmblks;  /* always 0 */
    size_t fsmblks;  /* always 0 */
    size_t uordblks; /* bytes in allocated blocks */
    size_t fordblks; /* bytes in free blocks */
    size_t keepcost; /* bytes malloc_trim could give back */
};

void *memalign(size_t alignment, size_t size);
void *valloc(size_t size);
void *pvalloc(size_t size);
size_t malloc_usable_size(void *memory);
int malloc_trim(size_t kept);
struct mallinfo2 mallinfo2(void);
/* Verifies every block and list of the heap; aborts with a line about the first mistake. What the library can be told by its
   environment is in libc/malloc_special.h. */
void malloc_check(void);

#endif
