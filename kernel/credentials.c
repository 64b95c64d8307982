/*
 * Users and groups of a process. (credentials(7), capabilities(7))
 *
 * User 0 may do everything; there are no other capabilities, so capget tells all of them or none. Only a process itself
 * changes its credentials.
 */
#include "kernel/abi/errno.h"
#include "kernel/abi/resource.h"
#include "kernel/process.h"
#include "kernel/syscall_list.h"
#include "mm/usercopy.h"

#define ID_UNCHANGED UINT32_MAX

static inline struct credentials *own(void)
{
    return &process_current()->credentials;
}

long sys_getuid(struct registers *regs)
{
    (void)regs;
    return own()->uid;
}

long sys_geteuid(struct registers *regs)
{
    (void)regs;
    return own()->euid;
}

long sys_getgid(struct registers *regs)
{
    (void)regs;
    return own()->gid;
}

long sys_getegid(struct registers *regs)
{
    (void)regs;
    return own()->egid;
}

/* The three numbers a user or a group has here. */
struct identity {
    uint32_t real, effective, saved;
};

static struct identity user_identity(void)
{
    const struct credentials *credentials = own();
    return (struct identity){credentials->uid, credentials->euid, credentials->suid};
}

static struct identity group_identity(void)
{
    const struct credentials *credentials = own();
    return (struct identity){credentials->gid, credentials->egid, credentials->sgid};
}

/*
 * Becoming a user with too many processes succeeds, as many programs do not look whether it did; executing a program as him
 * fails instead: setuid(2), EAGAIN.
 */
static long user_identity_set(struct identity identity)
{
    struct credentials *credentials = own();
    struct process *process = process_current();
    process->user_is_full = identity.real != 0 &&
                            process_threads_of_user(identity.real) > process->limits[RLIMIT_NPROC].soft;
    credentials->uid = identity.real;
    credentials->euid = credentials->fsuid = identity.effective;
    credentials->suid = identity.saved;
    return 0;
}

static long group_identity_set(struct identity identity)
{
    struct credentials *credentials = own();
    credentials->gid = identity.real;
    credentials->egid = credentials->fsgid = identity.effective;
    credentials->sgid = identity.saved;
    return 0;
}

static bool is_one_of(uint32_t id, struct identity identity)
{
    return id == identity.real || id == identity.effective || id == identity.saved;
}

/* setuid and setgid. */
static int identity_set_one(struct identity *identity, uint32_t id)
{
    if (id == ID_UNCHANGED)
        return -EINVAL;
    if (own()->euid == 0)
        *identity = (struct identity){id, id, id};
    else if (id == identity->real || id == identity->saved)
        identity->effective = id;
    else
        return -EPERM;
    return 0;
}

/* setreuid and setregid. */
static int identity_set_two(struct identity *identity, uint32_t real, uint32_t effective)
{
    struct identity old = *identity;
    if (own()->euid != 0) {
        if (real != ID_UNCHANGED && real != old.real && real != old.effective)
            return -EPERM;
        if (effective != ID_UNCHANGED && !is_one_of(effective, old))
            return -EPERM;
    }
    if (real != ID_UNCHANGED)
        identity->real = real;
    if (effective != ID_UNCHANGED)
        identity->effective = effective;
    if (real != ID_UNCHANGED || (effective != ID_UNCHANGED && effective != old.real))
        identity->saved = identity->effective;
    return 0;
}

/* setresuid and setresgid. */
static int identity_set_three(struct identity *identity, uint32_t real, uint32_t effective, uint32_t saved)
{
    struct identity old = *identity;
    const uint32_t wanted[3] = {real, effective, saved};
    for (unsigned i = 0; i < 3; i++)
        if (own()->euid != 0 && wanted[i] != ID_UNCHANGED && !is_one_of(wanted[i], old))
            return -EPERM;
    if (real != ID_UNCHANGED)
        identity->real = real;
    if (effective != ID_UNCHANGED)
        identity->effective = effective;
    if (saved != ID_UNCHANGED)
        identity->saved = saved;
    return 0;
}

long sys_setuid(struct registers *regs)
{
    struct identity identity = user_identity();
    int error = identity_set_one(&identity, (uint32_t)regs->rdi);
    return error != 0 ? error : user_identity_set(identity);
}

long sys_setgid(struct registers *regs)
{
    struct identity identity = group_identity();
    int error = identity_set_one(&identity, (uint32_t)regs->rdi);
    return error != 0 ? error : group_identity_set(identity);
}

long sys_setreuid(struct registers *regs)
{
    struct identity identity = user_identity();
    int error = identity_set_two(&identity, (uint32_t)regs->rdi, (uint32_t)regs->rsi);
    return error != 0 ? error : user_identity_set(identity);
}

long sys_setregid(struct registers *regs)
{
    struct identity identity = group_identity();
    int error = identity_set_two(&identity, (uint32_t)regs->rdi, (uint32_t)regs->rsi);
    return error != 0 ? error : group_identity_set(identity);
}

