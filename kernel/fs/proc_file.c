/*
 * Open files of /proc. Text is produced when a reader is at the start, and handed out from memory until it starts
 * again; so what one pass reads fits together.
 */
#include "kernel/fs/file.h"
#include "kernel/fs/proc_inode.h"
#include "kernel/process.h"
#include "libc/string.h"
#include "mm/aspace.h"
#include "mm/slab.h"

enum { STORE_MAX = 4096 };

/* Of an open file. */
struct proc_text {
    struct mutex lock; /* RANK_PROC_TEXT: the rest */
    struct text text;
    bool produced;
};

static int proc_text_open(struct file *file)
{
    struct proc_text *state = kmalloc(sizeof *state);
    if (state == NULL)
        return -ENOMEM;
    mutex_init(&state->lock, RANK_PROC_TEXT);
    text_init(&state->text);
    file->data = state;
    return 0;
}

static void proc_text_close(struct file *file)
{
    struct proc_text *state = file->data;
    text_release(&state->text);
    kfree(state);
}

static void entry_show(const struct proc_entry *entry, struct text *text)
{
    if (entry->number != NULL)
        text_printf(text, "%llu\n", (unsigned long long)entry->number->get(entry->number->which));
    else if (entry->show != NULL)
        entry->show(text);
}

static int entry_store(const struct proc_entry *entry, const char *value, size_t length)
{
    const struct proc_number *number = entry->number;
    uint64_t parsed;
    if (number == NULL)
        return entry->store(value, length);
    if (!proc_parse_number(value, length, &parsed) || parsed < number->least || parsed > number->most)
        return -EINVAL;
    return number->set(number->which, parsed);
}

/* -ESRCH when the process is gone. */
static int process_entry_store(const struct proc_inode *proc, const char *value, size_t length)
{
    struct process *process = process_find(proc->pid);
    if (process == NULL)
        return -ESRCH;
    int error = proc->process_entry->store(process, value, length);
    process_put(process);
    return error;
}

/* Whether the file is one that can be written. */
static bool has_store(const struct proc_inode *proc)
{
    if (proc->entry != NULL)
        return proc->entry->store != NULL || proc->entry->number != NULL;
    return proc->process_entry->store != NULL;
}

/* Calls the producer. 0, -ESRCH when the process is gone, -ENOMEM. */
static int proc_text_produce(const struct proc_inode *proc, struct text *text)
{
    text_release(text);
    if (proc->entry != NULL) {
        entry_show(proc->entry, text);
        return text->failed ? -ENOMEM : 0;
    }
    struct process *process = process_find(proc->pid);
    if (process == NULL)
        return -ESRCH;
    proc->process_entry->show(process, text);
    process_put(process);
    return text->failed ? -ENOMEM : 0;
}

static ssize_t proc_text_read(struct file *file, struct uio *uio, uint64_t offset)
{
    struct proc_text *state = file->data;
    ssize_t count = 0;
    mutex_lock(&state->lock);
    if (offset == 0 || !state->produced)
        count = proc_text_produce(proc_inode(file->inode), &state->text);
    state->produced = count == 0;
    if (count == 0 && offset < state->text.length)
        count = uio_copy_in(uio, state->text.data + offset, min_u64(uio->left, state->text.length - offset));
    mutex_unlock(&state->lock);
    return count;
}

static ssize_t proc_text_write(struct file *file, struct uio *uio, uint64_t offset)
{
    const struct proc_inode *proc = proc_inode(file->inode);
    size_t length = uio->left;
    (void)offset;
    if (!has_store(proc) || length >= STORE_MAX)
        return -EINVAL;
    char *value = kmalloc(length + 1);
    if (value == NULL)
        return -ENOMEM;
    ssize_t result = uio_copy_out(uio, value, length);
    if (result == (ssize_t)length) {
        size_t used = length > 0 && value[length - 1] == '\n' ? length - 1 : length;
        value[used] = '\0';
        int error = proc->entry != NULL ? entry_store(proc->entry, value, used)
                                        : process_entry_store(proc, value, used);
        result = error != 0 ? error : (ssize_t)length;
    }
    kfree(value);
    return result;
}

/*
 * Of an open binary file. The rights are those of whoever opens it, and stay: it may be handed to others. So does the address space: no
 * later program's is shown, which may have more rights, and no later process's with the same number (Linux's proc_pid_pagemap).
 */
struct proc_binary {
    struct aspace *aspace; /* referenced; null: it had none */
    bool privileged;
};

/* What there is to see of a process, for whoever may look: 0, or -EACCES. */
static int proc_binary_begin(struct proc_binary *state, struct process *process)
{
    const struct credentials *ours = &process_current()->credentials;
    *state = (struct proc_binary){process_aspace(process), ours->euid == 0};
    if (process_may_look(process, ours->fsuid, ours->fsgid))
        return 0;
    if (state->aspace != NULL)
        aspace_put(state->aspace);
    return -EACCES;
}

static int proc_binary_open(struct file *file)
{
    struct process *process = process_find(proc_inode(file->inode)->pid);
    if (process == NULL)
        return -ESRCH;
    struct proc_binary *state = kmalloc(sizeof *state);
    int error = state != NULL ? proc_binary_begin(state, process) : -ENOMEM;
    process_put(process);
    if (error != 0)
        kfree(state);
    else
        file->data = state;
    return error;
}

static void proc_binary_close(struct file *file)
{
    struct proc_binary *state = file->data;
    if (state->aspace != NULL)
        aspace_put(state->aspace);
    kfree(state);
}

static ssize_t proc_binary_read(struct file *file, struct uio *uio, uint64_t offset)
{
    const struct proc_binary *state = file->data;
    if (state->aspace == NULL || state->aspace->users == 0)
        return 0;
    return proc_inode(file->inode)->process_entry->read(state->aspace, uio, offset, state->privileged);
}

const struct file_ops proc_text_file_ops = {
    .open = proc_text_open,
    .close = proc_text_close,
    .read = proc_text_read,
    .write = proc_text_write,
};

const struct file_ops proc_binary_file_ops = {
    .open = proc_binary_open,
    .close = proc_binary_close,
    .read = proc_binary_read,
};
