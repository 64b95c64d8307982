#!/bin/sh
# The instrumented kernel (make coverage): one suite of tests gives counts that make sense, and two boots give the sum of both.
. tests/tap.sh

ok 'it builds' env -u BUILD make COVERAGE=1 BUILD="$BUILD/instrumented" image
export COVERAGE=1 BUILD="$BUILD/instrumented"

boot() {
    rm -rf "$BUILD/counters"
    for suite in "$@"; do
        OPT=test=$suite MEM=64M TIMEOUT=60 tests/qemu.sh boot >/dev/null 2>&1
    done
    perl tests/coverage.pl "$BUILD"/counters/*
}

# How often the first line of function $2 of file $1 has run.
calls() {
    (cd "$SCRATCH" && gcov --json-format --stdout "$OLDPWD/$BUILD/kernel/${1%.c}.gcda") |
        python3 -c 'import json, sys
for file in json.load(sys.stdin)["files"]:
    for function in file["functions"]:
        if function["name"] == sys.argv[1]:
            print(function["execution_count"])' "$2"
}

like 'a boot leaves its counters' "$(boot radix)" '^1 boots, [0-9]+ files$'
is 'the kernel starts once' "$(calls kernel/main.c kernel_main)" 1
is 'and runs one suite' "$(calls kernel/ktest.c ktest_run)" 1
ok 'the suite calls what it tests' [ "$(calls mm/radix.c radix_find)" -gt 100 ]
is 'what it does not test has not run' "$(calls mm/mremap.c sys_mremap)" 0
like 'two boots' "$(boot radix slab)" '^2 boots, '
is 'are two starts' "$(calls kernel/main.c kernel_main)" 2
OPT=crash=null MEM=64M TIMEOUT=60 tests/qemu.sh boot >/dev/null 2>&1
like 'a panic leaves its counters, too' "$(perl tests/coverage.pl "$BUILD"/counters/*)" '^3 boots, '
done_testing
