/*
 * The reverse map: bookkeeping, and acting on all mappings of one page. See rmap.h.
 *
 * To act on all mappings the page is BUSY, so none is added; some may go meanwhile by an unmap of their owner, which needs only the address
 * space. Each is copied out under page->lock together with a hold on its address space, then acted on under that space's table_lock.
 */
#include "mm/rmap.h"

#include "kernel/abi/errno.h"
#include "kernel/panic.h"
#include "mm/aspace.h"
#include "mm/busy.h"
#include "mm/slab.h"
#include "mm/translation.h"

enum { NODE_PLACES = 3 };

struct rmap_place {
    struct aspace *aspace; /* null: unused */
    vaddr_t address;
};

struct rmap_node {
    struct rmap_node *next;
    uint64_t used;
    struct rmap_place places[NODE_PLACES];
};
_Static_assert(sizeof(struct rmap_node) == 64, "struct rmap_node is one cache line");

static struct slab_cache node_cache;

void rmap_init(void)
{
    slab_cache_init(&node_cache, "rmap", sizeof(struct rmap_node));
}

static inline bool rmap_is_list(const struct page *page)
{
    return (page->rmap & 1) != 0;
}

static inline struct rmap_node *rmap_list(const struct page *page)
{
    return (struct rmap_node *)(page->rmap & ~(uintptr_t)1);
}

static void node_add(struct rmap_node *node, struct aspace *aspace, vaddr_t address)
{
    struct rmap_place *place = node->places;
    while (place->aspace != NULL)
        place++;
    *place = (struct rmap_place){aspace, address};
    node->used++;
}

/* Puts an empty node at the head of the page's list; a single mapping moves into it. */
static struct rmap_node *list_grow(struct page *page)
{
    struct rmap_node *node = slab_alloc(&node_cache, FRAME_NOWAIT | FRAME_ZERO);
    if (node == NULL)
        return NULL;
    if (rmap_is_list(page))
        node->next = rmap_list(page);
    else
        node_add(node, (struct aspace *)page->rmap, page->rmap_address);
    page->rmap = (uintptr_t)node | 1;
    return node;
}

int rmap_add_further_locked(struct page *page, struct aspace *aspace, vaddr_t address)
{
    assert(spin_is_held(&page->lock));
    struct rmap_node *node = rmap_is_list(page) ? rmap_list(page) : NULL;
    while (node != NULL && node->used == NODE_PLACES)
        node = node->next;
    if (node == NULL)
        node = list_grow(page);
    if (node == NULL)
        return -ENOMEM;
    node_add(node, aspace, address);
    return 0;
}

/* Takes the place out of a page's list; nodes that become empty are freed. */
static bool list_remove_place(struct page *page, const struct aspace *aspace, vaddr_t address)
{
    struct rmap_node *before = NULL;
    for (struct rmap_node *node = rmap_list(page); node != NULL; before = node, node = node->next) {
        for (struct rmap_place *place = node->places; place < node->places + NODE_PLACES; place++) {
            if (place->aspace != aspace || place->address != address)
                continue;
            *place = (struct rmap_place){NULL, 0};
            if (--node->used > 0)
                return true;
            if (before != NULL)
                before->next = node->next;
            else
                page->rmap = node->next != NULL ? (uintptr_t)node->next | 1 : 0;
            slab_free(&node_cache, node);
            return true;
        }
    }
    return false;
}

bool rmap_remove_listed_locked(struct page *page, const struct aspace *aspace, vaddr_t address)
{
    return rmap_is_list(page) && list_remove_place(page, aspace, address);
}

bool rmap_remove(struct page *page, struct aspace *aspace, vaddr_t address)
{
    spin_lock(&page->lock);
    bool found = rmap_remove_locked(page, aspace, address);
    spin_unlock(&page->lock);
    return found;
}

int rmap_for_each_locked(const struct page *page, int (*visit)(struct aspace *aspace, vaddr_t address, void *context),
                         void *context)
{
    if (page->rmap == 0)
        return 0;
    if (!rmap_is_list(page))
        return visit((struct aspace *)page->rmap, page->rmap_address, context);
    for (struct rmap_node *node = rmap_list(page); node != NULL; node = node->next) {
        for (unsigned i = 0; i < NODE_PLACES; i++) {
            struct rmap_place *place = &node->places[i];
            int result = place->aspace != NULL ? visit(place->aspace, place->address, context) : 0;
            if (result != 0)
                return result;
        }
    }
    return 0;
}

static int place_matches(struct aspace *aspace, vaddr_t address, void *context)
{
    const struct rmap_place *wanted = context;
    return aspace == wanted->aspace && address == wanted->address;
}

