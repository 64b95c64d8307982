/*
 * execve and execveat: a process starts another program; and the start of the first one.
 *
 * The new address space is built completely before anything of the old program is given up, so that every error can be
 * returned to it. Then the other threads are made to end, which may fail (a fatal signal), and a descriptor table shared
 * with another process is copied, which may fail too (memory: the program goes on, alone). What follows is the commit:
 * it only exchanges pointers and frees.
 */
#include "kernel/abi/errno.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/resource.h"
#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/fs/path.h"
#include "kernel/fs/vfs.h"
#include "kernel/futex.h"
#include "kernel/gdt.h"
#include "kernel/limits.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/pid.h"
#include "kernel/posix_timer.h"
#include "kernel/process.h"
#include "kernel/program.h"
#include "kernel/registers.h"
#include "kernel/restart.h"
#include "kernel/signal.h"
#include "kernel/syscall_list.h"
#include "kernel/thread.h"
#include "kernel/userstate.h"
#include "kernel/x86.h"
#include "libc/format.h"
#include "libc/string.h"
#include "mm/aspace.h"
#include "mm/slab.h"

/* What the commit needs besides the program; allocated before. */
struct exec_spares {
    struct sighand *sighand;
    struct files *files; /* a copy if the old table is shared, else null */
};

static void spares_release(struct exec_spares *spares)
{
    if (spares->sighand != NULL)
        sighand_put(spares->sighand);
    if (spares->files != NULL)
        files_put(spares->files);
}

/* Whether this thread may begin to end the others: not if another one does, or the process ends. */
static bool exec_begin(struct process *process)
{
    struct sighand *sighand = sighand_lock_process(process);
    bool allowed = process->exec_thread == NULL && !process->exiting;
    if (allowed) {
        process->exec_thread = thread_current();
        if (process->thread_count > 1)
            signal_notify_all_locked(process);
        wait_wake_all(&process->stop_wait);
        wait_wake_all(&process->hold_wait);
    }
    spin_unlock(&sighand->lock);
    return allowed;
}

static void exec_finish(struct process *process)
{
    struct sighand *sighand = sighand_lock_process(process);
    process->exec_thread = NULL;
    spin_unlock(&sighand->lock);
}

/* Ends all other threads. 0, or -EINTR when this thread is to end itself. */
static int become_only_thread(struct process *process)
{
    if (!exec_begin(process))
        return -EINTR;
    wait_event(&process->thread_wait, process->thread_count == 1 || process->exiting);
    if (process->exiting) {
        exec_finish(process);
        return -EINTR;
    }
    struct thread *thread = thread_current();
    if (thread->tid != process->pid) {
        spin_lock(&process_lock);
        process_change_tid_locked(thread, process->pid);
        spin_unlock(&process_lock);
    }
    return 0;
}

/* The last part of a path, cut to the size of a name. */
static void name_set(struct process *process, struct thread *thread, const char *path)
{
    const char *slash = strrchr(path, '/');
    strlcpy(process->name, slash != NULL ? slash + 1 : path, sizeof(process->name));
    strlcpy(thread->name, process->name, sizeof(thread->name));
}

static void memory_exchange(struct process *process, struct program *program)
{
    struct aspace *old = process->aspace;
    spin_lock(&process_lock);
    process_keep_memory_usage(process, old);
    process->aspace = program->aspace;
    program->aspace = NULL;
    spin_unlock(&process_lock);
    aspace_use(process->aspace);
    aspace_leave(old);
    process_vfork_done(process);
}

static void files_exchange(struct process *process, struct exec_spares *spares)
{
    struct files *old = process->files;
    if (spares->files != NULL) {
        spin_lock(&process_lock);
        process->files = spares->files;
        spin_unlock(&process_lock);
        files_put(old);
    }
    files_close_on_exec(process->files);
}

static void thread_reset(struct thread *thread)
{
    struct user_thread *user = thread->user;
    user->stack_base = user->stack_size = 0;
    user->stack_flags = SS_DISABLE;
    user->clear_child_tid = 0;
    user->robust_list = 0;
    userstate_reset(thread);
}

/* How a program starts (System V ABI 3.4.1): everything 0 but the stack pointer. */
static struct registers registers_at_start(const struct program *program)
{
    return (struct registers){
        .vector = VECTOR_SYSCALL,
        .rip = program->entry,
        .rsp = program->sp,
        .cs = USER_CS,
        .ss = USER_SS,
        .rflags = RFLAGS_IF | RFLAGS_FIXED,
        .error = UINT64_MAX,
    };
}

