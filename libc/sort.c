/*
 * Sorting in place by heapsort: no worst case, no memory, no recursion.  (Williams 1964; Knuth, TAOCP 3, 5.2.3)
 * And binary search in what is sorted.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct heap {
    char *base;
    size_t size;
    int (*compare)(const void *, const void *, void *);
    void *context;
};

static inline char *element(const struct heap *heap, size_t index)
{
    return heap->base + index * heap->size;
}

static void elements_swap(char *left, char *right, size_t size)
{
    for (; size >= sizeof(uint64_t); size -= 8, left += 8, right += 8) {
        uint64_t a, b;
        memcpy(&a, left, 8);
        memcpy(&b, right, 8);
        memcpy(left, &b, 8);
        memcpy(right, &a, 8);
    }
    for (; size; size--, left++, right++) {
        char byte = *left;
        *left = *right;
        *right = byte;
    }
}

/* Lets the element at `root` sink until no child is greater, among the first `count`. */
static void element_sink(const struct heap *heap, size_t root, size_t count)
{
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && heap->compare(element(heap, child), element(heap, child + 1), heap->context) < 0)
            child++;
        if (heap->compare(element(heap, root), element(heap, child), heap->context) >= 0)
            return;
        elements_swap(element(heap, root), element(heap, child), heap->size);
    }
}

void qsort_r(void *base, size_t count, size_t size, int (*compare)(const void *, const void *, void *), void *context)
{
    struct heap heap = {base, size, compare, context};

    for (size_t i = count / 2; i-- > 0;)
        element_sink(&heap, i, count);
    for (size_t last = count; last-- > 1;) {
        elements_swap(element(&heap, 0), element(&heap, last), size);
        element_sink(&heap, 0, last);
    }
}

struct plain {
    int (*compare)(const void *, const void *);
};

static int plain_compare(const void *left, const void *right, void *context)
{
    return ((struct plain *)context)->compare(left, right);
}

void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *))
{
    struct plain plain = {compare};

    qsort_r(base, count, size, plain_compare, &plain);
}

void *bsearch(const void *key, const void *base, size_t count, size_t size, int (*compare)(const void *, const void *))
{
    const char *start = base;

    while (count) {
        const char *middle = start + count / 2 * size;
        int order = compare(key, middle);
        if (!order)
            return (void *)middle;
        if (order > 0) {
            start = middle + size;
            count -= count / 2 + 1;
        } else {
            count /= 2;
        }
    }
    return NULL;
}
