/*
 * The processes there are: the tree, the table by number, groups and sessions. How they come into being and end:
 * fork.c, exec.c, exit.c.
 *
 * A process is found by number through a hash of lists; threads have a hash of their own, as thread and process numbers
 * come from one range and the first thread of a process has its number. `process_all` is in order of age, not of
 * numbers.
 */
#include "kernel/process.h"

#include "kernel/futex.h"
#include "kernel/panic.h"
#include "kernel/pid.h"
#include "libc/string.h"
#include "mm/aspace.h"
#include "mm/frame.h"
#include "mm/slab.h"

enum { HASH_SIZE = 256 };

struct spinlock process_lock = SPINLOCK_INIT(RANK_PROCESS);
struct list process_all = LIST_INIT(process_all);

static struct list process_hash[HASH_SIZE], thread_hash[HASH_SIZE];
static unsigned processes;
static struct slab_cache process_cache, user_thread_cache;

void process_init(void)
{
    for (unsigned i = 0; i < HASH_SIZE; i++) {
        list_init(&process_hash[i]);
        list_init(&thread_hash[i]);
    }
    slab_cache_init(&process_cache, "process", sizeof(struct process));
    slab_cache_init(&user_thread_cache, "user_thread", sizeof(struct user_thread));
    pending_module_init();
    sighand_module_init();
    futex_init();
}

struct process *process_allocate(void)
{
    struct process *process = slab_alloc(&process_cache, FRAME_ZERO);
    if (process == NULL)
        return NULL;
    process->references = 1;
    list_init(&process->children);
    list_init(&process->threads);
    list_init(&process->posix_timers);
    waitqueue_init(&process->child_wait);
    waitqueue_init(&process->vfork_wait);
    waitqueue_init(&process->thread_wait);
    waitqueue_init(&process->stop_wait);
    waitqueue_init(&process->hold_wait);
    pending_init(&process->pending);
    process->start_time = time_now();
    return process;
}

void process_put(struct process *process)
{
    if (atomic_fetch_sub_explicit(&process->references, 1, memory_order_acq_rel) != 1)
        return;
    assert(process->aspace == NULL && process->files == NULL && process->fs == NULL);
    pending_discard(&process->pending, UINT64_MAX);
    if (process->sighand != NULL)
        sighand_put(process->sighand);
    slab_free(&process_cache, process);
}

struct user_thread *user_thread_create(struct thread *thread)
{
    struct user_thread *user = slab_alloc(&user_thread_cache, FRAME_ZERO);
    if (user == NULL)
        return NULL;
    user->thread = thread;
    user->stack_flags = SS_DISABLE;
    pending_init(&user->pending);
    return user;
}

void user_thread_destroy(struct user_thread *user)
{
    pending_discard(&user->pending, UINT64_MAX);
    slab_free(&user_thread_cache, user);
}

/* --- numbers --- */

static inline struct list *hash_chain(struct list *table, pid_t number)
{
    return &table[(unsigned)number % HASH_SIZE];
}

struct process *process_find_locked(pid_t pid)
{
    list_for_each(link, hash_chain(process_hash, pid))
    {
        struct process *process = list_entry(link, struct process, pid_link);
        if (process->pid == pid)
            return process;
    }
    return NULL;
}

struct thread *process_thread_find_locked(pid_t tid)
{
    list_for_each(link, hash_chain(thread_hash, tid))
    {
        struct thread *thread = list_entry(link, struct user_thread, tid_link)->thread;
        if (thread->tid == tid)
            return thread;
    }
    return NULL;
}

struct process *process_find(pid_t pid)
{
    spin_lock(&process_lock);
    struct process *process = process_find_locked(pid);
    if (process != NULL)
        process_get(process);
    spin_unlock(&process_lock);
    return process;
}

struct aspace *process_aspace(struct process *process)
{
    spin_lock(&process_lock);
    struct aspace *aspace = process->aspace;
    if (aspace != NULL)
        aspace_get(aspace);
    spin_unlock(&process_lock);
    return aspace;
}

bool process_may_look(const struct process *process, uint32_t uid, uint32_t gid)
{
    const struct process *self = process_current();
    const struct credentials *theirs = &process->credentials;
    bool is_theirs = uid == theirs->uid && uid == theirs->euid && uid == theirs->suid;
    bool in_theirs = gid == theirs->gid && gid == theirs->egid && gid == theirs->sgid;
    return process == self || self->credentials.euid == 0 || (is_theirs && in_theirs);
}

