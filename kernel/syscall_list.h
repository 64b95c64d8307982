/*
 * The system calls, by the file that has them. Arguments and results: kernel/syscall.h.
 */
#ifndef KERNEL_SYSCALL_LIST_H
#define KERNEL_SYSCALL_LIST_H

#include "kernel/registers.h"
#include "kernel/syscall.h"

/* kernel/credentials.c */
long sys_getuid(struct registers *regs);
long sys_getgid(struct registers *regs);
long sys_setuid(struct registers *regs);
long sys_setgid(struct registers *regs);
long sys_geteuid(struct registers *regs);
long sys_getegid(struct registers *regs);
long sys_setreuid(struct registers *regs);
long sys_setregid(struct registers *regs);
long sys_getgroups(struct registers *regs);
long sys_setgroups(struct registers *regs);
long sys_setresuid(struct registers *regs);
long sys_getresuid(struct registers *regs);
long sys_setresgid(struct registers *regs);
long sys_getresgid(struct registers *regs);
long sys_setfsuid(struct registers *regs);
long sys_setfsgid(struct registers *regs);
long sys_capget(struct registers *regs);
long sys_capset(struct registers *regs);

/* kernel/exec.c */
long sys_execve(struct registers *regs);
long sys_execveat(struct registers *regs);

/* kernel/exit.c */
long sys_exit(struct registers *regs);
long sys_exit_group(struct registers *regs);

/* kernel/fork.c */
long sys_clone(struct registers *regs);
long sys_fork(struct registers *regs);
long sys_vfork(struct registers *regs);
long sys_clone3(struct registers *regs);

/* kernel/fs/attribute_calls.c */
long sys_truncate(struct registers *regs);
long sys_ftruncate(struct registers *regs);
long sys_chmod(struct registers *regs);
long sys_fchmod(struct registers *regs);
long sys_chown(struct registers *regs);
long sys_fchown(struct registers *regs);
long sys_lchown(struct registers *regs);
long sys_utime(struct registers *regs);
long sys_utimes(struct registers *regs);
long sys_fchownat(struct registers *regs);
long sys_futimesat(struct registers *regs);
long sys_fchmodat(struct registers *regs);
long sys_utimensat(struct registers *regs);

/* kernel/fs/splice_calls.c */
long sys_splice(struct registers *regs);
long sys_tee(struct registers *regs);
long sys_vmsplice(struct registers *regs);

/* kernel/fs/data_calls.c */
long sys_sendfile(struct registers *regs);
long sys_fsync(struct registers *regs);
long sys_fdatasync(struct registers *regs);
long sys_sync(struct registers *regs);
long sys_swapon(struct registers *regs);
long sys_swapoff(struct registers *regs);
long sys_readahead(struct registers *regs);
long sys_fadvise64(struct registers *regs);
long sys_syncfs(struct registers *regs);
long sys_copy_file_range(struct registers *regs);

/* kernel/fs/descriptor_calls.c */
long sys_lseek(struct registers *regs);
long sys_ioctl(struct registers *regs);
long sys_fcntl(struct registers *regs);
long sys_flock(struct registers *regs);

/* kernel/fs/directory.c */
long sys_getdents(struct registers *regs);
long sys_getdents64(struct registers *regs);

/* kernel/fs/epoll_calls.c */
long sys_epoll_create(struct registers *regs);
long sys_epoll_wait(struct registers *regs);
long sys_epoll_ctl(struct registers *regs);
long sys_epoll_pwait(struct registers *regs);
long sys_epoll_create1(struct registers *regs);
long sys_epoll_pwait2(struct registers *regs);

/* kernel/fs/eventfd.c */
long sys_eventfd(struct registers *regs);
long sys_eventfd2(struct registers *regs);

/* kernel/fs/signalfd.c */
long sys_signalfd(struct registers *regs);
long sys_signalfd4(struct registers *regs);

/* kernel/fs/timerfd.c */
long sys_timerfd_create(struct registers *regs);
long sys_timerfd_settime(struct registers *regs);
long sys_timerfd_gettime(struct registers *regs);

