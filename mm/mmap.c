/*
 * mmap, munmap, mprotect: from the system call's arguments to a map_request, with the errors of POSIX and, where POSIX leaves a choice, of Linux.
 *
 * The rules (L31): the length is rounded up, the offset is whole pages, the address is a hint unless MAP_FIXED, exactly one of MAP_SHARED and
 * MAP_PRIVATE, and no I/O: pages come when they are touched. Which error wins when several apply is Linux's order, kept by the order of the
 * checks here.
 */
#include "kernel/abi/errno.h"
#include "kernel/abi/mman.h"
#include "kernel/abi/stat.h"
#include "kernel/cpu.h"
#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/registers.h"
#include "kernel/syscall_list.h"
#include "kernel/thread.h"
#include "mm/commit.h"
#include "mm/hugetlb.h"
#include "mm/map.h"
#include "mm/mlock.h"
#include "mm/object.h"

/* Flags that MAP_SHARED_VALIDATE knows; MAP_SHARED and MAP_PRIVATE ignore others. */
enum {
    KNOWN_FLAGS = MAP_SHARED_VALIDATE | MAP_FIXED | MAP_ANONYMOUS | MAP_32BIT | MAP_GROWSDOWN | MAP_DENYWRITE |
                  MAP_EXECUTABLE | MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB |
                  (unsigned)MAP_HUGE_MASK << MAP_HUGE_SHIFT
};

/* A call on its way to a request. */
struct mmap_call {
    uint64_t flags, offset;
    struct file *file; /* referenced, or null */
    struct map_request request;
};

/* The area flags that follow from mmap's flags, but for sharing. */
static uint32_t area_flags_of(uint64_t flags)
{
    uint32_t result = 0;
    if ((flags & MAP_GROWSDOWN) != 0)
        result |= AREA_GROWSDOWN;
    if ((flags & MAP_NORESERVE) != 0 && commit_knows_noreserve())
        result |= AREA_NORESERVE;
    if ((flags & MAP_LOCKED) != 0)
        result |= AREA_LOCKED;
    if ((flags & MAP_STACK) != 0)
        result |= AREA_NOHUGE;
    return result;
}

/* The object of a shared mapping; what it will replace counts as given back already. Null without memory, or when so much may not be promised. */
static struct object *shared_create(const struct map_request *request)
{
    uint64_t released = 0;
    if (request->fixed)
        released = aspace_promised_in(thread_current()->aspace, request->address, request->address + request->length);
    return shm_object_create_instead(request->length, (request->flags & AREA_NORESERVE) == 0, released);
}

static int request_anonymous(struct mmap_call *call)
{
    struct map_request *request = &call->request;
    switch (call->flags & MAP_TYPE) {
    case MAP_SHARED:
        if ((call->flags & MAP_GROWSDOWN) != 0)
            return -EINVAL;
        request->flags |= AREA_SHARED | AREA_MAY_WRITE;
        request->object = shared_create(request);
        request->offset = 0;
        return request->object != NULL ? 0 : -ENOMEM;
    case MAP_PRIVATE:
        request->flags |= AREA_MAY_WRITE;
        request->offset = 0;
        return 0;
    default:
        return -EINVAL;
    }
}

/* What may be mapped of an open file, and how. */
static int file_check(const struct mmap_call *call)
{
    bool writable = file_is_writable(call->file);
    uint32_t rights = call->request.flags & AREA_RIGHTS;
    switch (call->flags & MAP_TYPE) {
    case MAP_SHARED_VALIDATE:
        if ((call->flags & ~(uint64_t)KNOWN_FLAGS) != 0)
            return -EOPNOTSUPP;
        /* fall through */
    case MAP_SHARED:
        if ((rights & AREA_WRITE) != 0 && !writable)
            return -EACCES;
        /* fall through */
    case MAP_PRIVATE:
        if (!file_is_readable(call->file))
            return -EACCES;
        break;
    default:
        return -EINVAL;
    }
    unsigned type = call->file->inode->mode & S_IFMT;
    if ((rights & AREA_EXEC) != 0 && (type == S_IFIFO || type == S_IFSOCK))
        return -EPERM; /* their file systems hold no programs */
    bool regular = type == S_IFREG;
    if (call->file->ops->map == NULL && !regular)
        return -ENODEV;
    return (call->flags & MAP_GROWSDOWN) != 0 ? -EINVAL : 0;
}

static int request_file(struct mmap_call *call)
{
    struct map_request *request = &call->request;
    struct file *file = call->file;
    int error = file_check(call);
    if (error != 0)
        return error;
    bool shared = (call->flags & MAP_TYPE) != MAP_PRIVATE;
    request->flags |= shared ? AREA_SHARED : AREA_MAY_WRITE;
    if (shared && file_is_writable(file))
        request->flags |= AREA_MAY_WRITE;
    request->file = file;
    request->offset = call->offset;
    if (file->ops->map != NULL)
        return file->ops->map(file, request);
    object_get(&file->inode->object);
    request->object = &file->inode->object;
    return 0;
}

