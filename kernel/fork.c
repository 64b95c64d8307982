/*
 * fork, vfork, clone, clone3: a new process, or a new thread of the same one.
 *
 *                 address space  files  cwd, umask  handlers   process
 *     fork        copied         copied copied      copied     new
 *     vfork       shared         copied copied      copied     new; the parent waits for its exec or exit
 *     a thread    shared         shared shared      shared     the same
 *     clone       each as its flags say
 *
 * Everything is made first and thrown away if something is missing; then it is put into the tree and started, which
 * cannot fail. The caller's own memory is written (PARENT_SETTID) between the two, when the number is known.
 */
#include "kernel/abi/errno.h"
#include "kernel/abi/resource.h"
#include "kernel/abi/sched.h"
#include "kernel/abi/signal.h"
#include "kernel/cpu.h"
#include "kernel/fs/files.h"
#include "kernel/fs/vfs.h"
#include "kernel/layout.h"
#include "kernel/panic.h"
#include "kernel/pid.h"
#include "kernel/process.h"
#include "kernel/registers.h"
#include "kernel/signal.h"
#include "kernel/syscall_list.h"
#include "kernel/thread.h"
#include "kernel/userstate.h"
#include "libc/string.h"
#include "mm/aspace.h"
#include "mm/oom.h"
#include "mm/usercopy.h"

struct clone_request {
    uint64_t flags;
    int exit_signal;
    vaddr_t stack; /* 0: the parent's */
    vaddr_t parent_tid, child_tid, tls;
};

/* What clone(2) forbids. */
static int request_check(const struct clone_request *request)
{
    uint64_t flags = request->flags;
    if ((flags & CLONE_SIGHAND) != 0 && (flags & CLONE_VM) == 0)
        return -EINVAL;
    if ((flags & CLONE_THREAD) != 0 && (flags & CLONE_SIGHAND) == 0)
        return -EINVAL;
    if ((flags & CLONE_CLEAR_SIGHAND) != 0 && (flags & CLONE_SIGHAND) != 0)
        return -EINVAL;
    if ((flags & CLONE_NAMESPACES) != 0 || (flags & CLONE_PIDFD) != 0)
        return -EINVAL;
    if ((flags & CLONE_PARENT) != 0 && process_current()->pid == 1)
        return -EINVAL;
    if (request->exit_signal < 0 || request->exit_signal > SIGNALS)
        return -EINVAL;
    if ((flags & CLONE_SETTLS) != 0 && request->tls >= USER_END)
        return -EPERM;
    return 0;
}

static int memory_copy(struct process *child, struct process *parent, uint64_t flags)
{
    if ((flags & CLONE_VM) != 0) {
        aspace_share(parent->aspace);
        child->aspace = parent->aspace;
    } else {
        child->aspace = aspace_fork(parent->aspace);
    }
    return child->aspace != NULL ? 0 : -ENOMEM;
}

static int files_and_fs_copy(struct process *child, struct process *parent, uint64_t flags)
{
    if ((flags & CLONE_FILES) != 0) {
        atomic_fetch_add(&parent->files->references, 1);
        child->files = parent->files;
    } else {
        child->files = files_copy(parent->files);
    }
    if ((flags & CLONE_FS) != 0) {
        atomic_fetch_add(&parent->fs->references, 1);
        child->fs = parent->fs;
    } else {
        child->fs = fs_context_copy(parent->fs);
    }
    return child->files != NULL && child->fs != NULL ? 0 : -ENOMEM;
}

static int handlers_copy(struct process *child, struct process *parent, uint64_t flags)
{
    if ((flags & CLONE_SIGHAND) != 0) {
        atomic_fetch_add(&parent->sighand->references, 1);
        child->sighand = parent->sighand;
    } else if ((flags & CLONE_CLEAR_SIGHAND) != 0) {
        child->sighand = sighand_create();
    } else {
        child->sighand = sighand_copy(parent->sighand);
    }
    return child->sighand != NULL ? 0 : -ENOMEM;
}

static void attributes_copy(struct process *child, const struct process *parent, const struct clone_request *request)
{
    child->credentials = parent->credentials;
    memcpy(child->limits, parent->limits, sizeof(child->limits));
    memcpy(child->unknown_calls, parent->unknown_calls, sizeof(child->unknown_calls));
    memcpy(child->name, parent->name, sizeof(child->name));
    child->nice = parent->nice;
    oom_adjustment_copy(child, parent);
    child->cputime.watched = parent->cputime.watched;
    child->no_new_privileges = parent->no_new_privileges;
    child->exit_signal = request->exit_signal;
    child->vfork_pending = (request->flags & CLONE_VFORK) != 0;
}

