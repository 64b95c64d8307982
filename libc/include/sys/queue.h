/*
 * Lists as BSD has them, whose links are in the elements: LIST (doubly linked), SLIST (singly), STAILQ (singly, with its end), TAILQ
 * (doubly, with its end). `field` is the entry's name in the element's structure.
 */
#ifndef CLOCKHAND_SYS_QUEUE_H
#define CLOCKHAND_SYS_QUEUE_H

#include <stddef.h>

/* clang-format off: macros in columns */
#define SLIST_HEAD(name, type)                                                                                         \
    struct name {                                                                                                      \
        struct type *slh_first;                                                                                        \
    }
#define SLIST_HEAD_INITIALIZER(head)                                                                                   \
    {                                                                                                                  \
        NULL                                                                                                           \
    }
#define SLIST_ENTRY(type)                                                                                              \
    struct {                                                                                                           \
        struct type *sle_next;                                                                                         \
    }
#define SLIST_FIRST(head) ((head)->slh_first)
#define SLIST_NEXT(one, field) ((one)->field.sle_next)
#define SLIST_EMPTY(head) (!SLIST_FIRST(head))
#define SLIST_INIT(head) ((void)(SLIST_FIRST(head) = NULL))
#define SLIST_INSERT_HEAD(head, one, field)                                                                            \
    ((one)->field.sle_next = (head)->slh_first, (void)((head)->slh_first = (one)))
#define SLIST_INSERT_AFTER(at, one, field)                                                                             \
    ((one)->field.sle_next = (at)->field.sle_next, (void)((at)->field.sle_next = (one)))
#define SLIST_REMOVE_HEAD(head, field) ((void)((head)->slh_first = (head)->slh_first->field.sle_next))
#define SLIST_FOREACH(var, head, field) for ((var) = SLIST_FIRST(head); (var); (var) = SLIST_NEXT(var, field))
#define SLIST_REMOVE(head, one, type, field)                                                                           \
    do {                                                                                                               \
        struct type **queue_at = &(head)->slh_first;                                                                   \
        while (*queue_at != (one))                                                                                     \
            queue_at = &(*queue_at)->field.sle_next;                                                                   \
        *queue_at = (one)->field.sle_next;                                                                             \
    } while (0)

#define LIST_HEAD(name, type)                                                                                          \
    struct name {                                                                                                      \
        struct type *lh_first;                                                                                         \
    }
#define LIST_HEAD_INITIALIZER(head)                                                                                    \
    {                                                                                                                  \
        NULL                                                                                                           \
    }
#define LIST_ENTRY(type)                                                                                               \
    struct {                                                                                                           \
        struct type *le_next;                                                                                          \
        struct type **le_prev;                                                                                         \
    }
#define LIST_FIRST(head) ((head)->lh_first)
#define LIST_NEXT(one, field) ((one)->field.le_next)
#define LIST_EMPTY(head) (!LIST_FIRST(head))
#define LIST_INIT(head) ((void)(LIST_FIRST(head) = NULL))
#define LIST_FOREACH(var, head, field) for ((var) = LIST_FIRST(head); (var); (var) = LIST_NEXT(var, field))
#define LIST_INSERT_HEAD(head, one, field)                                                                             \
    do {                                                                                                               \
        if (((one)->field.le_next = (head)->lh_first))                                                                 \
            (head)->lh_first->field.le_prev = &(one)->field.le_next;                                                   \
        (head)->lh_first = (one);                                                                                      \
        (one)->field.le_prev = &(head)->lh_first;                                                                      \
    } while (0)
#define LIST_INSERT_AFTER(at, one, field)                                                                              \
    do {                                                                                                               \
        if (((one)->field.le_next = (at)->field.le_next))                                                              \
            (at)->field.le_next->field.le_prev = &(one)->field.le_next;                                                \
        (at)->field.le_next = (one);                                                                                   \
        (one)->field.le_prev = &(at)->field.le_next;                                                                   \
    } while (0)
#define LIST_INSERT_BEFORE(at, one, field)                                                                             \
    do {                                                                                                               \
        (one)->field.le_prev = (at)->field.le_prev;                                                                    \
        (one)->field.le_next = (at);                                                                                   \
        *(at)->field.le_prev = (one);                                                                                  \
        (at)->field.le_prev = &(one)->field.le_next;                                                                   \
    } while (0)
#define LIST_REMOVE(one, field)                                                                                        \
    do {                                                                                                               \
        if ((one)->field.le_next)                                                                                      \
            (one)->field.le_next->field.le_prev = (one)->field.le_prev;                                                \
        *(one)->field.le_prev = (one)->field.le_next;                                                                  \
    } while (0)

#define STAILQ_HEAD(name, type)                                                                                        \
    struct name {                                                                                                      \
        struct type *stqh_first;                                                                                       \
        struct type **stqh_last;                                                                                       \
    }
#define STAILQ_HEAD_INITIALIZER(head)                                                                                  \
    {                                                                                                                  \
        NULL, &(head).stqh_first                                                                                       \
    }
#define STAILQ_ENTRY(type)                                                                                             \
    struct {                                                                                                           \
        struct type *stqe_next;                                                                                        \
    }