long sys_setresuid(struct registers *regs)
{
    struct identity identity = user_identity();
    int error = identity_set_three(&identity, (uint32_t)regs->rdi, (uint32_t)regs->rsi, (uint32_t)regs->rdx);
    return error != 0 ? error : user_identity_set(identity);
}

long sys_setresgid(struct registers *regs)
{
    struct identity identity = group_identity();
    int error = identity_set_three(&identity, (uint32_t)regs->rdi, (uint32_t)regs->rsi, (uint32_t)regs->rdx);
    return error != 0 ? error : group_identity_set(identity);
}

static long identity_write(const struct registers *regs, struct identity identity)
{
    if (copy_to_user(regs->rdi, &identity.real, sizeof(uint32_t)) != 0 ||
        copy_to_user(regs->rsi, &identity.effective, sizeof(uint32_t)) != 0)
        return -EFAULT;
    return copy_to_user(regs->rdx, &identity.saved, sizeof(uint32_t));
}

long sys_getresuid(struct registers *regs)
{
    return identity_write(regs, user_identity());
}

long sys_getresgid(struct registers *regs)
{
    return identity_write(regs, group_identity());
}

/* The numbers that count for files; the old one is returned, whether it was changed or not. */
long sys_setfsuid(struct registers *regs)
{
    struct credentials *credentials = own();
    uint32_t old = credentials->fsuid, id = (uint32_t)regs->rdi;
    if (id != ID_UNCHANGED && (credentials->euid == 0 || id == old || is_one_of(id, user_identity())))
        credentials->fsuid = id;
    return old;
}

long sys_setfsgid(struct registers *regs)
{
    struct credentials *credentials = own();
    uint32_t old = credentials->fsgid, id = (uint32_t)regs->rdi;
    if (id != ID_UNCHANGED && (credentials->euid == 0 || id == old || is_one_of(id, group_identity())))
        credentials->fsgid = id;
    return old;
}

long sys_getgroups(struct registers *regs)
{
    const struct credentials *credentials = own();
    int size = (int)regs->rdi;
    int count = (int)credentials->group_count;
    if (size < 0 || (size > 0 && size < count))
        return -EINVAL;
    if (size > 0 && copy_to_user(regs->rsi, credentials->groups, (size_t)count * sizeof(uint32_t)) != 0)
        return -EFAULT;
    return count;
}

long sys_setgroups(struct registers *regs)
{
    struct credentials *credentials = own();
    uint32_t groups[GROUPS_MAX];
    unsigned count = (unsigned)regs->rdi;
    if (credentials->euid != 0)
        return -EPERM;
    if (count > GROUPS_MAX)
        return -EINVAL;
    if (copy_from_user(groups, regs->rsi, count * sizeof(uint32_t)) != 0)
        return -EFAULT;
    for (unsigned i = 0; i < count; i++)
        credentials->groups[i] = groups[i];
    credentials->group_count = count;
    return 0;
}

struct linux_cap_header {
    uint32_t version;
    pid_t pid;
};

struct linux_cap_data {
    uint32_t effective, permitted, inheritable;
};

#define CAP_VERSION_3 0x20080522u
#define CAPS_LOW UINT32_MAX
#define CAPS_HIGH 0x1ffu /* 41 capabilities */

static int cap_header_read(vaddr_t address, struct linux_cap_header *header)
{
    if (copy_from_user(header, address, sizeof(*header)) != 0)
        return -EFAULT;
    if (header->version == CAP_VERSION_3)
        return 0;
    uint32_t version = CAP_VERSION_3;
    return copy_to_user(address, &version, sizeof(version)) != 0 ? -EFAULT : -EINVAL;
}

long sys_capget(struct registers *regs)
{
    struct linux_cap_header header;
    int error = cap_header_read(regs->rdi, &header);
    if (error != 0)
        return error == -EINVAL && regs->rsi == 0 ? 0 : error;
    if (header.pid < 0)
        return -EINVAL;
    struct process *process = header.pid == 0 ? NULL : process_find(header.pid);
    if (header.pid != 0 && process == NULL)
        return -ESRCH;
    bool all = (process != NULL ? process : process_current())->credentials.euid == 0;
    if (process != NULL)
        process_put(process);
    struct linux_cap_data data[2] = {{0}};
    if (all) {
        data[0] = (struct linux_cap_data){CAPS_LOW, CAPS_LOW, 0};
        data[1] = (struct linux_cap_data){CAPS_HIGH, CAPS_HIGH, 0};
    }
    return regs->rsi != 0 ? copy_to_user(regs->rsi, data, sizeof(data)) : 0;
}

/* Capabilities cannot be given up one by one: what a privileged process asks for is accepted and has no effect. */
long sys_capset(struct registers *regs)
{
    struct linux_cap_header header;
    struct linux_cap_data data[2];
    int error = cap_header_read(regs->rdi, &header);
    if (error != 0)
        return error;
    if (copy_from_user(data, regs->rsi, sizeof(data)) != 0)
        return -EFAULT;
    if (header.pid != 0 && header.pid != process_current()->pid)
        return -EPERM;
    return own()->euid == 0 || (data[0].permitted | data[1].permitted) == 0 ? 0 : -EPERM;
}
