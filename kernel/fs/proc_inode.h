/*
 * /proc from the inside: what its files share.
 *
 * Inodes of /proc are made when a name is looked up and end with their last use; names are not cached, for processes
 * come and go. What an inode stands for is its kind with a process and a number.
 */
#ifndef KERNEL_FS_PROC_INODE_H
#define KERNEL_FS_PROC_INODE_H

#include "kernel/fs/inode.h"
#include "kernel/fs/proc.h"

struct process;

struct proc_entry {   /* of the whole machine */
    const char *path; /* below /proc */
    proc_show *show;
    proc_store *store;
    const struct proc_number *number; /* instead of the two */
    const struct file_ops *ops;       /* or null: text */
};

struct proc_process_entry { /* of each process: `show`, and `store` if it can be written; or `read` */
    const char *name;
    proc_show_process *show;
    proc_store_process *store;
    proc_read_process *read;
    uint32_t permissions;
};

struct proc_inode {
    struct inode inode;
    const struct proc_entry *entry; /* a file of the machine */
    const char *prefix; /* a directory of the machine: its path below /proc, in some entry's path; "" the root */
    size_t prefix_length;
    const struct proc_process_entry *process_entry; /* a file of a process */
    pid_t pid;                                      /* of the process, or 0 */
    bool is_thread;                                 /* /proc/PID/task/TID: as /proc/PID, without "task" */
    unsigned fd;                                    /* /proc/PID/fd/N */
};

static inline struct proc_inode *proc_inode(struct inode *inode)
{
    return container_of(inode, struct proc_inode, inode);
}

/* A new inode; null without memory. `number` should be the same whenever it stands for the same thing. */
struct proc_inode *proc_inode_create(struct filesystem *filesystem, uint64_t number, uint32_t mode) must_check;

/*
 * Inode numbers: the machine's entries from PROC_ENTRY_NUMBER on, directories by a hash of their path, processes by
 * pid.
 */
enum { PROC_ROOT_NUMBER = 1, PROC_ENTRY_NUMBER = 0x1000 };

static inline uint64_t proc_process_number(pid_t pid, unsigned what)
{
    return (uint64_t)(unsigned)pid << 32 | what;
}

/* proc_tree.c: "/proc" and the machine's directories below it. */
extern const struct inode_ops proc_tree_inode_ops;
extern const struct file_ops proc_tree_file_ops;

/* proc_pid.c: /proc/PID and what is below. */
int proc_pid_create(struct filesystem *filesystem, pid_t pid, struct inode **result) must_check;

/* proc_link.c: symbolic links to places and files of a process. */
enum proc_link { PROC_LINK_EXE, PROC_LINK_CWD, PROC_LINK_ROOT };
extern const struct inode_ops proc_self_inode_ops, proc_thread_self_inode_ops;
extern const struct inode_ops proc_exe_inode_ops, proc_cwd_inode_ops, proc_root_inode_ops, proc_fd_inode_ops;

/* proc_file.c: files of text. */
extern const struct file_ops proc_text_file_ops, proc_binary_file_ops;

/* Parses a number without leading zeros that is all of the text: false for anything else. */
bool proc_parse_number(const char *text, size_t length, uint64_t *number);
/* The same for a name, of a process or a descriptor. */
bool proc_parse_name(const char *name, size_t length, unsigned *number);

/* Registration of the producers of each file. */
void proc_system_register(void);
void proc_disks_register(void);
void proc_process_register(void);
void proc_sys_register(void);

#endif
