/*
 * wait4 and waitid: learning what became of children, and reaping those that have ended.
 *
 * One scan over the children under process_lock finds the first that has something to report and takes the report; it
 * is repeated whenever a child has changed, until there is a report, no child that could ever have one, or a signal.
 */
#include "kernel/abi/errno.h"
#include "kernel/abi/resource.h"
#include "kernel/abi/wait.h"
#include "kernel/process.h"
#include "kernel/rusage.h"
#include "kernel/signal.h"
#include "kernel/syscall_list.h"
#include "kernel/thread.h"
#include "mm/usercopy.h"

struct wait_request {
    enum wait_id_type type;
    pid_t id;
    uint32_t options;
    bool has_children; /* found by the last scan: some child could still report */
    bool found;
    pid_t pid; /* the report */
    uint32_t uid;
    int code, status; /* CLD_*, and the status word of wait4 */
    struct usage usage;
    struct process *reaped;
};

static bool is_meant(const struct wait_request *request, const struct process *child)
{
    if ((request->type == P_PID && child->pid != request->id) ||
        (request->type == P_PGID && child->group != request->id))
        return false;
    if ((request->options & WALL_) != 0)
        return true;
    return (child->exit_signal != SIGCHLD) == ((request->options & WCLONE_) != 0);
}

static bool report_end(struct wait_request *request, struct process *child)
{
    if (child->state != PROCESS_ZOMBIE || (request->options & WEXITED) == 0)
        return false;
    request->status = child->exit_status;
    request->code = (child->exit_status & 0x7f) != 0 ? CLD_KILLED : CLD_EXITED;
    request->usage = child->ended;
    usage_add(&request->usage, &child->children_usage);
    if ((request->options & WNOWAIT) == 0) {
        usage_add(&process_current()->children_usage, &request->usage);
        process_release_locked(child);
        request->reaped = child;
    }
    return true;
}

static bool report_stop(struct wait_request *request, struct process *child)
{
    bool keep = (request->options & WNOWAIT) != 0;
    bool found = false;
    struct sighand *sighand = sighand_lock_process(child);
    if (child->stop_unreported && (request->options & WSTOPPED) != 0) {
        request->status = wait_status_stopped(child->stop_signal);
        request->code = CLD_STOPPED;
        child->stop_unreported = keep;
        found = true;
    } else if (child->continue_unreported && (request->options & WCONTINUED) != 0) {
        request->status = wait_status_continued();
        request->code = CLD_CONTINUED;
        child->continue_unreported = keep;
        found = true;
    }
    spin_unlock(&sighand->lock);
    return found;
}

/* Whether the wait is over: a report, or nothing to wait for. */
static bool scan(struct wait_request *request)
{
    struct process *self = process_current();
    if (request->found)
        return true;
    request->has_children = false;
    spin_lock(&process_lock);
    list_for_each(link, &self->children)
    {
        struct process *child = list_entry(link, struct process, sibling);
        if (!is_meant(request, child))
            continue;
        request->has_children = true;
        request->pid = child->pid;
        request->uid = child->credentials.uid;
        if (report_end(request, child) || (child->state != PROCESS_ZOMBIE && report_stop(request, child))) {
            request->found = true;
            break;
        }
    }
    spin_unlock(&process_lock);
    return request->found || !request->has_children;
}

/* 1 with a report, 0 with none yet (WNOHANG), -ECHILD, -EINTR. */
static int wait_for_report(struct wait_request *request)
{
    struct process *self = process_current();
    if (!scan(request)) {
        if ((request->options & WNOHANG) != 0)
            return 0;
        int error = wait_event_interruptible(&self->child_wait, scan(request), 0);
        if (error != 0)
            return error;
    }
    if (!request->found)
        return -ECHILD;
    if (request->reaped != NULL)
        process_put(request->reaped);
    return 1;
}

static int usage_write(vaddr_t address, const struct usage *usage)
{
    struct linux_rusage out = rusage_from(usage);
    return address != 0 ? copy_to_user(address, &out, sizeof(out)) : 0;
}

long sys_wait4(struct registers *regs)
{
    pid_t pid = (pid_t)regs->rdi;
    uint32_t options = (uint32_t)regs->rdx;
    if ((options & ~(WNOHANG | WUNTRACED | WCONTINUED | WNOTHREAD_ | WCLONE_ | WALL_)) != 0)
        return -EINVAL;
    if (pid == INT32_MIN)
        return -ESRCH;
    struct wait_request request = {.type = P_ALL, .options = options | WEXITED};
    if (pid > 0) {
        request.type = P_PID;
        request.id = pid;
    } else if (pid != -1) {
        request.type = P_PGID;
        request.id = pid == 0 ? process_current()->group : -pid;
    }
    int result = wait_for_report(&request);
    if (result <= 0)
        return result;
    int32_t status = request.status;
    if (regs->rsi != 0 && copy_to_user(regs->rsi, &status, sizeof(status)) != 0)
        return -EFAULT;
    if (usage_write(regs->r10, &request.usage) != 0)
        return -EFAULT;
    return request.pid;
}

/* si_status: the exit code or the signal. */
static int status_of_info(const struct wait_request *request)
{
    switch (request->code) {
    case CLD_EXITED:
    case CLD_STOPPED:
        return request->status >> 8 & 0xff;
    case CLD_KILLED:
        return request->status & 0x7f;
    default:
        return SIGCONT;
    }
}

static int info_write(vaddr_t address, const struct wait_request *request)
{
    struct linux_siginfo info = {0};
    if (request->found) {
        info.signal = SIGCHLD;
        info.code = request->code;
        info.child.pid = request->pid;
        info.child.uid = request->uid;
        info.child.status = status_of_info(request);
    }
    return copy_to_user(address, &info, offsetof(struct linux_siginfo, child.user_time));
}

long sys_waitid(struct registers *regs)
{
    struct wait_request request = {
        .type = (enum wait_id_type)regs->rdi, .id = (pid_t)regs->rsi, .options = (uint32_t)regs->r10};
    const uint32_t kinds = WEXITED | WSTOPPED | WCONTINUED;
    if ((request.options & ~(WNOHANG | WNOWAIT | kinds | WNOTHREAD_ | WCLONE_ | WALL_)) != 0 ||
        (request.options & kinds) == 0)
        return -EINVAL;
    bool wrong_id = regs->rdi > P_PGID || (request.type == P_PID && request.id <= 0) || request.id < 0;
    if (wrong_id && request.type != P_ALL)
        return -EINVAL;
    if (request.type == P_PGID && request.id == 0)
        request.id = process_current()->group;
    int result = wait_for_report(&request);
    if (result > 0 && usage_write(regs->r8, &request.usage) != 0)
        return -EFAULT;
    if (regs->rdx != 0 && info_write(regs->rdx, &request) != 0)
        return -EFAULT; /* after an error as well, and the structure is cleared: so Linux has it */
    return result < 0 ? result : 0;
}