bool rmap_has(struct page *page, const struct aspace *aspace, vaddr_t address)
{
    struct rmap_place wanted = {(struct aspace *)aspace, address};
    spin_lock(&page->lock);
    bool found = rmap_for_each_locked(page, place_matches, &wanted) != 0;
    spin_unlock(&page->lock);
    return found;
}

static int place_count(struct aspace *aspace, vaddr_t address, void *context)
{
    (void)aspace, (void)address;
    ++*(unsigned *)context;
    return 0;
}

unsigned rmap_count(struct page *page)
{
    unsigned count = 0;
    spin_lock(&page->lock);
    rmap_for_each_locked(page, place_count, &count);
    spin_unlock(&page->lock);
    return count;
}

/* The place number `skip`, counted from the first, its address space held. */
struct place_search {
    unsigned skip;
    struct rmap_place found;
};

static int place_take(struct aspace *aspace, vaddr_t address, void *context)
{
    struct place_search *search = context;
    if (search->skip-- > 0)
        return 0;
    aspace_hold(aspace);
    search->found = (struct rmap_place){aspace, address};
    return 1;
}

/* Copies mapping number `number` out; false if there are not so many. The caller releases the address space. */
static bool rmap_take(struct page *page, unsigned number, struct rmap_place *place)
{
    struct place_search search = {.skip = number};
    spin_lock(&page->lock);
    bool found = rmap_for_each_locked(page, place_take, &search) != 0;
    spin_unlock(&page->lock);
    *place = search.found;
    return found;
}

void rmap_remove_all(struct page *page)
{
    struct rmap_place place;
    assert(page_has(page, PAGE_BUSY));
    while (!rmap_is_empty(page) && rmap_take(page, 0, &place)) {
        translation_remove_page(place.aspace, place.address, page);
        aspace_release(place.aspace);
    }
}

bool rmap_unmap_all(struct page *page, struct rmap_gather *gather)
{
    bool all = true;
    struct rmap_place place;
    assert(page_has(page, PAGE_BUSY));
    /* From the last to the first: a mapping that goes meanwhile moves the others towards the start, so none is missed. */
    for (unsigned i = rmap_is_empty(page) ? 0 : rmap_count(page); i-- > 0;) {
        if (!rmap_take(page, i, &place))
            continue;
        if (gather->count == RMAP_GATHERED)
            rmap_gather_flush(gather);
        if (!translation_unmap_page(place.aspace, place.address, page)) {
            aspace_release(place.aspace);
            all = false;
            continue;
        }
        gather->mappings[gather->count].aspace = place.aspace;
        gather->mappings[gather->count].address = place.address;
        gather->mappings[gather->count++].page = page;
    }
    return all;
}

/* Flushes and forgets the gather's mappings of the address space of number `first`, from there on; they are null afterwards. */
static void gather_flush_space(struct rmap_gather *gather, unsigned first)
{
    struct tlb_batch tlb;
    struct aspace *aspace = gather->mappings[first].aspace;
    tlb_batch_init(&tlb, aspace);
    for (unsigned i = first; i < gather->count; i++) {
        if (gather->mappings[i].aspace == aspace)
            tlb_batch_add(&tlb, gather->mappings[i].address);
    }
    tlb_flush(&tlb);
    for (unsigned i = gather->count; i-- > first;) {
        if (gather->mappings[i].aspace != aspace)
            continue;
        atomic_fetch_sub(&aspace->tlb.unflushed, 1);
        rmap_remove(gather->mappings[i].page, aspace, gather->mappings[i].address);
        gather->mappings[i].aspace = NULL;
        aspace_release(aspace);
    }
}

void rmap_gather_flush(struct rmap_gather *gather)
{
    for (unsigned i = 0; i < gather->count; i++) {
        if (gather->mappings[i].aspace != NULL)
            gather_flush_space(gather, i);
    }
    gather->count = 0;
}

void rmap_write_protect(struct page *page)
{
    struct rmap_place place;
    assert(page_has(page, PAGE_BUSY));
    /* As above. */
    for (unsigned i = rmap_count(page); i-- > 0;) {
        if (!rmap_take(page, i, &place))
            continue;
        translation_protect_page(place.aspace, place.address, page);
        aspace_release(place.aspace);
    }
}

uint64_t rmap_look(struct page *page, bool clear, void (*cleared)(struct aspace *aspace))
{
    pte_t found = 0;
    struct rmap_place place;
    for (unsigned i = 0; !rmap_is_empty(page) && rmap_take(page, i, &place); i++) {
        pte_t bits = translation_look(place.aspace, place.address, page, clear);
        if (clear && (bits & PTE_A) != 0 && cleared != NULL)
            cleared(place.aspace);
        found |= bits;
        aspace_release(place.aspace);
    }
    return found;
}
