#!/bin/sh
# The user tests of address spaces and files while others take the memory from them: tests/user.sh, 1 processor.
export CPUS=1 MEM=64M OPT='mem=24M clock=one' TIMEOUT=${TIMEOUT:-1500}
export BESIDE='/tests/vm_pressure 1500 1 1'
export ONLY=${ONLY:-'vm_fork vm_random vm_signals heap_brk heap_malloc lecture_fork fs_attributes fs_data fs_exercise fs_names fs_open fs_pipe pipe_poll proc_exec'}
. tests/user.sh
