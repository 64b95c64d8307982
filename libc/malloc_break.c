/*
 * The ends of the heap.
 *
 *     one stretch:  | prolog | block | block | ... | free block | epilog |
 *
 * A stretch grows by moving its epilog up (L4): with sbrk, or, where somebody else's memory lies behind the break, with mmap.
 * When neither can go on where the last stretch ends, a new one begins further up. It grows by a part of what it has, so that
 * a small heap stays small and a large one seldom asks, and to the end of a page, as the kernel has only whole ones to give;
 * what was once given back returns in larger steps, so that a heap that goes up and down does not ask for every block.
 *
 * Before the heap asks for memory, be it at its end or for a large block, it gives back what it has and could not use: the
 * pages that lie wholly within a free block of two pages or more. The block stays as it is, but for a bit that says so. A list
 * has its newest blocks in front, so the first one given back has only such behind it.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libc/malloc_bins.h"

enum {
    GROW_MOST = 16 * HEAP_PAGE,
    GROW_PART = 64, /* of the heap */
    HEADS_SIZE = HEAP_CLASSES * NUMBER_UNIT,
    GIVE_BACK_LEAST = 2 * HEAP_PAGE, /* of a free block */
    ENDS_SIZE = 3 * BLOCK_ALIGNMENT, /* alignment, prolog and epilog */
};

static const size_t STRETCH_MOST = (size_t)UINT32_MAX - 2 * HEAP_PAGE;
static const uint64_t NUMBER_MOST = UINT32_MAX;

/* All lists are empty. */
static void heads_init(struct block *prolog)
{
    heap.base = prolog;
    for (uint32_t class = 0; class < HEAP_CLASSES; class ++)
        bins_head(class)->next = bins_head(class)->previous = class + BINS_HEAD_FIRST;
}

/* A new stretch: prolog, one allocated block over everything, epilog. Returns the block. */
static struct block *stretch_begin(char *start, size_t length)
{
    char *aligned = (char *)(((uintptr_t)start + BLOCK_ALIGNMENT - 1) & ~(uintptr_t)(BLOCK_ALIGNMENT - 1));
    struct block *prolog = (struct block *)(aligned + BLOCK_ALIGNMENT - BLOCK_TAG);
    size_t heads = heap.base ? 0 : HEADS_SIZE;

    prolog->tag = (uint32_t)(BLOCK_ALIGNMENT + heads) | BLOCK_ALLOCATED | BLOCK_PREVIOUS_ALLOCATED;
    struct block *block = block_after(prolog);
    size_t size = (size_t)(start + length - BLOCK_TAG - (char *)block) & ~(size_t)(BLOCK_ALIGNMENT - 1);
    block->tag = (uint32_t)size | BLOCK_ALLOCATED | BLOCK_PREVIOUS_ALLOCATED;
    heap.stretch = prolog;
    if (heads)
        heads_init(prolog);
    return block;
}

/* Notes where the heap ends now. */
static void epilog_set(struct block *epilog, uint32_t previous_flag)
{
    epilog->tag = BLOCK_ALLOCATED | previous_flag;
    heap.epilog = epilog;
    heap.unlisted_end = heap.class_last ? epilog : NULL;
    heap.blocks_most = block_distance(epilog) / BLOCK_ALIGNMENT;
    heap.quick_blocks = heap.special ? 0 : heap.blocks_most;
}

/* Whether the highest stretch can be there: above all others, and its numbers fit into links. */
static bool stretch_possible(const char *start, size_t length)
{
    return !heap.base ||
           (start > (char *)heap.epilog && (size_t)(start + length - (char *)heap.base) / NUMBER_UNIT < NUMBER_MOST);
}

