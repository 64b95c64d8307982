/*
 * System calls about the machine as a whole: its name, its memory, its end.
 */
#include "kernel/abi/sysinfo.h"

#include "kernel/abi/errno.h"
#include "kernel/abi/utsname.h"
#include "kernel/fs/vfs.h"
#include "kernel/log.h"
#include "kernel/power.h"
#include "kernel/process.h"
#include "kernel/random.h"
#include "kernel/syscall_list.h"
#include "kernel/thread.h"
#include "libc/string.h"
#include "mm/frame.h"
#include "mm/pagecache.h"
#include "mm/standby.h"
#include "mm/swap.h"
#include "mm/usercopy.h"

/*
 * Programs and C libraries look at name and release to learn which system calls there are: those of Linux 6.1, as far
 * as they exist. Under uts_lock (mutex): the two that can be set.
 */
static struct linux_utsname uts = {
    .sysname = "Linux",
    .nodename = "clockhand",
    .release = "6.1.0-clockhand",
    .version = "#1 SMP Clockhand",
    .machine = "x86_64",
    .domainname = "(none)",
};
static struct mutex uts_lock = MUTEX_INIT(uts_lock, RANK_LOADED);

long sys_uname(struct registers *regs)
{
    struct linux_utsname copy;
    mutex_lock(&uts_lock);
    copy = uts;
    mutex_unlock(&uts_lock);
    return copy_to_user(regs->rdi, &copy, sizeof(copy));
}

static long name_set(char field[UTSNAME_LENGTH + 1], vaddr_t from, int length)
{
    char name[UTSNAME_LENGTH + 1] = {0};
    if (process_current()->credentials.euid != 0)
        return -EPERM;
    if (length < 0 || length > UTSNAME_LENGTH)
        return -EINVAL;
    if (copy_from_user(name, from, (size_t)length) != 0)
        return -EFAULT;
    mutex_lock(&uts_lock);
    memcpy(field, name, sizeof(name));
    mutex_unlock(&uts_lock);
    return 0;
}

long sys_sethostname(struct registers *regs)
{
    return name_set(uts.nodename, regs->rdi, (int)regs->rsi);
}

long sys_setdomainname(struct registers *regs)
{
    return name_set(uts.domainname, regs->rdi, (int)regs->rsi);
}

long sys_sysinfo(struct registers *regs)
{
    struct linux_sysinfo info = {
        .uptime = (int64_t)((time_now() + NS_PER_SECOND - 1) / NS_PER_SECOND),
        .total = frames_total() * PAGE_SIZE,
        .free = (frames_free() + standby_pages()) * PAGE_SIZE,
        .swap_total = swap_total() * PAGE_SIZE,
        .swap_free = (swap_total() - min_u64(swap_used(), swap_total())) * PAGE_SIZE,
        .processes = (uint16_t)process_count(),
        .unit = 1,
    };
    sched_load(info.loads);
    for (unsigned i = 0; i < ARRAY_LENGTH(info.loads); i++)
        info.loads[i] <<= 16 - 11; /* fraction bits */
    return copy_to_user(regs->rdi, &info, sizeof(info));
}

enum { GRND_NONBLOCK = 1, GRND_RANDOM = 2, GRND_INSECURE = 4 };

long sys_getrandom(struct registers *regs)
{
    uint8_t bytes[256];
    uint64_t length = min_u64(regs->rsi, INT32_MAX), done = 0;
    unsigned flags = (unsigned)regs->rdx;
    if ((flags & ~(unsigned)(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) != 0 ||
        (flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE))
        return -EINVAL;
    while (done < length) {
        size_t part = min_u64(length - done, sizeof(bytes));
        random_get(bytes, part);
        if (copy_to_user(regs->rdi + done, bytes, part) != 0)
            return done != 0 ? (long)done : -EFAULT;
        done += part;
        if (signal_is_pending())
            break;
    }
    return (long)done;
}

#define REBOOT_MAGIC1 0xfee1deadu
#define REBOOT_MAGIC2 672274793u
#define REBOOT_RESTART 0x01234567u
#define REBOOT_HALT 0xcdef0123u
#define REBOOT_POWER_OFF 0x4321fedcu
#define REBOOT_CAD_ON 0x89abcdefu
#define REBOOT_CAD_OFF 0u

static bool is_reboot_magic2(uint32_t magic)
{
    return magic == REBOOT_MAGIC2 || magic == 85072278 || magic == 369367448 || magic == 537993216;
}

long sys_reboot(struct registers *regs)
{
    uint32_t command = (uint32_t)regs->rdx;
    if (process_current()->credentials.euid != 0)
        return -EPERM;
    if ((uint32_t)regs->rdi != REBOOT_MAGIC1 || !is_reboot_magic2((uint32_t)regs->rsi))
        return -EINVAL;
    if (command == REBOOT_CAD_ON || command == REBOOT_CAD_OFF)
        return 0;
    if (command != REBOOT_RESTART && command != REBOOT_HALT && command != REBOOT_POWER_OFF)
        return -EINVAL;
    filesystems_stop();
    log_write(LOG_INFO, command == REBOOT_RESTART ? "restart" : "power off");
    if (command == REBOOT_RESTART)
        power_reset();
    power_off();
}

#define PERSONALITY_QUERY 0xffffffffu

/* There is one personality: Linux's own. */
long sys_personality(struct registers *regs)
{
    uint32_t wanted = (uint32_t)regs->rdi;
    return wanted == PERSONALITY_QUERY || (wanted & 0xff) == 0 ? 0 : -EINVAL;
}

/* No kind of barrier is offered: the query (command 0) says so, and programs use fences of their own. */
long sys_membarrier(struct registers *regs)
{
    return (int)regs->rdi == 0 && regs->rsi == 0 ? 0 : -EINVAL;
}
