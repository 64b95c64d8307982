#!/bin/sh
# The user tests on two processors: tests/user.sh.
export CPUS=2
. tests/user.sh
