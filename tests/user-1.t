#!/bin/sh
# The user tests on one processor: tests/user.sh.
export CPUS=1
. tests/user.sh
