/*
 * Futexes: a thread sleeps if a word of memory has the value it expects, until another wakes those who sleep on that
 * word. (futex(2))
 *
 * Sleepers are in a hash by the name of their word: for private memory (address space, address), for shared memory
 * (object, byte), so that processes that map it at different addresses mean the same word.
 *
 * No wake-up is lost although the word is read without a lock (reading may sleep): a sleeper first enters the hash,
 * then reads the word. If it still reads the old value, the waker has yet to change it and will find the sleeper
 * afterwards.
 *
 * Lock: futex_lock (spin, RANK_FUTEX): the hash and the waiters in it. A waiter lives on its thread's stack and leaves
 * under the lock.
 */
#include "kernel/futex.h"

#include "kernel/abi/errno.h"
#include "kernel/abi/futex.h"
#include "kernel/process.h"
#include "kernel/restart.h"
#include "kernel/syscall_list.h"
#include "kernel/systime.h"
#include "kernel/thread.h"
#include "kernel/wait.h"
#include "mm/aspace.h"
#include "mm/usercopy.h"

enum { HASH_SIZE = 256, ROBUST_MAX = 2048 };

struct futex_key {
    const void *owner; /* struct aspace or struct object; only compared */
    uint64_t place;    /* address, or byte within the object */
};

struct futex_waiter {
    struct list link;
    struct futex_key key;
    uint32_t bits;
    bool woken;
    struct waitqueue queue;
};

static struct spinlock futex_lock = SPINLOCK_INIT(RANK_FUTEX);
static struct list futex_hash[HASH_SIZE];

void futex_init(void)
{
    for (unsigned i = 0; i < HASH_SIZE; i++)
        list_init(&futex_hash[i]);
}

static struct list *hash_chain(const struct futex_key *key)
{
    uint64_t hash = ((uint64_t)key->owner >> 6) ^ (key->place >> 2);
    return &futex_hash[hash * 0x9e3779b97f4a7c15u >> 56];
}

static inline bool key_equal(const struct futex_key *a, const struct futex_key *b)
{
    return a->owner == b->owner && a->place == b->place;
}

/* The name of the word at `address`. 0, -EINVAL (not aligned), -EFAULT. */
static int key_find(vaddr_t address, bool private, struct futex_key *key)
{
    struct aspace *aspace = thread_current()->aspace;
    if (address % sizeof(uint32_t) != 0)
        return -EINVAL;
    if (!user_range_ok(address, sizeof(uint32_t)))
        return -EFAULT;
    *key = (struct futex_key){aspace, address};
    if (private)
        return 0;
    mutex_lock(&aspace->lock);
    const struct area *area = area_tree_find(&aspace->areas, address);
    if (area != NULL && area->object == NULL && (area->flags & AREA_WRITE) == 0)
        area = NULL; /* nobody could ever change the word (Linux refuses it, too) */
    if (area != NULL && area_is_shared(area) && area->object != NULL)
        *key = (struct futex_key){area->object, (area_index(area, address) << PAGE_SHIFT) + address % PAGE_SIZE};
    mutex_unlock(&aspace->lock);
    return area != NULL ? 0 : -EFAULT;
}

/* Wakes at most `count` sleepers of `key` with a common bit; returns how many. The lock is held. */
static int wake_locked(const struct futex_key *key, int count, uint32_t bits)
{
    int woken = 0;
    list_for_each_safe(link, after, hash_chain(key))
    {
        struct futex_waiter *waiter = list_entry(link, struct futex_waiter, link);
        if (woken >= count)
            break;
        if (!key_equal(&waiter->key, key) || (waiter->bits & bits) == 0)
            continue;
        list_remove(&waiter->link);
        waiter->woken = true;
        wait_wake_all(&waiter->queue);
        woken++;
    }
    return woken;
}

static int futex_wake(vaddr_t address, bool private, int count, uint32_t bits)
{
    struct futex_key key;
    int error = key_find(address, private, &key);
    if (error != 0)
        return error;
    if (bits == 0)
        return -EINVAL;
    spin_lock(&futex_lock);
    int woken = wake_locked(&key, count > 0 ? count : 1, bits);
    spin_unlock(&futex_lock);
    return woken;
}

static void waiter_enter(struct futex_waiter *waiter)
{
    waitqueue_init(&waiter->queue);
    spin_lock(&futex_lock);
    list_push_back(hash_chain(&waiter->key), &waiter->link);
    spin_unlock(&futex_lock);
}

/* Takes the waiter out of the hash; returns whether it had been woken before. */
static bool waiter_leave(struct futex_waiter *waiter)
{
    spin_lock(&futex_lock);
    if (!waiter->woken)
        list_remove(&waiter->link);
    spin_unlock(&futex_lock);
    return waiter->woken;
}