/* kernel/fs/name_calls.c */
long sys_rename(struct registers *regs);
long sys_mkdir(struct registers *regs);
long sys_rmdir(struct registers *regs);
long sys_link(struct registers *regs);
long sys_unlink(struct registers *regs);
long sys_symlink(struct registers *regs);
long sys_readlink(struct registers *regs);
long sys_mknod(struct registers *regs);
long sys_mkdirat(struct registers *regs);
long sys_mknodat(struct registers *regs);
long sys_unlinkat(struct registers *regs);
long sys_renameat(struct registers *regs);
long sys_linkat(struct registers *regs);
long sys_symlinkat(struct registers *regs);
long sys_readlinkat(struct registers *regs);
long sys_renameat2(struct registers *regs);

/* kernel/fs/open_calls.c */
long sys_open(struct registers *regs);
long sys_close(struct registers *regs);
long sys_pipe(struct registers *regs);
long sys_dup(struct registers *regs);
long sys_dup2(struct registers *regs);
long sys_creat(struct registers *regs);
long sys_openat(struct registers *regs);
long sys_dup3(struct registers *regs);
long sys_pipe2(struct registers *regs);
long sys_memfd_create(struct registers *regs);
long sys_close_range(struct registers *regs);

/* kernel/fs/place_calls.c */
long sys_getcwd(struct registers *regs);
long sys_chdir(struct registers *regs);
long sys_fchdir(struct registers *regs);
long sys_umask(struct registers *regs);
long sys_chroot(struct registers *regs);
long sys_mount(struct registers *regs);
long sys_umount2(struct registers *regs);

/* kernel/fs/poll.c */
long sys_poll(struct registers *regs);
long sys_ppoll(struct registers *regs);

/* kernel/fs/select.c */
long sys_select(struct registers *regs);
long sys_pselect6(struct registers *regs);

/* kernel/fs/space_calls.c */
long sys_fallocate(struct registers *regs);

/* kernel/fs/stat.c */
long sys_stat(struct registers *regs);
long sys_fstat(struct registers *regs);
long sys_lstat(struct registers *regs);
long sys_access(struct registers *regs);
long sys_statfs(struct registers *regs);
long sys_fstatfs(struct registers *regs);
long sys_newfstatat(struct registers *regs);
long sys_faccessat(struct registers *regs);
long sys_statx(struct registers *regs);
long sys_faccessat2(struct registers *regs);

/* kernel/fs/transfer.c */
long sys_read(struct registers *regs);
long sys_write(struct registers *regs);
long sys_pread64(struct registers *regs);
long sys_pwrite64(struct registers *regs);
long sys_readv(struct registers *regs);
long sys_writev(struct registers *regs);
long sys_preadv(struct registers *regs);
long sys_pwritev(struct registers *regs);
long sys_preadv2(struct registers *regs);
long sys_pwritev2(struct registers *regs);

/* kernel/fs/xattr.c */
long sys_setxattr(struct registers *regs);
long sys_lsetxattr(struct registers *regs);
long sys_fsetxattr(struct registers *regs);
long sys_getxattr(struct registers *regs);
long sys_lgetxattr(struct registers *regs);
long sys_fgetxattr(struct registers *regs);
long sys_listxattr(struct registers *regs);
long sys_llistxattr(struct registers *regs);
long sys_flistxattr(struct registers *regs);
long sys_removexattr(struct registers *regs);
long sys_lremovexattr(struct registers *regs);
long sys_fremovexattr(struct registers *regs);

/* kernel/futex.c */
long sys_futex(struct registers *regs);
long sys_set_tid_address(struct registers *regs);
long sys_set_robust_list(struct registers *regs);
long sys_get_robust_list(struct registers *regs);

/* kernel/posix_timer.c */
long sys_timer_create(struct registers *regs);
long sys_timer_delete(struct registers *regs);
long sys_timer_getoverrun(struct registers *regs);
long sys_timer_gettime(struct registers *regs);
long sys_timer_settime(struct registers *regs);

/* kernel/itimer.c */
long sys_getitimer(struct registers *regs);
long sys_alarm(struct registers *regs);
long sys_setitimer(struct registers *regs);

