#!/bin/sh
# The user tests of address spaces and files under pressure on one processor, with 24 MB and one hand: tests/user-pressure.sh.
export CPUS=1 MEMORY=24M CLOCK=one
. tests/user-pressure.sh
