#!/bin/sh
# The user tests of address spaces and files under pressure on two processors, with 16 MB and two hands: tests/user-pressure.sh.
export CPUS=2 MEMORY=16M CLOCK=two
. tests/user-pressure.sh