/* The checks that come before the kind of mapping is looked at. */
static int request_check(const struct mmap_call *call)
{
    const struct map_request *request = &call->request;
    uint64_t length = round_up(request->length, PAGE_SIZE);
    if (request->length == 0)
        return -EINVAL;
    if (length == 0)
        return -ENOMEM;
    if ((call->offset >> PAGE_SHIFT) + (length >> PAGE_SHIFT) > UINT64_MAX >> PAGE_SHIFT)
        return -EOVERFLOW;
    if (call->file != NULL && call->offset > (uint64_t)INT64_MAX - length)
        return -EOVERFLOW;
    if (length > USER_END)
        return -ENOMEM;
    if (request->fixed && request->address > USER_END - length)
        return -ENOMEM;
    if (request->fixed && !is_aligned(request->address, PAGE_SIZE))
        return -EINVAL;
    if ((request->flags & AREA_LOCKED) != 0)
        return lock_may_grow(thread_current()->aspace, length >> PAGE_SHIFT);
    return 0;
}

static long mmap_do(struct mmap_call *call)
{
    struct aspace *aspace = thread_current()->aspace;
    struct map_request *request = &call->request;
    vaddr_t result = 0;
    int error = request_check(call);
    if (error != 0)
        return error;
    request->length = round_up(request->length, PAGE_SIZE);
    if (request->fixed_noreplace) {
        mutex_lock(&aspace->lock);
        bool is_free = aspace_is_free_locked(aspace, request->address, request->address + request->length);
        mutex_unlock(&aspace->lock);
        if (!is_free)
            return -EEXIST;
    }
    error = call->file != NULL ? request_file(call) : request_anonymous(call);
    if (error == 0 && (call->flags & MAP_HUGETLB) != 0)
        error = hugetlb_map(aspace, request, call->flags, &result);
    else if (error == 0)
        error = aspace_map(aspace, request, &result);
    if (request->object != NULL)
        object_put(request->object);
    return error != 0 ? error : (long)result;
}

long sys_mmap(struct registers *regs)
{
    struct mmap_call call = {.flags = regs->r10, .offset = regs->r9};
    struct map_request *request = &call.request;
    if (!is_aligned(call.offset, PAGE_SIZE))
        return -EINVAL;
    request->fixed_noreplace = (call.flags & MAP_FIXED_NOREPLACE) != 0;
    request->fixed = request->fixed_noreplace || (call.flags & MAP_FIXED) != 0;
    request->address = request->fixed ? regs->rdi : round_down(regs->rdi, PAGE_SIZE);
    request->length = regs->rsi;
    request->flags = ((uint32_t)regs->rdx & AREA_RIGHTS) | area_flags_of(call.flags);
    request->populate = (call.flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE;
    if ((call.flags & MAP_ANONYMOUS) == 0) {
        call.file = files_get_opened((int)regs->r8);
        if (call.file == NULL)
            return -EBADF;
    }
    long result = -EINVAL; /* no file system here has huge pages of its own */
    if (call.file == NULL || (call.flags & MAP_HUGETLB) == 0)
        result = mmap_do(&call);
    if (call.file != NULL)
        file_put(call.file);
    return result;
}

long sys_munmap(struct registers *regs)
{
    return aspace_unmap(thread_current()->aspace, regs->rdi, regs->rsi);
}

/* mprotect(PROT_GROWSDOWN): the change reaches to the stack's lower end. */
static int protect_grown(struct aspace *aspace, vaddr_t *start, uint64_t *length)
{
    mutex_lock(&aspace->lock);
    const struct area *area = area_tree_find_from(&aspace->areas, *start);
    int error = 0;
    if (area == NULL || area->start >= *start + *length)
        error = -ENOMEM;
    else if ((area->flags & AREA_GROWSDOWN) == 0)
        error = -EINVAL;
    if (error == 0) {
        *length += *start - area->start;
        *start = area->start;
    }
    mutex_unlock(&aspace->lock);
    return error;
}

long sys_mprotect(struct registers *regs)
{
    const uint64_t grow = PROT_GROWSDOWN | PROT_GROWSUP;
    struct aspace *aspace = thread_current()->aspace;
    vaddr_t start = regs->rdi;
    uint64_t length = regs->rsi, protection = regs->rdx & ~grow;
    if ((regs->rdx & grow) == grow || !is_aligned(start, PAGE_SIZE))
        return -EINVAL;
    if (length == 0)
        return 0;
    length = round_up(length, PAGE_SIZE);
    if (length == 0 || start + length <= start)
        return -ENOMEM;
    if ((protection & ~(uint64_t)(AREA_RIGHTS | PROT_SEM)) != 0)
        return -EINVAL;
    if ((regs->rdx & PROT_GROWSUP) != 0)
        return -EINVAL;
    int error = (regs->rdx & PROT_GROWSDOWN) != 0 ? protect_grown(aspace, &start, &length) : 0;
    if (error != 0)
        return error;
    return aspace_protect(aspace, start, length, (uint32_t)protection & AREA_RIGHTS);
}