/* Sleeps if the word is `expected`. 0 when woken, -EAGAIN if it is not, -ETIMEDOUT, -EINTR, -EFAULT. */
static int futex_wait(vaddr_t address, bool private, uint32_t expected, uint64_t deadline, uint32_t bits)
{
    struct futex_waiter waiter = {.bits = bits};
    uint32_t value;
    if (bits == 0)
        return -EINVAL;
    int error = key_find(address, private, &waiter.key);
    if (error != 0)
        return error;
    deadline = restart_deadline(deadline);
    waiter_enter(&waiter);
    error = user_load_u32(address, &value);
    if (error == 0 && value != expected)
        error = -EAGAIN;
    if (error == 0)
        error = wait_event_interruptible(&waiter.queue, waiter.woken, deadline);
    return waiter_leave(&waiter) ? 0 : error;
}

/* Wakes `wake` sleepers of one word and makes up to `move` others sleep on a second word; returns how many of both. */
static int futex_requeue(vaddr_t address, vaddr_t second, bool private, int wake, int move, const uint32_t *expected)
{
    struct futex_key from, to;
    uint32_t value;
    int error = key_find(address, private, &from);
    if (error == 0)
        error = key_find(second, private, &to);
    if (error == 0 && (wake < 0 || move < 0))
        error = -EINVAL;
    if (error == 0 && expected != NULL) {
        error = user_load_u32(address, &value);
        if (error == 0 && value != *expected)
            error = -EAGAIN;
    }
    if (error != 0)
        return error;
    spin_lock(&futex_lock);
    int woken = wake != 0 ? wake_locked(&from, wake, FUTEX_BITSET_MATCH_ANY) : 0, moved = 0;
    list_for_each_safe(link, after, hash_chain(&from))
    {
        struct futex_waiter *waiter = list_entry(link, struct futex_waiter, link);
        if (moved >= move)
            break;
        if (!key_equal(&waiter->key, &from) || key_equal(&from, &to))
            continue;
        list_remove(&waiter->link);
        waiter->key = to;
        list_push_back(hash_chain(&to), &waiter->link);
        moved++;
    }
    spin_unlock(&futex_lock);
    return woken + moved;
}

static uint32_t wake_op_result(unsigned operation, uint32_t old, uint32_t argument)
{
    switch (operation) {
    case FUTEX_OP_SET:
        return argument;
    case FUTEX_OP_ADD:
        return old + argument;
    case FUTEX_OP_OR:
        return old | argument;
    case FUTEX_OP_ANDN:
        return old & ~argument;
    default:
        return old ^ argument;
    }
}

static bool wake_op_compare(unsigned comparison, int32_t old, int32_t argument)
{
    switch (comparison) {
    case FUTEX_CMP_EQ:
        return old == argument;
    case FUTEX_CMP_NE:
        return old != argument;
    case FUTEX_CMP_LT:
        return old < argument;
    case FUTEX_CMP_LE:
        return old <= argument;
    case FUTEX_CMP_GT:
        return old > argument;
    default:
        return old >= argument;
    }
}

/* A field of 12 bits, with its sign. */
static inline int32_t wake_op_field(uint32_t code, unsigned shift)
{
    return (int32_t)(code << (20 - shift)) >> 20;
}

/*
 * FUTEX_WAKE_OP: changes the second word, wakes sleepers of the first, and of the second if its old value compares so.
 */
static int futex_wake_op(vaddr_t address, vaddr_t second, bool private, int wake, int wake_second, uint32_t code)
{
    unsigned operation = code >> 28 & 7, comparison = code >> 24 & 15;
    uint32_t argument = (uint32_t)wake_op_field(code, 12), old, seen = 0;
    if (operation > FUTEX_OP_XOR || comparison > FUTEX_CMP_GE)
        return -ENOSYS;
    if ((code >> 28 & FUTEX_OP_ARG_SHIFT) != 0)
        argument = (uint32_t)1 << (argument & 31);
    struct futex_key key;
    int error = key_find(second, private, &key);
    if (error == 0)
        error = user_load_u32(second, &seen);
    do {
        old = seen;
        if (error == 0)
            error = user_exchange_u32(second, old, wake_op_result(operation, old, argument), &seen);
    } while (error == 0 && seen != old);
    if (error != 0)
        return error;
    int woken = futex_wake(address, private, wake, FUTEX_BITSET_MATCH_ANY);
    if (woken < 0 || !wake_op_compare(comparison, (int32_t)old, wake_op_field(code, 0)))
        return woken;
    int more = futex_wake(second, private, wake_second, FUTEX_BITSET_MATCH_ANY);
    return more < 0 ? more : woken + more;
}

/* The deadline of a wait: FUTEX_WAIT's timeout is relative, FUTEX_WAIT_BITSET's a time of the chosen clock. 0: none. */
static int deadline_read(vaddr_t address, unsigned command, bool realtime, uint64_t *deadline)
{
    uint64_t ns;
    *deadline = 0;
    if (address == 0)
        return 0;
    int error = user_timespec_read(address, &ns);
    if (error != 0)
        return error;
    *deadline = command == FUTEX_WAIT ? deadline_after(ns)
                                      : deadline_of_clock(realtime ? CLOCK_REALTIME : CLOCK_MONOTONIC, ns);
    return 0;
}