/* The process with the lowest number above `pid`, referenced, or null. */
static struct process *process_after(pid_t pid)
{
    struct process *best = NULL;
    spin_lock(&process_lock);
    list_for_each(link, &process_all)
    {
        struct process *process = list_entry(link, struct process, all_link);
        if (process->pid > pid && (best == NULL || process->pid < best->pid))
            best = process;
    }
    if (best != NULL)
        process_get(best);
    spin_unlock(&process_lock);
    return best;
}

int process_for_each(int (*visit)(struct process *process, void *context), void *context)
{
    int result = 0;
    pid_t pid = 0;
    struct process *process;
    while (result == 0 && (process = process_after(pid)) != NULL) {
        pid = process->pid;
        result = visit(process, context);
        process_put(process);
    }
    return result;
}

unsigned process_count(void)
{
    return processes;
}

uint64_t process_threads_of_user_locked(uint32_t uid)
{
    uint64_t count = 0;
    list_for_each(link, &process_all)
    {
        const struct process *process = list_entry(link, struct process, all_link);
        if (process->credentials.uid == uid)
            count += max_u64(process->thread_count, 1);
    }
    return count;
}

uint64_t process_threads_of_user(uint32_t uid)
{
    spin_lock(&process_lock);
    uint64_t count = process_threads_of_user_locked(uid);
    spin_unlock(&process_lock);
    return count;
}

/* --- the tree --- */

void process_link_locked(struct process *process, struct process *parent)
{
    assert(spin_is_held(&process_lock));
    process->parent = parent;
    process->parent_pid = parent != NULL ? parent->pid : 0;
    if (parent != NULL)
        list_push_back(&parent->children, &process->sibling);
    list_push_back(&process_all, &process->all_link);
    list_push_front(hash_chain(process_hash, process->pid), &process->pid_link);
    pid_hold_locked(process->group);
    pid_hold_locked(process->session);
    processes++;
}

void process_release_locked(struct process *process)
{
    assert(spin_is_held(&process_lock));
    assert(process->state == PROCESS_ZOMBIE && process->thread_count == 0);
    if (process->parent != NULL)
        list_remove(&process->sibling);
    process->parent = NULL;
    list_remove(&process->all_link);
    list_remove(&process->pid_link);
    pid_release_locked(process->group);
    pid_release_locked(process->session);
    pid_release_locked(process->pid);
    processes--;
}

void process_add_thread_locked(struct process *process, struct thread *thread)
{
    assert(spin_is_held(&process_lock));
    process_get(process);
    thread->process = process;
    list_push_front(hash_chain(thread_hash, thread->tid), &thread->user->tid_link);
    struct sighand *sighand = sighand_lock_process(process);
    list_push_back(&process->threads, &thread->process_link);
    process->thread_count++;
    process->threads_alive++;
    spin_unlock(&sighand->lock);
}

void process_remove_thread_locked(struct process *process, struct thread *thread)
{
    assert(spin_is_held(&process_lock));
    list_remove(&thread->user->tid_link);
    struct sighand *sighand = sighand_lock_process(process);
    list_remove(&thread->process_link);
    process->thread_count--;
    signal_hand_on_locked(process, UINT64_MAX);
    spin_unlock(&sighand->lock);
    if (thread->tid != process->pid)
        pid_release_locked(thread->tid);
}

void process_change_tid_locked(struct thread *thread, pid_t tid)
{
    assert(spin_is_held(&process_lock));
    list_remove(&thread->user->tid_link);
    if (thread->tid != thread->process->pid)
        pid_release_locked(thread->tid);
    thread->tid = tid;
    list_push_front(hash_chain(thread_hash, tid), &thread->user->tid_link);
}

void process_set_group_locked(struct process *process, pid_t group, pid_t session)
{
    assert(spin_is_held(&process_lock));
    pid_hold_locked(group);
    pid_hold_locked(session);
    pid_release_locked(process->group);
    pid_release_locked(process->session);
    process->group = group;
    process->session = session;
}

pid_t process_group_session_locked(pid_t group)
{
    list_for_each(link, &process_all)
    {
        struct process *process = list_entry(link, struct process, all_link);
        if (process->group == group)
            return process->session;
    }
    return -1;
}

bool process_group_is_orphaned_locked(pid_t group, const struct process *leaving)
{
    list_for_each(link, &process_all)
    {
        struct process *process = list_entry(link, struct process, all_link);
        if (process->group != group || process == leaving || process->state == PROCESS_ZOMBIE)
            continue;
        const struct process *parent = process->parent;
        if (parent != NULL && parent->pid != 1 && parent->group != group && parent->session == process->session)
            return false;
    }
    return true;
}

void process_vfork_done(struct process *process)
{
    if (!process->vfork_pending)
        return;
    process->vfork_pending = false;
    wait_wake_all(&process->vfork_wait);
}