/* kernel/jobs.c */
long sys_getpid(struct registers *regs);
long sys_setpgid(struct registers *regs);
long sys_getppid(struct registers *regs);
long sys_getpgrp(struct registers *regs);
long sys_setsid(struct registers *regs);
long sys_getpgid(struct registers *regs);
long sys_getsid(struct registers *regs);
long sys_gettid(struct registers *regs);

/* kernel/kill.c */
long sys_kill(struct registers *regs);
long sys_rt_sigqueueinfo(struct registers *regs);
long sys_tkill(struct registers *regs);
long sys_tgkill(struct registers *regs);
long sys_rt_tgsigqueueinfo(struct registers *regs);

/* kernel/limits.c */
long sys_getrlimit(struct registers *regs);
long sys_getrusage(struct registers *regs);
long sys_setrlimit(struct registers *regs);
long sys_prlimit64(struct registers *regs);

/* kernel/prctl.c */
long sys_prctl(struct registers *regs);
long sys_arch_prctl(struct registers *regs);

/* kernel/reap.c */
long sys_wait4(struct registers *regs);
long sys_waitid(struct registers *regs);

/* kernel/restart.c */
long sys_restart_syscall(struct registers *regs);

/* kernel/sched_calls.c */
long sys_sched_yield(struct registers *regs);
long sys_getpriority(struct registers *regs);
long sys_setpriority(struct registers *regs);
long sys_sched_setparam(struct registers *regs);
long sys_sched_getparam(struct registers *regs);
long sys_sched_setscheduler(struct registers *regs);
long sys_sched_getscheduler(struct registers *regs);
long sys_sched_get_priority_max(struct registers *regs);
long sys_sched_get_priority_min(struct registers *regs);
long sys_sched_rr_get_interval(struct registers *regs);
long sys_sched_setaffinity(struct registers *regs);
long sys_sched_getaffinity(struct registers *regs);
long sys_getcpu(struct registers *regs);
long sys_rseq(struct registers *regs);

/* kernel/signal_action.c */
long sys_rt_sigaction(struct registers *regs);
long sys_rt_sigprocmask(struct registers *regs);
long sys_pause(struct registers *regs);
long sys_rt_sigpending(struct registers *regs);
long sys_rt_sigtimedwait(struct registers *regs);
long sys_rt_sigsuspend(struct registers *regs);
long sys_sigaltstack(struct registers *regs);

/* kernel/signal_frame.c */
long sys_rt_sigreturn(struct registers *regs);

/* kernel/sysinfo.c */
long sys_uname(struct registers *regs);
long sys_sysinfo(struct registers *regs);
long sys_personality(struct registers *regs);
long sys_reboot(struct registers *regs);
long sys_sethostname(struct registers *regs);
long sys_setdomainname(struct registers *regs);
long sys_getrandom(struct registers *regs);
long sys_membarrier(struct registers *regs);

/* kernel/systime.c */
long sys_nanosleep(struct registers *regs);
long sys_gettimeofday(struct registers *regs);
long sys_times(struct registers *regs);
long sys_settimeofday(struct registers *regs);
long sys_time(struct registers *regs);
long sys_clock_settime(struct registers *regs);
long sys_clock_gettime(struct registers *regs);
long sys_clock_getres(struct registers *regs);
long sys_clock_nanosleep(struct registers *regs);

/* mm/brk.c */
long sys_brk(struct registers *regs);

/* mm/madvise.c */
long sys_madvise(struct registers *regs);

/* mm/mlock.c */
long sys_mlock(struct registers *regs);
long sys_munlock(struct registers *regs);
long sys_mlockall(struct registers *regs);
long sys_munlockall(struct registers *regs);
long sys_mlock2(struct registers *regs);

/* mm/mmap.c */
long sys_mmap(struct registers *regs);
long sys_mprotect(struct registers *regs);
long sys_munmap(struct registers *regs);

/* mm/mremap.c */
long sys_mremap(struct registers *regs);

/* mm/msync.c */
long sys_msync(struct registers *regs);
long sys_mincore(struct registers *regs);

/* mm/process_vm.c */
long sys_process_vm_readv(struct registers *regs);
long sys_process_vm_writev(struct registers *regs);

#endif
