#!/bin/sh
# The user tests on four processors: tests/user.sh.
export CPUS=4
. tests/user.sh