/* The step that cannot fail; the process has one thread. */
static void exec_commit(struct program *program, struct exec_spares *spares, struct registers *regs)
{
    struct thread *thread = thread_current();
    struct process *process = thread->process;
    *regs = registers_at_start(program);
    process->has_executed = true; /* before anybody can tell by a closed descriptor, or by the end of a vfork */
    process->credentials = program->credentials; /* before anybody can find the new memory: process_may_look() */
    futex_thread_exit(thread);
    posix_timers_end(process);
    memory_exchange(process, program);
    files_exchange(process, spares);
    sighand_reset(process, spares->sighand);
    thread_reset(thread);
    if (program->secure)
        process->parent_death_signal = 0;
    process->exit_signal = SIGCHLD;
    memset(process->unknown_calls, 0, sizeof(process->unknown_calls));
    name_set(process, thread, program->path);
    exec_finish(process);
}

/*
 * Ends the other threads and makes a private copy of a descriptor table that is shared even then. The copy comes last: until
 * they have ended, the other threads open and close files, and share the table with new processes.
 */
static int exec_prepare(struct exec_spares *spares, struct process *process)
{
    spares->sighand = sighand_create();
    if (spares->sighand == NULL)
        return -ENOMEM;
    int error = become_only_thread(process);
    if (error != 0 || process->files->references == 1)
        return error;
    spares->files = files_copy(process->files);
    if (spares->files != NULL)
        return 0;
    exec_finish(process);
    return -ENOMEM;
}

/* With the program's path and arguments in place. */
static int exec_program(struct program *program, struct file *file, struct registers *regs)
{
    struct process *process = process_current();
    struct exec_spares spares = {0};
    program->process = process;
    program->credentials = process->credentials;
    int error = program_load(program, file);
    if (error == 0)
        error = exec_prepare(&spares, process);
    if (error == 0)
        exec_commit(program, &spares, regs);
    else
        spares_release(&spares);
    program_release(program);
    return error;
}

/* Linux gives a program without arguments an empty one. */
static int arguments_fetch(struct arguments *arguments, vaddr_t argv, vaddr_t envp)
{
    arguments_init(arguments, process_current()->limits[RLIMIT_STACK].soft);
    int error = arguments_read(arguments, &arguments->argv, argv);
    if (error == 0 && arguments->argv.count == 0)
        error = arguments_add(arguments, &arguments->argv, "");
    return error != 0 ? error : arguments_read(arguments, &arguments->envp, envp);
}

/* Whether the user whom the process has become still has too many; asked once (RLIMIT_NPROC). */
static int user_check(struct process *process)
{
    if (process->user_is_full && process_threads_of_user(process->credentials.uid) > process->limits[RLIMIT_NPROC].soft)
        return -EAGAIN;
    process->user_is_full = false;
    return 0;
}

/* With the program's path filled in, and its file unless that is null; the file is taken over. */
static int exec_path(struct program *program, struct file *file, vaddr_t argv, vaddr_t envp, struct registers *regs)
{
    int error = arguments_fetch(&program->arguments, argv, envp);
    if (error == 0)
        error = user_check(process_current());
    if (error == 0)
        error = exec_program(program, file, regs);
    else if (file != NULL)
        file_put(file);
    arguments_release(&program->arguments);
    return error;
}

long sys_execve(struct registers *regs)
{
    struct user_path path;
    int error = user_path_get(&path, regs->rdi);
    if (error != 0)
        return error;
    struct program program = {.path = path.text};
    error = path.length == 0 ? -ENOENT : exec_path(&program, NULL, regs->rsi, regs->rdx, regs);
    user_path_put(&path);
    return error;
}

/* execveat with an empty path: the file behind a descriptor. */
static int descriptor_open(int fd, uint32_t flags, struct file **result)
{
    if (fd == AT_FDCWD)
        return -EACCES; /* a folder */
    struct file *file = files_get(fd);
    if (file == NULL)
        return -EBADF;
    int error = file_open_inode(file->dentry, file->inode, flags, result);
    file_put(file);
    return error;
}

static int path_open_at(int fd, const char *path, uint32_t flags, struct file **result)
{
    struct dentry *at;
    int error = path_start(fd, path, &at);
    if (error != 0)
        return error;
    error = file_open(at, path, flags, 0, result);
    if (at != NULL)
        dentry_put(at);
    return error;
}

