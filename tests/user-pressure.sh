# For pressure-1.t, pressure-2.t, pressure-4.t and tests/long/pressure.t, which set CPUS, MEMORY (16M or 24M) and CLOCK: all user tests of address spaces,
# of files and of exec (tests/user.sh) while others take the memory from them, again and again. Not among them: vm_pressure and vm_swapped,
# which make pressure themselves (pressure.t, swapping.t).
export MEM=64M OPT="mem=$MEMORY clock=$CLOCK"

# Four regions of 1000 or 1500 pages, 16 or 24 MB, and what three children copy of them.
pages=1500
[ "$MEMORY" != 16M ] || pages=1000
export BESIDE="/tests/vm_pressure $pages 1 1"

export ONLY=${ONLY:-$(cd tests/user && ls vm_*.c fs_*.c heap_*.c lecture_fork.c pipe_poll.c epoll.c event_files.c abi_calls.c bad_pointers.c \
    start_stack.c proc_elf.c proc_exec.c proc_script.c proc_unshare.c | sed 's/\.c$//' | grep -vx -e vm_pressure -e vm_swapped | tr '\n' ' ')}
. tests/user.sh