long sys_futex(struct registers *regs)
{
    vaddr_t address = regs->rdi, second = regs->r8;
    unsigned operation = (unsigned)regs->rsi, command = operation & FUTEX_COMMAND_MASK;
    bool private = (operation & FUTEX_PRIVATE_FLAG) != 0, realtime = (operation & FUTEX_CLOCK_REALTIME) != 0;
    uint32_t value = (uint32_t)regs->rdx, bits = (uint32_t)regs->r9;
    int value2 = (int)regs->r10;
    uint64_t deadline;
    int error;
    switch (command) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
        error = deadline_read(regs->r10, command, realtime, &deadline);
        if (error != 0)
            return error;
        return futex_wait(address, private, value, deadline, command == FUTEX_WAIT ? FUTEX_BITSET_MATCH_ANY : bits);
    case FUTEX_WAKE:
        return futex_wake(address, private, (int)value, FUTEX_BITSET_MATCH_ANY);
    case FUTEX_WAKE_BITSET:
        return futex_wake(address, private, (int)value, bits);
    case FUTEX_REQUEUE:
        return futex_requeue(address, second, private, (int)value, value2, NULL);
    case FUTEX_CMP_REQUEUE:
        return futex_requeue(address, second, private, (int)value, value2, &bits);
    case FUTEX_WAKE_OP:
        return futex_wake_op(address, second, private, (int)value, value2, bits);
    default:
        return -ENOSYS;
    }
}

/* --- the end of a thread --- */

/* Marks a robust mutex whose owner ends, and wakes one who waits for it. */
static void mutex_abandon(vaddr_t word, pid_t tid, bool pending)
{
    uint32_t value, old;
    if (word % sizeof(uint32_t) != 0 || user_load_u32(word, &value) != 0)
        return;
    while ((value & FUTEX_TID_MASK) == (uint32_t)tid) {
        if (user_exchange_u32(word, value, (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED, &old) != 0)
            return;
        if (old == value) {
            if ((value & FUTEX_WAITERS) != 0)
                (void)futex_wake(word, false, 1, FUTEX_BITSET_MATCH_ANY);
            return;
        }
        value = old;
    }
    /* Unlocked already, its waiter perhaps not yet woken. */
    if (pending && value == 0)
        (void)futex_wake(word, false, 1, FUTEX_BITSET_MATCH_ANY);
}

static void robust_list_walk(const struct thread *thread)
{
    vaddr_t head_at = thread->user->robust_list;
    struct linux_robust_list_head head;
    if (head_at == 0 || copy_from_user(&head, head_at, sizeof(head)) != 0)
        return;
    vaddr_t entry = head.next & ~(vaddr_t)1,
            pending = head.pending & ~(vaddr_t)1; /* bit 0: a kind of mutex there is none of here */
    for (unsigned i = 0; entry != head_at && i < ROBUST_MAX; i++) {
        vaddr_t next;
        if (copy_from_user(&next, entry, sizeof(next)) != 0)
            return;
        if (entry != pending)
            mutex_abandon(entry + (uint64_t)head.word_offset, thread->tid, false);
        entry = next & ~(vaddr_t)1;
    }
    if (pending != 0)
        mutex_abandon(pending + (uint64_t)head.word_offset, thread->tid, true);
}

void futex_thread_exit(struct thread *thread)
{
    struct user_thread *user = thread->user;
    static const uint32_t zero;
    if (user->robust_list != 0)
        robust_list_walk(thread);
    user->robust_list = 0;
    bool shared = thread->aspace->references > 1 || thread->process->thread_count > 1;
    if (user->clear_child_tid != 0 && shared && copy_to_user(user->clear_child_tid, &zero, sizeof(zero)) == 0)
        (void)futex_wake(user->clear_child_tid, false, 1, FUTEX_BITSET_MATCH_ANY);
    user->clear_child_tid = 0;
}

long sys_set_tid_address(struct registers *regs)
{
    struct thread *thread = thread_current();
    thread->user->clear_child_tid = regs->rdi;
    return thread->tid;
}

long sys_set_robust_list(struct registers *regs)
{
    if (regs->rsi != sizeof(struct linux_robust_list_head))
        return -EINVAL;
    thread_current()->user->robust_list = regs->rdi;
    return 0;
}

long sys_get_robust_list(struct registers *regs)
{
    pid_t tid = (pid_t)regs->rdi;
    uint64_t length = sizeof(struct linux_robust_list_head);
    vaddr_t list = thread_current()->user->robust_list;
    if (tid != 0) {
        spin_lock(&process_lock);
        const struct thread *thread = process_thread_find_locked(tid);
        list = thread != NULL ? thread->user->robust_list : 0;
        spin_unlock(&process_lock);
        if (thread == NULL)
            return -ESRCH;
    }
    if (copy_to_user(regs->rdx, &length, sizeof(length)) != 0)
        return -EFAULT;
    return copy_to_user(regs->rsi, &list, sizeof(list));
}
