#!/bin/sh
# The user tests of address spaces and files under pressure on four processors, with 16 MB and the adaptive clock: tests/user-pressure.sh.
export CPUS=4 MEMORY=16M CLOCK=adaptive
. tests/user-pressure.sh
