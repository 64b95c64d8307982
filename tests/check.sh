#!/bin/sh
# What `make check` looks at: each step prints one line, and what is wrong below it; status 1 when anything is.
set -u
build=${BUILD:-build}
failed=0

# step NAME COMMAND...: quiet when it succeeds.
step() {
    name=$1
    shift
    if output=$("$@" 2>&1); then
        echo "ok      $name"
    else
        echo "FAILED  $name"
        printf '%s\n' "$output" | grep -v '^  [A-Z]* ' | head -n 60
        failed=1
    fi
}

sources() {
    find boot kernel mm libc user tests -name '*.[ch]'
}

format() {
    sources | xargs clang-format --dry-run -Werror
}

# Files have at most 500 lines, functions 80; comments and tables outside functions are free.
size() {
    sources | xargs awk '
        FNR == 1 { inside = 0 }
        FNR == 501 { print FILENAME ": more than 500 lines"; bad = 1 }
        /^{$/ { inside = FNR }
        /^}/ && inside {
            if (FNR - inside - 1 > 80) { print FILENAME ":" inside ": a function of " FNR - inside - 1 " lines"; bad = 1 }
            inside = 0
        }
        END { exit bad }'
}

# The top level holds these, what is built, and dot-files.
top_level() {
    for name in *; do
        case $name in
        boot | kernel | mm | libc | user | tests | linker.ld | Makefile | README.md | build) ;;
        *)
            echo "$name does not belong there"
            return 1
            ;;
        esac
    done
}

leftovers() {
    ! grep -rnwE 'TODO|FIXME|XXX' boot kernel mm libc user tests --include='*.[ch]' --include='*.asm'
}

# cppcheck takes the names of kernel/abi for the host's macros unless told otherwise; comparePointers would complain about
# distances between the linker's symbols, autoVariables about a request that lives on the stack of the thread that waits,
# ctuuninitvar about structures that the function called is there to fill.
static_analysis() {
    names=$(grep -oh '[A-Z][A-Z0-9_]* = ' kernel/abi/*.h | sort -u | sed 's/^/-U/; s/ = //')
    mkdir -p "$build/cppcheck"
    cppcheck -q -j 2 --cppcheck-build-dir="$build/cppcheck" --std=c11 --enable=warning,portability,performance \
        --error-exitcode=1 --inline-suppr --suppress=missingInclude --suppress=missingIncludeSystem \
        --template='{file}:{line}: {severity}: {message} [{id}]' --suppress=comparePointers --suppress=autoVariables --suppress=ctuuninitvar \
        $names -I. -Ilibc/include \
        -D__x86_64__ -DCLOCKHAND_KERNEL boot kernel mm
}

compiler() {
    env -u MAKEFLAGS -u MAKELEVEL make BUILD="$build/check-$1" CC="$1" WERROR=-Werror kernel programs host \
        "$build/check-$1/BOOTX64.EFI" "$build/check-$1/tpm"
}

# What clang makes boots and passes a few suites in the kernel and tests of programs.
clang_runs() {
    env -u MAKEFLAGS -u MAKELEVEL make -s BUILD="$build/check-clang" CC=clang WERROR=-Werror image || return
    export BUILD="$build/check-clang"
    ONLY=cpu,elf,fault,fork,frame,pagecache,pagetable,process,signal,slab,tlb,usercopy prove tests/kernel-qemu64.t &&
        ONLY='heap_malloc proc_exec sig_handlers vm_fork' prove tests/user.t
}

# Each file of mm/ has a suite of its name in the kernel.
suites() {
    missing=0
    for file in mm/*.c; do
        name=$(basename "$file" .c)
        grep -qs "^KTEST($name, " "tests/kernel/test_$name.c" || {
            echo "$file has no suite in tests/kernel/test_$name.c"
            missing=1
        }
    done
    return $missing
}

shell_scripts() {
    for script in tests/*.sh tests/*.t .ci/run; do
        sh -n "$script" || return
    done
}

step 'format (make format)' format
step 'include order' tests/include-order.sh
step 'file sizes' size
step 'nothing left to be done' leftovers
step 'top level' top_level
step 'suites of mm/' suites
step 'shell scripts' shell_scripts
step 'cppcheck' static_analysis
step 'gcc without a warning' compiler gcc
step 'clang without a warning' compiler clang
step 'clang makes what runs' clang_runs
exit $failed