/* Memory right behind the last stretch, from where that one's memory came; NULL if there is none to be had. */
static char *memory_behind(size_t length)
{
    char *end = (char *)heap.epilog + BLOCK_TAG;

    if ((size_t)(end - (char *)heap.stretch) + length > STRETCH_MOST || !stretch_possible(end, length))
        return NULL;
    if (heap.stretch_mapped) {
        char *start = mmap(end, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (start == end)
            return start;
        if (start != MAP_FAILED)
            munmap(start, length);
        return NULL;
    }
    return sbrk(0) == end && sbrk((intptr_t)length) == end ? end : NULL;
}

/*
 * Memory for a new stretch of at least that length, which is noted: from sbrk, or where the kernel has some not too far above
 * the heap's end; NULL if nowhere.
 */
static char *memory_elsewhere(size_t *wanted)
{
    static const size_t STEP = (size_t)1 << 30;
    size_t length = *wanted;
    char *start = sbrk((intptr_t)length);

    heap.stretch_mapped = false;
    if (start != (char *)-1) {
        if (stretch_possible(start, length))
            return start;
        sbrk(-(intptr_t)length);
    }
    heap.stretch_mapped = true;
    *wanted = length = heap_page_round(length);
    char *hint = heap.base ? (char *)heap_page_round((uintptr_t)heap.epilog + BLOCK_TAG) : NULL;
    for (int i = 0; i < 63; i++, hint += STEP) {
        start = mmap(hint, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (start == MAP_FAILED)
            return NULL;
        if (stretch_possible(start, length))
            return start;
        munmap(start, length);
    }
    return NULL;
}

/* How many bytes to ask for, beginning at `end`, when so many are needed. */
static size_t grow_length(size_t needed, const char *end)
{
    size_t part = heap.grown < heap.grown_most ? heap.grown_most - heap.grown : heap.grown / GROW_PART;
    size_t least = part < GROW_MOST ? part : GROW_MOST, length = needed > least ? needed : least;

    return heap_page_round((uintptr_t)end + length) - (uintptr_t)end;
}

/* Gives the kernel the whole pages between a free block's links and its last tag; how many bytes. They read as zeros then. */
static size_t block_give_back(struct block *block)
{
    uintptr_t links_end = (uintptr_t)(block + 1), tag = (uintptr_t)block_tag_before(block_after(block));
    uintptr_t start = heap_page_round(links_end), end = tag & ~(uintptr_t)(HEAP_PAGE - 1);

    block->tag |= BLOCK_GIVEN_BACK;
    return start < end && !madvise((void *)start, end - start, MADV_DONTNEED) ? end - start : 0;
}

size_t heap_give_back(void)
{
    size_t given = 0;
    int saved = errno;

    if (!heap.base || !heap.class_last)
        return 0;
    for (uint32_t class = bins_find(bins_class(GIVE_BACK_LEAST)); class < HEAP_CLASSES; class = bins_find(class + 1)) {
        struct block *head = bins_head(class), *block = head;
        while ((block = block_numbered(block->next)) != head && !block_given_back(block))
            given += block_give_back(block);
    }
    errno = saved;
    return given;
}

struct block *heap_grow(size_t size)
{
    heap_give_back();
    struct block *block = heap.epilog;
    size_t have = block_previous_allocated(block) ? 0 : *block_tag_before(block);
    size_t length = grow_length(size - have, (char *)block + BLOCK_TAG);

    if (heap.base && memory_behind(length)) {
        /* The old epilog becomes the tag of a block over the new memory, and one with what is free before it. */
        if (have) {
            block = block_before(block);
            bins_remove(block, have);
        }
        block->tag = (uint32_t)(have + length) | BLOCK_ALLOCATED | BLOCK_PREVIOUS_ALLOCATED;
    } else {
        length = grow_length(size + ENDS_SIZE + (heap.base ? 0 : HEADS_SIZE), sbrk(0));
        char *start = length > STRETCH_MOST ? NULL : memory_elsewhere(&length);
        if (!start) {
            errno = ENOMEM;
            return NULL;
        }
        /* What is free at the end of the stretch before is like any other from now on. */
        struct block *last = have ? block_before(heap.epilog) : NULL;
        if (last)
            bins_remove(last, have);
        block = stretch_begin(start, length);
        heap.unlisted_end = NULL;
        if (last)
            bins_insert(last, have);
    }
    heap.grown += length;
    if (heap.grown > heap.grown_most)
        heap.grown_most = heap.grown;
    epilog_set(block_after(block), BLOCK_PREVIOUS_ALLOCATED);
    return block_release(block);
}

size_t heap_trim(size_t kept)
{
    struct block *epilog = heap.epilog;
    char *end = (char *)epilog + BLOCK_TAG;

    if (block_previous_allocated(epilog) || (!heap.stretch_mapped && sbrk(0) != end))
        return 0;
    struct block *last = block_before(epilog);
    size_t size = block_size(last);
    if (size < kept + BLOCK_ALIGNMENT + HEAP_PAGE)
        return 0;
    size_t length = (size - kept - BLOCK_ALIGNMENT) & ~(size_t)(HEAP_PAGE - 1);
    bins_remove(last, size);
    if (heap.stretch_mapped)
        munmap(end - length, length);
    else
        sbrk(-(intptr_t)length);
    heap.grown -= length;
    last->tag = (uint32_t)(size - length) | BLOCK_ALLOCATED | BLOCK_PREVIOUS_ALLOCATED;
    epilog_set(block_after(last), BLOCK_PREVIOUS_ALLOCATED);
    block_release(last);
    return length;
}
