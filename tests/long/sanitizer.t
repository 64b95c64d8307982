#!/bin/sh
# The kernel built with the compiler's checks for undefined behaviour and of every access to memory (SAN=1): all in-kernel tests,
# the user tests and those of programs, little memory, file systems, disks that fail, debugging and crashes pass in it; planted bugs are
# caught, and the report says what was done where, and whose memory that was. A script whose subject is speed, or how much memory there
# is, says itself what it leaves out or does on a smaller scale.
# Not run: image and setup, which boot nothing; user and user-1, whose programs user-4 runs; pressure-1, -2 and -4, most of the same
# again beside vm_pressure, which pressure runs; readme, whose commands build and boot the ordinary kernel.
. tests/tap.sh

ok 'it builds' env -u BUILD make SAN=1 BUILD="$BUILD/san" image host
ordinary=$BUILD
BUILD=$BUILD/san
export SAN=1

for CPUS in 1 4; do
    export CPUS
    TIMEOUT=300 kernel_suites "$CPUS CPUs" all
done

unset CPUS
for script in user-4 random shell programs lifetimes pressure swapping swap-errors ext2 hostile disk-errors power kernel-small boot clock \
    loader medium disks faults display real debug stub sessions postmortem panic watchdog crash cache console exec kernel-qemu64 dynamic malloc tar; do
    ok "$script.t passes" prove "tests/$script.t"
done

# planted KIND PATTERN [ADVICE]: the kernel panics, and its first line matches; then what to type in gdb.
planted() {
    LOG=$ordinary/logs/$name.log OPT="crash=$1" CPUS=1 TIMEOUT=120 tests/qemu.sh boot >/dev/null 2>&1
    is "$1: status" $? 125
    text=$(cat "$ordinary/logs/$name.log")
    like "$1: the report" "$text" "panic: $2\$"
    like "$1: the backtrace" "$text" '  ffffffff8[0-9a-f]*  crash_if_asked\+0x'
    like "$1: what to type next" "$text" "panic: next, in gdb \(make debug\): ${3:-thread apply 1 bt}\$"
}

place='kernel/crash.c:[0-9]+'
planted shift "undefined behaviour: shift by too much.*$place(:[0-9]+)?"
planted bounds "undefined behaviour: index out of bounds.*$place(:[0-9]+)?"
planted overflow "undefined behaviour: signed addition overflows.*$place(:[0-9]+)?"
planted misaligned "undefined behaviour: misaligned access.*$place(:[0-9]+)?"

page='ck page 0x[0-9a-f]+'
object='of object 0x[0-9a-f]+ of kmalloc'
planted heap "memory error: write of 1 bytes at 0x[0-9a-f]+ in crash_heap: heap overflow, byte 43 $object-48, allocated by crash_heap, crash_if_asked" "$page"
planted freeread "memory error: read of 8 bytes at 0x[0-9a-f]+ in crash_free_read: use after free, byte 16 $object-64, freed by crash_free_read, crash_if_asked" "$page"
planted freewrite "memory error: write of 8 bytes at 0x[0-9a-f]+ in crash_free_write: use after free, byte 40 $object-64, freed by crash_free_write, crash_if_asked" "$page"
planted freeframe 'memory error: write of 8 bytes at 0x[0-9a-f]+ in crash_free_frame: use after free, frame 0x[0-9a-f]+ is free' "$page"
planted array 'memory error: read of 1 bytes at 0x[0-9a-f]+ in crash_array: overflow of a local variable, byte [0-9]+ of the frame of crash_array, which is .* 13 [0-9]* *few.*'
planted global 'memory error: read of 1 bytes at 0x[0-9a-f]+ in crash_global: overflow of the global variable few_globals, byte 5 of 5 \(kernel/crash.c\)'
done_testing
