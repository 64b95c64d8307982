#!/bin/sh
# The loader says what is wrong when something is.
. tests/tap.sh

# Boots with what the environment says; the loader's line is in the log.
loader_line() {
    LOG=$logs/loader.log TIMEOUT=200 tests/qemu.sh boot >/dev/null 2>&1
    status=$?
    line=$(grep '^loader: ' "$logs/loader.log")
}

CPU=qemu64,-syscall loader_line
is 'a processor without SYSCALL: status' "$status" 125
like 'its line' "$line" '^loader: this processor has not got the SYSCALL instruction.*Unsupported$'

# The same disk without the kernel, then with something else in its place.
mkdir "$SCRATCH/build"
cp --sparse=always "$BUILD/disk.img" "$SCRATCH/build/disk.img"
export MTOOLS_SKIP_CHECK=1
mdel -i "$SCRATCH/build/disk.img@@1M" ::/clockhand/kernel.elf
BUILD=$SCRATCH/build loader_line
is 'no kernel: status' "$status" 125
like 'its line' "$line" '^loader: opening .clockhand.kernel.elf: Not Found$'

echo 'no kernel' >"$SCRATCH/text"
mcopy -i "$SCRATCH/build/disk.img@@1M" "$SCRATCH/text" ::/clockhand/kernel.elf
BUILD=$SCRATCH/build loader_line
like 'something else in its place' "$line" '^loader: kernel.elf is not an x86-64 ELF executable: Load Error$'
done_testing
