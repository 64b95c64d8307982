/*
 * process_vm_readv and process_vm_writev. See process_vm.h.
 */
#include "mm/process_vm.h"

#include "kernel/abi/errno.h"
#include "kernel/process.h"
#include "kernel/registers.h"
#include "kernel/syscall_list.h"
#include "kernel/uio.h"
#include "mm/aspace.h"
#include "mm/slab.h"
#include "mm/usercopy.h"

enum { SEGMENTS_MAX = 1024 };

/* The address space of the process `pid`, referenced, if the caller may look into it. */
static int target_find(pid_t pid, struct aspace **aspace)
{
    struct process *process = process_find(pid);
    if (process == NULL)
        return -ESRCH;
    const struct credentials *ours = &process_current()->credentials;
    *aspace = process_aspace(process);
    bool allowed = process_may_look(process, ours->uid, ours->gid);
    process_put(process);
    if (allowed)
        return *aspace == NULL ? -ESRCH : 0;
    if (*aspace != NULL)
        aspace_put(*aspace);
    return -EPERM;
}

/* Moves one segment of the other process through `buffer`, a page. Returns how many bytes, or an error if none. */
static ssize_t segment_move(struct aspace *target, struct uio *local, const struct uio_segment *remote, char *buffer)
{
    uint64_t done = 0, length = min_u64(remote->length, local->left);
    while (done < length) {
        vaddr_t address = remote->base + done;
        size_t piece = min_u64(length - done, PAGE_SIZE - (address & (PAGE_SIZE - 1)));
        ssize_t moved;
        if (local->into) {
            moved = copy_from_aspace(target, buffer, address, piece);
            if (moved == 0)
                moved = uio_copy_in(local, buffer, piece);
        } else {
            moved = uio_copy_out(local, buffer, piece);
            if (moved > 0 && copy_to_aspace(target, address, buffer, (size_t)moved) != 0)
                moved = -EFAULT;
        }
        if (moved <= 0)
            return done > 0 ? (ssize_t)done : moved;
        done += (uint64_t)moved;
    }
    return (ssize_t)done;
}

ssize_t process_vm_copy(struct aspace *target, struct uio *local, const struct uio_segment *remote, unsigned count)
{
    char *buffer = kmalloc(PAGE_SIZE);
    ssize_t done = 0;
    if (buffer == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < count && local->left > 0; i++) {
        uint64_t wanted = min_u64(remote[i].length, local->left);
        ssize_t moved = segment_move(target, local, &remote[i], buffer);
        if (moved < 0 && done == 0)
            done = moved;
        if (moved > 0)
            done += moved;
        if (moved < 0 || (uint64_t)moved < wanted)
            break;
    }
    kfree(buffer);
    return done;
}

static int segments_check(const struct uio_segment *segments, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (segments[i].length > INT64_MAX)
            return -EINVAL;
    }
    return 0;
}

/* The other side's segments, copied in and checked like the caller's own. */
static ssize_t remote_move(struct registers *regs, struct uio *local)
{
    unsigned count = (unsigned)regs->r8;
    if (regs->r8 > SEGMENTS_MAX)
        return -EINVAL;
    struct uio_segment *remote = kmalloc(max_u64(count, 1) * sizeof(*remote));
    struct aspace *target;
    if (remote == NULL)
        return -ENOMEM;
    ssize_t result = copy_from_user(remote, regs->r10, count * sizeof(*remote));
    if (result == 0)
        result = segments_check(remote, count);
    if (result == 0 && count > 0 && local->left > 0) {
        result = target_find((pid_t)regs->rdi, &target);
        if (result == 0) {
            result = process_vm_copy(target, local, remote, count);
            aspace_put(target);
        }
    }
    kfree(remote);
    return result;
}

static long process_vm_move(struct registers *regs, bool into)
{
    struct uio local;
    if (regs->r9 != 0)
        return -EINVAL;
    if (regs->rdx > SEGMENTS_MAX)
        return -EINVAL;
    int error = uio_init_user_vector(&local, regs->rsi, (int)regs->rdx, into);
    if (error != 0)
        return error;
    ssize_t result = remote_move(regs, &local);
    uio_release(&local);
    return result;
}

long sys_process_vm_readv(struct registers *regs)
{
    return process_vm_move(regs, true);
}

long sys_process_vm_writev(struct registers *regs)
{
    return process_vm_move(regs, false);
}