/*
 * A program or script found through descriptor `fd` is told to be in /dev/fd, which a script's interpreter can open, unless
 * exec closes the descriptor.
 */
static int exec_through(int fd, const struct user_path *path, struct file *file, struct registers *regs)
{
    size_t size = path->length + sizeof("/dev/fd/-2147483648/");
    char *name = kmalloc(size);
    if (name == NULL) {
        file_put(file);
        return -ENOMEM;
    }
    snprintf(name, size, "/dev/fd/%d%s%s", fd, path->length != 0 ? "/" : "", path->text);
    struct program program = {.path = name, .path_closes = files_get_close_on_exec(fd) > 0};
    int error = exec_path(&program, file, regs->rdx, regs->r10, regs);
    kfree(name);
    return error;
}

static int exec_at(int fd, const struct user_path *path, unsigned flags, struct registers *regs)
{
    uint32_t open_flags = OPEN_PROGRAM | (flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0);
    struct file *file;
    int error = path->length == 0 ? descriptor_open(fd, open_flags, &file)
                                  : path_open_at(fd, path->text, open_flags, &file);
    if (error != 0)
        return error;
    if (fd != AT_FDCWD && path->text[0] != '/')
        return exec_through(fd, path, file, regs);
    struct program program = {.path = path->text};
    return exec_path(&program, file, regs->rdx, regs->r10, regs);
}

long sys_execveat(struct registers *regs)
{
    struct user_path path;
    unsigned flags = (unsigned)regs->r8;
    int error = user_path_get(&path, regs->rsi);
    if (error != 0)
        return error;
    if (path.length == 0 && (flags & AT_EMPTY_PATH) == 0)
        error = -ENOENT;
    else if ((flags & ~(unsigned)(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) != 0)
        error = -EINVAL;
    else
        error = exec_at((int)regs->rdi, &path, flags, regs);
    user_path_put(&path);
    return error;
}

/* --- the first process --- */

static const char *const init_environment[] = {"HOME=/", "TERM=linux", "PATH=/bin:/usr/bin:/sbin:/usr/sbin"};

static struct process *init_create(void)
{
    struct process *process = process_allocate();
    if (process == NULL)
        panic("no memory for the first process");
    limits_init(process);
    process->exit_signal = SIGCHLD;
    process->sighand = sighand_create();
    process->files = files_create();
    process->fs = fs_context_create();
    if (process->sighand == NULL || process->files == NULL || process->fs == NULL)
        panic("no memory for the first process");
    return process;
}

static void init_load(struct program *program, const struct process *process, const char *const argv[])
{
    int error = 0;
    *program = (struct program){.path = argv[0], .process = process};
    arguments_init(&program->arguments, process->limits[RLIMIT_STACK].soft);
    for (unsigned i = 0; argv[i] != NULL && error == 0; i++)
        error = arguments_add(&program->arguments, &program->arguments.argv, argv[i]);
    for (unsigned i = 0; i < ARRAY_LENGTH(init_environment) && error == 0; i++)
        error = arguments_add(&program->arguments, &program->arguments.envp, init_environment[i]);
    if (error == 0)
        error = program_load(program, NULL);
    if (error != 0)
        panic("%s cannot be started: error %d", argv[0], -error);
}

void process_start_init(const char *const argv[])
{
    struct program program;
    struct process *process = init_create();
    init_load(&program, process, argv);
    struct registers regs = registers_at_start(&program);
    struct thread *thread = thread_create_user("init", &regs);
    if (thread == NULL || (thread->user = user_thread_create(thread)) == NULL)
        panic("no memory for the first process");
    process->aspace = thread->aspace = program.aspace;
    program.aspace = NULL;
    thread->spared = true;
    name_set(process, thread, argv[0]);
    spin_lock(&process_lock);
    thread->tid = process->pid = pid_allocate_locked();
    assert(process->pid == 1);
    process_link_locked(process, NULL);
    process_add_thread_locked(process, thread);
    spin_unlock(&process_lock);
    program_release(&program);
    arguments_release(&program.arguments);
    log_write(LOG_INFO, "start: %lu us from kernel entry to the first user instruction, %lu us of them idle",
              time_now() / 1000, thread_run_ns(cpus[0].idle_thread) / 1000);
    thread_start(thread);
}
