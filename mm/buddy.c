/* The buddy allocator; see buddy.h. */
#include "mm/buddy.h"

#include "kernel/panic.h"

static inline struct page *page_of_link(struct list *link)
{
    return list_entry(link, struct page, link);
}

static inline pfn_t run_length(unsigned order)
{
    return (pfn_t)1 << order;
}

static void run_link(struct buddy *buddy, struct page *head, unsigned order)
{
    head->order = (uint8_t)order;
    list_push_front(&buddy->lists[order], &head->link);
    buddy->runs[order]++;
    buddy->nonempty |= (uint32_t)run_length(order);
}

static void run_unlink(struct buddy *buddy, struct page *head, unsigned order)
{
    head->order = PAGE_ORDER_INSIDE;
    list_remove(&head->link);
    if (--buddy->runs[order] == 0)
        buddy->nonempty &= ~(uint32_t)run_length(order);
}

/* The free run of the same order that would merge with `head`, or null. */
static struct page *run_buddy(const struct buddy *buddy, const struct page *head, unsigned order)
{
    pfn_t other = (pfn_t)(head - buddy->pages) ^ run_length(order);
    if (other + run_length(order) > buddy->limit)
        return NULL;
    struct page *page = &buddy->pages[other];
    return page->state == PAGE_FREE && page->order == order ? page : NULL;
}

void buddy_init(struct buddy *buddy, struct page *pages, pfn_t limit)
{
    *buddy = (struct buddy){.pages = pages, .limit = limit};
    for (unsigned order = 0; order < BUDDY_ORDERS; order++)
        list_init(&buddy->lists[order]);
}

struct page *buddy_take(struct buddy *buddy, unsigned order)
{
    assert(order < BUDDY_ORDERS);
    uint32_t candidates = buddy->nonempty & ~((uint32_t)run_length(order) - 1);
    if (candidates == 0)
        return NULL;
    unsigned from = (unsigned)__builtin_ctz(candidates);
    struct page *head = page_of_link(buddy->lists[from].next);
    assert(head->state == PAGE_FREE && head->order == from);
    run_unlink(buddy, head, from);
    while (from > order) {
        from--;
        run_link(buddy, head + run_length(from), from);
    }
    buddy->frames -= run_length(order);
    return head;
}

void buddy_give(struct buddy *buddy, struct page *page, unsigned order)
{
    assert(is_aligned((pfn_t)(page - buddy->pages), run_length(order)));
    for (struct page *each = page; each < page + run_length(order); each++) {
        each->state = PAGE_FREE;
        each->order = PAGE_ORDER_INSIDE;
    }
    buddy->frames += run_length(order);
    struct page *other;
    while (order < FRAME_ORDER_MAX && (other = run_buddy(buddy, page, order)) != NULL) {
        run_unlink(buddy, other, order);
        page = page < other ? page : other;
        order++;
    }
    run_link(buddy, page, order);
}

void buddy_give_range(struct buddy *buddy, pfn_t start, pfn_t end)
{
    assert(end <= buddy->limit);
    while (start < end) {
        unsigned order = 0;
        while (order < FRAME_ORDER_MAX && is_aligned(start, run_length(order + 1)) &&
               start + run_length(order + 1) <= end)
            order++;
        buddy_give(buddy, &buddy->pages[start], order);
        start += run_length(order);
    }
}

/* Checks the run headed by `head`; returns its length. */
static pfn_t run_check(const struct buddy *buddy, const struct page *head)
{
    pfn_t pfn = (pfn_t)(head - buddy->pages);
    assert(head->order < BUDDY_ORDERS && is_aligned(pfn, run_length(head->order)));
    assert(list_is_linked(&head->link));
    assert(head->order == FRAME_ORDER_MAX || run_buddy(buddy, head, head->order) == NULL);
    for (pfn_t i = 1; i < run_length(head->order); i++)
        assert(head[i].state == PAGE_FREE && head[i].order == PAGE_ORDER_INSIDE);
    return run_length(head->order);
}

void buddy_check(const struct buddy *buddy)
{
    uint64_t runs[BUDDY_ORDERS] = {0};
    uint64_t frames = 0;
    for (pfn_t pfn = 0; pfn < buddy->limit;) {
        const struct page *page = &buddy->pages[pfn];
        if (page->state != PAGE_FREE || page->order == PAGE_ORDER_FRONT) {
            pfn++;
            continue;
        }
        pfn_t length = run_check(buddy, page);
        runs[page->order]++;
        frames += length;
        pfn += length;
    }
    assert(frames == buddy->frames);
    for (unsigned order = 0; order < BUDDY_ORDERS; order++) {
        assert(runs[order] == buddy->runs[order]);
        assert(list_is_empty(&buddy->lists[order]) == (runs[order] == 0));
    }
}