static void process_discard(struct process *process)
{
    if (process->files != NULL)
        files_put(process->files);
    if (process->fs != NULL)
        fs_context_put(process->fs);
    if (process->aspace != NULL)
        aspace_leave(process->aspace);
    process->files = NULL;
    process->fs = NULL;
    process->aspace = NULL;
    process_put(process);
}

/* A process like the running one, as far as the flags do not say that it shares things; null without memory. */
static struct process *process_copy(const struct clone_request *request)
{
    struct process *parent = process_current();
    struct process *child = process_allocate();
    if (child == NULL)
        return NULL;
    attributes_copy(child, parent, request);
    if (handlers_copy(child, parent, request->flags) == 0 && files_and_fs_copy(child, parent, request->flags) == 0 &&
        memory_copy(child, parent, request->flags) == 0)
        return child;
    process_discard(child);
    return NULL;
}

/* A thread that goes on where the running one is, with 0 as the result of its call; null without memory. */
static struct thread *thread_copy(const struct registers *regs, const struct clone_request *request)
{
    struct thread *parent = thread_current();
    struct registers child_regs = *regs;
    child_regs.rax = 0;
    if (request->stack != 0)
        child_regs.rsp = request->stack;
    struct thread *child = thread_create_user(parent->name, &child_regs);
    if (child == NULL)
        return NULL;
    child->user = user_thread_create(child);
    if (child->user == NULL) {
        thread_destroy_new(child);
        return NULL;
    }
    userstate_sync(parent);
    memcpy(child->fpu, parent->fpu, cpu_features.xsave_size);
    child->fs_base = (request->flags & CLONE_SETTLS) != 0 ? request->tls : parent->fs_base;
    child->gs_base = parent->gs_base;
    child->share = parent->share;
    child->allowed_cpus = parent->allowed_cpus;
    child->user->blocked = parent->user->mask_is_saved ? parent->user->saved_mask : parent->user->blocked;
    if ((request->flags & (CLONE_VM | CLONE_VFORK)) != CLONE_VM) {
        child->user->stack_base = parent->user->stack_base;
        child->user->stack_size = parent->user->stack_size;
        child->user->stack_flags = parent->user->stack_flags;
    }
    if ((request->flags & CLONE_CHILD_CLEARTID) != 0)
        child->user->clear_child_tid = request->child_tid;
    return child;
}

static void thread_discard(struct thread *thread)
{
    user_thread_destroy(thread->user);
    thread->user = NULL;
    thread_destroy_new(thread);
}

/* The parent of a new process; under process_lock. */
static struct process *parent_of_new(const struct clone_request *request)
{
    struct process *current = process_current();
    bool share = (request->flags & CLONE_PARENT) != 0 && current->parent != NULL;
    return share ? current->parent : current;
}

/* RLIMIT_NPROC: how many threads may run for one user. It does not bind user 0. */
static int limit_check_locked(void)
{
    const struct process *current = process_current();
    const struct credentials *own = &current->credentials;
    if (own->uid == 0 || own->euid == 0)
        return 0;
    return process_threads_of_user_locked(own->uid) < current->limits[RLIMIT_NPROC].soft ? 0 : -EAGAIN;
}

/*
 * Takes a number for the thread (and its process); 0, -EAGAIN when there is none or the user has too many, or -EINTR when the running process is
 * about to end, in which case nobody may join it.
 */
static int number_take(struct thread *thread)
{
    spin_lock(&process_lock);
    int result = process_current()->exiting ? -EINTR : limit_check_locked();
    if (result == 0) {
        process_current()->user_is_full = false;
        thread->tid = pid_allocate_locked();
        if (thread->tid == 0)
            result = -EAGAIN;
    }
    spin_unlock(&process_lock);
    return result;
}

/* Writes the new thread's number where parent and child want it. A bad address is not an error (Linux). */
static void number_write(const struct clone_request *request, struct aspace *child_aspace, pid_t tid)
{
    int ignored = 0;
    if ((request->flags & CLONE_PARENT_SETTID) != 0)
        ignored |= copy_to_user(request->parent_tid, &tid, sizeof(tid));
    if ((request->flags & CLONE_CHILD_SETTID) != 0)
        ignored |= copy_to_aspace(child_aspace, request->child_tid, &tid, sizeof(tid));
    (void)ignored;
}

