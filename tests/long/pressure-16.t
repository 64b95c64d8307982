#!/bin/sh
# All user tests of address spaces and files in 16 MB while others take the memory from them: tests/user.sh, 2 processors.
# Not here: proc_exec, whose 2 MB of arguments, copied, do not fit beside them (it runs in 24 MB: pressure-2.t); vm_pressure and vm_swapped, which make the
# pressure (pressure.t, swapping.t).
export CPUS=2 MEM=64M OPT='mem=16M clock=two' TIMEOUT=${TIMEOUT:-1500}
export BESIDE='/tests/vm_pressure 1000 1 1'
export ONLY=${ONLY:-$(cd tests/user && ls vm_*.c fs_*.c heap_*.c lecture_fork.c pipe_poll.c epoll.c event_files.c proc_elf.c |
    sed 's/\.c$//' | grep -vx -e vm_pressure -e vm_swapped | tr '\n' ' ')}
. tests/user.sh