#define STAILQ_FIRST(head) ((head)->stqh_first)
#define STAILQ_NEXT(one, field) ((one)->field.stqe_next)
#define STAILQ_EMPTY(head) (!STAILQ_FIRST(head))
#define STAILQ_INIT(head) ((head)->stqh_first = NULL, (void)((head)->stqh_last = &(head)->stqh_first))
#define STAILQ_FOREACH(var, head, field) for ((var) = STAILQ_FIRST(head); (var); (var) = STAILQ_NEXT(var, field))
#define STAILQ_INSERT_HEAD(head, one, field)                                                                           \
    do {                                                                                                               \
        if (!((one)->field.stqe_next = (head)->stqh_first))                                                            \
            (head)->stqh_last = &(one)->field.stqe_next;                                                               \
        (head)->stqh_first = (one);                                                                                    \
    } while (0)
#define STAILQ_INSERT_TAIL(head, one, field)                                                                           \
    do {                                                                                                               \
        (one)->field.stqe_next = NULL;                                                                                 \
        *(head)->stqh_last = (one);                                                                                    \
        (head)->stqh_last = &(one)->field.stqe_next;                                                                   \
    } while (0)
#define STAILQ_REMOVE_HEAD(head, field)                                                                                \
    do {                                                                                                               \
        if (!((head)->stqh_first = (head)->stqh_first->field.stqe_next))                                               \
            (head)->stqh_last = &(head)->stqh_first;                                                                   \
    } while (0)

#define TAILQ_HEAD(name, type)                                                                                         \
    struct name {                                                                                                      \
        struct type *tqh_first;                                                                                        \
        struct type **tqh_last;                                                                                        \
    }
#define TAILQ_HEAD_INITIALIZER(head)                                                                                   \
    {                                                                                                                  \
        NULL, &(head).tqh_first                                                                                        \
    }
#define TAILQ_ENTRY(type)                                                                                              \
    struct {                                                                                                           \
        struct type *tqe_next;                                                                                         \
        struct type **tqe_prev;                                                                                        \
    }
#define TAILQ_FIRST(head) ((head)->tqh_first)
#define TAILQ_LAST(head, name) (*((struct name *)(void *)(head)->tqh_last)->tqh_last)
#define TAILQ_NEXT(one, field) ((one)->field.tqe_next)
#define TAILQ_PREV(one, name, field) (*((struct name *)(void *)(one)->field.tqe_prev)->tqh_last)
#define TAILQ_EMPTY(head) (!TAILQ_FIRST(head))
#define TAILQ_INIT(head) ((head)->tqh_first = NULL, (void)((head)->tqh_last = &(head)->tqh_first))
#define TAILQ_FOREACH(var, head, field) for ((var) = TAILQ_FIRST(head); (var); (var) = TAILQ_NEXT(var, field))
#define TAILQ_FOREACH_REVERSE(var, head, name, field)                                                                  \
    for ((var) = TAILQ_LAST(head, name); (var); (var) = TAILQ_PREV(var, name, field))
#define TAILQ_INSERT_HEAD(head, one, field)                                                                            \
    do {                                                                                                               \
        if (((one)->field.tqe_next = (head)->tqh_first))                                                               \
            (head)->tqh_first->field.tqe_prev = &(one)->field.tqe_next;                                                \
        else                                                                                                           \
            (head)->tqh_last = &(one)->field.tqe_next;                                                                 \
        (head)->tqh_first = (one);                                                                                     \
        (one)->field.tqe_prev = &(head)->tqh_first;                                                                    \
    } while (0)
#define TAILQ_INSERT_TAIL(head, one, field)                                                                            \
    do {                                                                                                               \
        (one)->field.tqe_next = NULL;                                                                                  \
        (one)->field.tqe_prev = (head)->tqh_last;                                                                      \
        *(head)->tqh_last = (one);                                                                                     \
        (head)->tqh_last = &(one)->field.tqe_next;                                                                     \
    } while (0)
#define TAILQ_INSERT_AFTER(head, at, one, field)                                                                       \
    do {                                                                                                               \
        if (((one)->field.tqe_next = (at)->field.tqe_next))                                                            \
            (one)->field.tqe_next->field.tqe_prev = &(one)->field.tqe_next;                                            \
        else                                                                                                           \
            (head)->tqh_last = &(one)->field.tqe_next;                                                                 \
        (at)->field.tqe_next = (one);                                                                                  \
        (one)->field.tqe_prev = &(at)->field.tqe_next;                                                                 \
    } while (0)
#define TAILQ_INSERT_BEFORE(at, one, field)                                                                            \
    do {                                                                                                               \
        (one)->field.tqe_prev = (at)->field.tqe_prev;                                                                  \
        (one)->field.tqe_next = (at);                                                                                  \
        *(at)->field.tqe_prev = (one);                                                                                 \
        (at)->field.tqe_prev = &(one)->field.tqe_next;                                                                 \
    } while (0)
#define TAILQ_REMOVE(head, one, field)                                                                                 \
    do {                                                                                                               \
        if ((one)->field.tqe_next)                                                                                     \
            (one)->field.tqe_next->field.tqe_prev = (one)->field.tqe_prev;                                             \
        else                                                                                                           \
            (head)->tqh_last = (one)->field.tqe_prev;                                                                  \
        *(one)->field.tqe_prev = (one)->field.tqe_next;                                                                \
    } while (0)
/* clang-format on */

#endif
