/*
 * Circular doubly linked lists whose links live in the structures they link (L2 draws one).
 *
 * A list is a head whose links point to itself when it is empty. An element that is on no list has a null `next`.
 * The lock of the list is its owner's business.
 */
#ifndef KERNEL_LIST_H
#define KERNEL_LIST_H

#include "kernel/types.h"

struct list {
    struct list *next;
    struct list *prev;
};

#define LIST_INIT(head)                                                                                                \
    {                                                                                                                  \
        &(head), &(head)                                                                                               \
    }

static inline void list_init(struct list *head)
{
    head->next = head;
    head->prev = head;
}

static inline bool list_is_empty(const struct list *head)
{
    return head->next == head;
}

/* Whether `element` is on some list (elements start zeroed, and list_remove() zeroes). */
static inline bool list_is_linked(const struct list *element)
{
    return element->next != NULL;
}

static inline void list_insert_after(struct list *where, struct list *element)
{
    element->prev = where;
    element->next = where->next;
    where->next->prev = element;
    where->next = element;
}

static inline void list_push_front(struct list *head, struct list *element)
{
    list_insert_after(head, element);
}

static inline void list_push_back(struct list *head, struct list *element)
{
    list_insert_after(head->prev, element);
}

static inline void list_remove(struct list *element)
{
    element->prev->next = element->next;
    element->next->prev = element->prev;
    element->next = NULL;
    element->prev = NULL;
}

/* The first element, unlinked, or null. */
static inline struct list *list_pop_front(struct list *head)
{
    if (list_is_empty(head))
        return NULL;
    struct list *first = head->next;
    list_remove(first);
    return first;
}

/* Moves all elements of `from` to the front of `head`, in their order. */
static inline void list_splice_front(struct list *head, struct list *from)
{
    if (list_is_empty(from))
        return;
    from->next->prev = head;
    from->prev->next = head->next;
    head->next->prev = from->prev;
    head->next = from->next;
    list_init(from);
}

#define list_entry(link, type, member) container_of(link, type, member)

/* Visits every link; the body must not remove the current one. */
#define list_for_each(link, head) for (struct list *link = (head)->next; link != (head); link = link->next)

/* The same, but the body may remove the current link. */
#define list_for_each_safe(link, after, head)                                                                          \
    for (struct list *link = (head)->next, *after = link->next; link != (head); link = after, after = link->next)

#endif
