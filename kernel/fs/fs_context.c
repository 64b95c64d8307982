/*
 * Where a process looks for files from: root, current directory, umask; and paths as seen from there.
 */
#include "kernel/fs/fs_context.h"

#include "kernel/fs/dentry.h"
#include "kernel/fs/mount.h"
#include "kernel/process.h"
#include "libc/string.h"
#include "mm/slab.h"

enum { UMASK_DEFAULT = 022 };

struct fs_context *fs_context_create(void)
{
    struct fs_context *context = kmalloc(sizeof *context);
    if (context == NULL)
        return NULL;
    context->references = 1;
    context->umask = UMASK_DEFAULT;
    context->root = context->cwd = vfs_root;
    dentry_get(vfs_root);
    dentry_get(vfs_root);
    return context;
}

struct fs_context *fs_context_copy(struct fs_context *from)
{
    struct fs_context *context = kmalloc(sizeof *context);
    if (context == NULL)
        return NULL;
    context->references = 1;
    context->umask = from->umask;
    dentry_lock();
    context->root = from->root;
    context->cwd = from->cwd;
    dentry_get(context->root);
    dentry_get(context->cwd);
    dentry_unlock();
    return context;
}

void fs_context_put(struct fs_context *context)
{
    if (atomic_fetch_sub(&context->references, 1) != 1)
        return;
    dentry_put(context->root);
    dentry_put(context->cwd);
    kfree(context);
}

static void fs_context_exchange(struct dentry **place, struct dentry *dentry)
{
    dentry_lock();
    struct dentry *old = *place;
    *place = dentry;
    dentry_unlock();
    dentry_put(old);
}

void fs_context_set_cwd(struct fs_context *context, struct dentry *dentry)
{
    fs_context_exchange(&context->cwd, dentry);
}

void fs_context_set_root(struct fs_context *context, struct dentry *dentry)
{
    fs_context_exchange(&context->root, dentry);
}

static struct dentry *fs_context_read(struct dentry **place)
{
    dentry_lock();
    struct dentry *dentry = *place;
    dentry_get(dentry);
    dentry_unlock();
    return dentry;
}

struct dentry *fs_context_cwd(struct fs_context *context)
{
    return fs_context_read(&context->cwd);
}

struct dentry *fs_context_root(struct fs_context *context)
{
    return fs_context_read(&context->root);
}

/* Puts `length` bytes in front of *at, if the buffer, which starts at `start`, has room. */
static bool path_prepend(char **at, const char *start, const char *bytes, size_t length)
{
    if ((size_t)(*at - start) < length)
        return false;
    *at -= length;
    memcpy(*at, bytes, length);
    return true;
}

/* The names from `root` down to `dentry`, written backwards; under the dentry lock. */
static bool path_prepend_names(char **at, const char *start, const struct dentry *dentry, const struct dentry *root)
{
    bool fits = true;
    while (fits && dentry != root) {
        if (dentry->parent == dentry && dentry->covers != NULL) {
            dentry = dentry->covers;
            continue;
        }
        if (dentry->parent == dentry) { /* nameless, or not below the root */
            if (dentry->name[0] != '/')
                fits = path_prepend(at, start, dentry->name, dentry->name_length);
            return fits;
        }
        fits = path_prepend(at, start, dentry->name, dentry->name_length) && path_prepend(at, start, "/", 1);
        dentry = dentry->parent;
    }
    return fits;
}

char *dentry_path(struct dentry *dentry, char *buffer, size_t size)
{
    static const char deleted[] = " (deleted)";
    const struct process *process = process_current();
    char *end = buffer + size - 1, *at = end;
    *at = '\0';
    dentry_lock();
    const struct dentry *root = process != NULL && process->fs != NULL ? process->fs->root : vfs_root;
    bool fits = !dentry->deleted || path_prepend(&at, buffer, deleted, sizeof deleted - 1);
    char *names_end = at;
    fits = fits && path_prepend_names(&at, buffer, dentry, root);
    dentry_unlock();
    if (at == names_end)
        fits = fits && path_prepend(&at, buffer, "/", 1);
    return fits ? at : end;
}
