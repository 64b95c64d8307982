#!/bin/sh
# tests/random.t with 500 seeds.
LONG_SEEDS=500
export LONG_SEEDS
. tests/random.t