/* Puts thread and process into the tree. */
static void enter_tree(struct process *child, struct thread *thread, const struct clone_request *request)
{
    struct process *current = process_current();
    spin_lock(&process_lock);
    if (child != current) {
        struct process *parent = parent_of_new(request);
        if (parent != current)
            child->exit_signal = current->exit_signal;
        child->pid = thread->tid;
        child->group = current->group;
        child->session = current->session;
        child->tty = current->tty;
        process_link_locked(child, parent);
    }
    process_add_thread_locked(child, thread);
    /* A signal that ends the parent may have been sent to its group, when the child was not there to get it, too. */
    bool doomed = child != current && signal_ends_process();
    struct sighand *sighand = sighand_lock_process(child);
    if (doomed)
        pending_add(&child->pending, &(const struct signal_info){.signal = SIGKILL, .code = SI_KERNEL});
    thread->aspace = child->aspace;
    thread->signal_wanted = thread->signal_wanted || doomed || child->exiting || child->exec_thread != NULL ||
                            child->stop_wanted || child->hold_wanted;
    spin_unlock(&sighand->lock);
    spin_unlock(&process_lock);
}

/*
 * vfork: until the child has a memory of its own or none. Only the end of the parent itself is let in between; a stop has to
 * wait, and the parent does not count as stopped meanwhile (both as in Linux).
 */
static void wait_for_vfork(struct process *child)
{
    struct user_thread *user = thread_current()->user;
    user->only_fatal = true;
    (void)wait_event_interruptible(&child->vfork_wait, !child->vfork_pending, 0);
    user->only_fatal = false;
}

/* With a thread made, and for a new process that made, too. */
static long clone_commit(struct process *child, struct thread *thread, const struct clone_request *request)
{
    bool vfork = child != process_current() && (request->flags & CLONE_VFORK) != 0;
    pid_t tid = thread->tid;
    number_write(request, child->aspace, tid);
    if (vfork)
        process_get(child);
    enter_tree(child, thread, request);
    thread_start(thread);
    if (vfork) {
        wait_for_vfork(child);
        process_put(child);
    }
    return tid;
}

static long process_clone(struct registers *regs, const struct clone_request *request)
{
    int error = request_check(request);
    if (error != 0)
        return error;
    bool same = (request->flags & CLONE_THREAD) != 0;
    struct thread *thread = thread_copy(regs, request);
    if (thread == NULL)
        return -ENOMEM;
    struct process *child = same ? process_current() : process_copy(request);
    error = child == NULL ? -ENOMEM : number_take(thread);
    if (error == 0)
        return clone_commit(child, thread, request);
    thread_discard(thread);
    if (child != NULL && !same)
        process_discard(child);
    return error;
}

long sys_fork(struct registers *regs)
{
    struct clone_request request = {.exit_signal = SIGCHLD};
    return process_clone(regs, &request);
}

long sys_vfork(struct registers *regs)
{
    struct clone_request request = {.flags = CLONE_VM | CLONE_VFORK, .exit_signal = SIGCHLD};
    return process_clone(regs, &request);
}

long sys_clone(struct registers *regs)
{
    struct clone_request request = {
        .flags = regs->rdi & UINT32_MAX & ~(uint64_t)CSIGNAL,
        .exit_signal = (int)(regs->rdi & CSIGNAL),
        .stack = regs->rsi,
        .parent_tid = regs->rdx,
        .child_tid = regs->r10,
        .tls = regs->r8,
    };
    return process_clone(regs, &request);
}

long sys_clone3(struct registers *regs)
{
    struct linux_clone_args args = {0};
    if (regs->rsi < CLONE_ARGS_SIZE_FIRST)
        return -EINVAL;
    if (regs->rsi > PAGE_SIZE)
        return -E2BIG;
    if (copy_from_user(&args, regs->rdi, min_u64(regs->rsi, sizeof(args))) != 0)
        return -EFAULT;
    if ((args.flags & (CSIGNAL | CLONE_DETACHED)) != 0 || args.exit_signal > SIGNALS || args.set_tid_size != 0 ||
        (args.stack == 0) != (args.stack_size == 0) || !user_range_ok(args.stack, args.stack_size))
        return -EINVAL;
    if ((args.flags & (CLONE_THREAD | CLONE_PARENT)) != 0 && args.exit_signal != 0)
        return -EINVAL;
    struct clone_request request = {
        .flags = args.flags,
        .exit_signal = (int)args.exit_signal,
        .stack = args.stack + args.stack_size,
        .parent_tid = args.parent_tid,
        .child_tid = args.child_tid,
        .tls = args.tls,
    };
    return process_clone(regs, &request);
}
