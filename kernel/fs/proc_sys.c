/*
 * /proc/sys: what kernel/fs itself has there. Other parts register their own.
 */
#include "kernel/fs/dentry.h"
#include "kernel/fs/proc_inode.h"
#include "kernel/pid.h"
#include "kernel/process.h"
#include "mm/pagecache.h"
#include "mm/slab.h"

static void hostname_show(struct text *text)
{
    text_printf(text, "clockhand\n");
}

static void osrelease_show(struct text *text)
{
    text_printf(text, "6.1.0-clockhand\n");
}

static void ostype_show(struct text *text)
{
    text_printf(text, "Linux\n");
}

static void pid_max_show(struct text *text)
{
    text_printf(text, "%d\n", PID_LIMIT);
}

static void file_max_show(struct text *text)
{
    text_printf(text, "1048576\n");
}

/* 1: cached pages, 2: names and empty slabs, 3: both. */
static int drop_caches(const char *value, size_t length)
{
    if (length != 1 || value[0] < '1' || value[0] > '3')
        return -EINVAL;
    int what = value[0] - '0';
    if (what & 2)
        (void)dentries_shrink(UINT32_MAX);
    if (what & 1)
        (void)pagecache_shrink(UINT64_MAX);
    if (what & 2)
        (void)slab_shrink_all();
    return 0;
}

void proc_sys_register(void)
{
    proc_register("sys/kernel/hostname", hostname_show, NULL);
    proc_register("sys/kernel/osrelease", osrelease_show, NULL);
    proc_register("sys/kernel/ostype", ostype_show, NULL);
    proc_register("sys/kernel/pid_max", pid_max_show, NULL);
    proc_register("sys/fs/file-max", file_max_show, NULL);
    proc_register("sys/vm/drop_caches", NULL, drop_caches);
}
