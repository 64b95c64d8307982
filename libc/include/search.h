/* Trees, hash tables, lists, arrays to search in. From musl's package, see libc/packaged.sh. */
#ifndef CLOCKHAND_SEARCH_H
#define CLOCKHAND_SEARCH_H

#include <stddef.h>

typedef enum { FIND, ENTER } ACTION;
typedef enum { preorder, postorder, endorder, leaf } VISIT;

typedef struct entry {
    char *key;
    void *data;
} ENTRY;

int hcreate(size_t size);
void hdestroy(void);
ENTRY *hsearch(ENTRY entry, ACTION action);
void insque(void *element, void *before);
void remque(void *element);
void *lsearch(const void *key, void *base, size_t *count, size_t size, int (*compare)(const void *, const void *));
void *lfind(const void *key, const void *base, size_t *count, size_t size, int (*compare)(const void *, const void *));
void *tsearch(const void *key, void **root, int (*compare)(const void *, const void *));
void *tfind(const void *key, void *const *root, int (*compare)(const void *, const void *));
void *tdelete(const void *restrict key, void **restrict root, int (*compare)(const void *, const void *));
void twalk(const void *root, void (*visit)(const void *node, VISIT when, int depth));
void tdestroy(void *root, void (*destroy)(void *key));

#endif
