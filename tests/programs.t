#!/bin/sh
# The programs: every one answers --help in one shape, those that show memory show what there is, and a program of one's own is one
# file in user/. A copy of the tree gets such a file; all the rest is on the image made from that.
. tests/tap.sh

tree=$SCRATCH/tree
mkdir "$tree"
tar cf - --exclude='*/test.??????' --exclude='*/run.??????' --exclude='*/image.??????' --exclude=logs --exclude=host boot kernel libc mm tests user linker.ld Makefile -C "$BUILD/.." "$(basename "$BUILD")" |
    tar xf - -C "$tree"
[ "$(basename "$BUILD")" = build ] || mv "$tree/$(basename "$BUILD")" "$tree/build"
cat >"$tree/user/own.c" <<'END'
/* own: a program of one's own. Says at which address it has a page of 2 MB, and waits. */
#include <program.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LARGE 0x200000ul

int main(int count, char **arguments)
{
    program_help(count, arguments, "own\nHas a large page.");
    char *memory = mmap(NULL, 2 * LARGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memory += -(uintptr_t)memory & (LARGE - 1);
    memset(memory, 1, LARGE);
    if (madvise(memory, LARGE, MADV_COLLAPSE))
        perror("own");
    printf("%lx\n", (unsigned long)memory);
    fflush(stdout);
    pause();
    return program_end(0);
}
END
unset MAKEFLAGS MAKELEVEL
ok 'one more file in user/ makes one more program' env BUILD=build make -s -C "$tree" image

# With little memory, so that a program that uses more has pages on swap.
BUILD=$tree/build MEM=64M OPT=mem=24M CPUS=2 guest '
echo === shape
for path in /bin/*; do
    program=$(basename $path)
    $path --help >/tmp/help 2>/tmp/errors </dev/null || echo "$program: status $?"
    [ ! -s /tmp/errors ] || echo "$program: writes errors"
    head -n 1 /tmp/help >/tmp/first; grep -qF "usage: $program" /tmp/first || echo "$program: no usage"
    [ $(wc -l </tmp/help) -ge 3 ] || echo "$program: does not say what it does"
    tail -n 1 /tmp/help >/tmp/last; grep -q "^Exit status: " /tmp/last || echo "$program: no exit status"
    [ -z "$(cut -c 121- /tmp/help)" ] || echo "$program: too wide"
    man $program </dev/null | cmp -s - /tmp/help || echo "$program: man differs"
done
echo === man; man; man no-such 2>&1; echo status $?
own >/tmp/address & until [ -s /tmp/address ]; do sleep 0.05; done
echo === table; cat /proc/$!/pagetable
echo === large; pmap $!; pagemap $! $(cat /tmp/address); echo status $?; kill $!
echo === walk; pagemap $$ 400000; echo status $?; pagemap $$ 10; echo status $?
pagemap ffff800000000000 2>&1; echo status $?; pagemap 800000000000 2>&1; echo status $?; pagemap 1 2 3 2>&1; echo status $?
pmap 99999 2>&1; echo status $?
pattern sequential 30 100000 >/dev/null &
stopped_with_swap() { # it takes its pages back as long as it runs; what is little may be pages that are only being made
    kill -STOP $!; until grep -q ") T " /proc/$!/stat; do sleep 0.05; done
    set -- $(grep "^VmSwap:" /proc/$!/status); [ $2 -ge 5000 ]
}
until stopped_with_swap; do kill -CONT $!; sleep 0.05; done
echo === areas; pmap $!; echo === processes; ps
echo === swapped; for at in $(pmap -q $! | grep "rw-p *anonymous" | sort -k 2nr | cut -c 1-16); do pagemap $! $at; break; done
echo === free; free; vmstat; vmstat 1 2
echo === sums; vmstat -s
echo === clock; clockview -n 1; mtrace -n 5 evict hands; mtrace -s
echo === numbers
for wrong in "clockview -n x" "clockview -n 0" "clockview -n 1x" "clockview -d -1" "clockview -d 99999999999999999999" "mtrace -n x" "mtrace -n +5" \
    "mtrace -n 0" "slabtop -n 1,5" "slabtop -d x" "cachestat x" "cachestat 1s" "cachestat 1 0" "vmstat x" "vmstat 0" "vmstat 1 0x1"; do
    $wrong 2>&1; echo "status $?"
done
echo === slab; slabtop; slabtop -s n -n 1
kill -KILL $!
echo === end'
section() {
    printf '%s\n' "$out" | sed -n "/^=== $1\$/,/^=== /p" | grep -v '^==='
}
is 'all of that ran' "$(tail -n 1 "$SCRATCH/out"), status $status" '=== end, status 0'
is 'every program answers --help: usage, what it does, exit status; man shows it' "$(section shape)" ''
is 'man lists the programs' "$(section man | grep -v ':\|status' | xargs -n 1 | sort)" "$(ls "$tree/build/root/bin" | sort)"
like 'man of what there is not' "$(section man | tr '\n' ' ')" 'man: there is no program no-such .* status 1 $'

like 'pmap: a page of 2 MB, modified' "$(section large)" '^[0-9a-f]{16} +[0-9]+ +[0-9]{4} +[0-9]{4} +0 +0 (2M|4K\+2M) +rw-p +anonymous$'
like 'pmap: the text of the program' "$(section large)" '^000000000040[0-9a-f]000 +[0-9]+ +[1-9][0-9]* +0 +[0-9]+ +0 4K +r-xp +/bin/own$'
like 'pmap: the sum' "$(section large)" '^sum +[0-9]+( +[0-9]+){4}$'
like 'pagemap: the large page ends the walk a level early' "$(section large | tail -n 4 | head -n 1)" '^PD +[0-9]+ [0-9a-f]{16} P RW US --- --- A D PS - -- XD$'
like 'pagemap: its size' "$(section large)" '^physical [0-9a-f]+: byte 0 of a page of 2 MB at frame [0-9a-f]+$'

table=$(section table)
like 'pagetable: how many tables' "$table" '^[0-9]+ tables, [0-9]+ kB$'
for line in 'PML4' '  \[[0-9]+\] PDPT' '    \[[0-9]+\] PD' '      \[[0-9]+\] PT'; do
    like "pagetable: $line" "$table" "^$line at frame 0x[0-9a-f]+\$"
done
like 'pagetable: the text of the program' "$table" '^        \[[0-9-]+\] 4K  4[01][0-9a-f]000-[0-9a-f]+ frame 0x[0-9a-f]+\+? P US A$'
like 'pagetable: the large page' "$table" '^      \[[0-9]+\] 2M  [0-9a-f]+-[0-9a-f]+ frame 0x[0-9a-f]+00 P RW US A D XD$'

walk=$(section walk)
like 'pagemap: what it is about' "$walk" '^400000 of process [0-9]+ \(sh\): 400000-[0-9a-f]+ r--p /bin/sh$'
for level in PML4 PDPT PD; do
    like "pagemap: $level" "$walk" "^$level +[0-9]+ [0-9a-f]{13}[0-9a-f]27 P RW US --- --- A - -- - -- --\$"
done
like 'pagemap: PT, read-only' "$walk" '^PT +0 [0-9a-f]{16} P -- US --- --- A - --- - -- XD$'
is 'pagemap: mapped, not mapped, what is no address of a program, usage' "$(printf '%s\n' "$walk" | sed -n 's/^status //p' | xargs)" '0 1 2 2 2 1'
like 'pagemap: nothing there' "$walk" '^10 of process [0-9]+ \(sh\): no area, an access is a segmentation fault$'
like 'pagemap: the kernel' "$walk" "ffff800000000000 is the kernel's"
like 'pagemap: the hole' "$walk" '800000000000 is not canonical'
like 'pmap: no such process' "$walk" 'pmap: there is no process 99999'

like 'pmap: what is on swap' "$(section areas)" '^[0-9a-f]{16} +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+ +[1-9][0-9]* (4K|2M|4K\+2M) +rw-p +anonymous$'
like 'ps: resident, swapped, faults' "$(section processes)" '^ *[0-9]+ +[0-9]+ T +[0-9]+ +[1-9][0-9]* +[1-9][0-9]* +[1-9][0-9]* +[0-9]+ +[0-9]+:[0-9.]+ pattern sequential 30'
like 'free: memory' "$(section free)" '^Mem: ( +[0-9]+){6}$'
like 'free: swap in use' "$(section free)" '^Swap: +[0-9]+ +[1-9][0-9]* +[0-9]+$'
is 'vmstat: a line since boot, one for each second asked for' "$(section free | grep -cE '^ *[0-9]+( +[0-9]+){21}$')" 3
like 'vmstat: procps and ours in one line' "$(section free)" '^ r +b +swpd +free +buff +cache +si +so +bi +bo +in +cs us sy id wa st +minor +major +scan +evict +rescue$'
like 'vmstat -s: memory' "$(section sums)" '^ +[1-9][0-9]* K total memory$'
like 'vmstat -s: swap' "$(section sums)" '^ +[1-9][0-9]* pages swapped out$'
like 'vmstat -s: ticks' "$(section sums)" '^ +[0-9]+ IO-wait cpu ticks$'
like 'clockview: the hands' "$(section clock)" '^.*clock: adaptive +# back [0-9]+ +> hot [0-9]+ +hot pages [1-9][0-9]* of [0-9]+ frames'
like 'mtrace: evictions' "$(section clock)" ' evict (goes|[a-z]+) frame [0-9]+'
like 'mtrace: counts' "$(section clock)" '^ +[1-9][0-9]* evict$'
is 'what is no number, or too small or large, is refused' "$(section numbers)" "clockview: 'x' is not a number
status 1
clockview: '0' is not from 1 to 1000000000
status 1
clockview: '1x' is not a number
status 1
clockview: '-1' is not a number
status 1
clockview: '99999999999999999999' is not from 0 to 36000
status 1
mtrace: 'x' is not a number
status 1
mtrace: '+5' is not a number
status 1
mtrace: '0' is not from 1 to 1048576
status 1
slabtop: '1,5' is not a number
status 1
slabtop: 'x' is not a number
status 1
cachestat: 'x' is not a number of seconds
status 1
cachestat: '1s' is not a number of seconds
status 1
cachestat: '0' is not from 1 to 1000000000
status 1
vmstat: 'x' is not a number
status 1
vmstat: '0' is not from 1 to 1000000000
status 1
vmstat: '0x1' is not a number
status 1"
like 'slabtop: caches and their sum' "$(section slab)" '^[0-9]+ caches, [1-9][0-9]* KB$'
like 'slabtop: a cache' "$(section slab)" '^ +[1-9][0-9]* +[1-9][0-9]* +[0-9]+% +[0-9]+ +[0-9]+ +[1-9][0-9]* +[1-9][0-9]* dentry$'
by_name=$(section slab | awk '/ caches, / { shown++; next } shown == 2 && $8 != "NAME" { print $8 }')
like 'slabtop -s n: caches, too' "$by_name" '^dentry$'
is 'slabtop -s n: by name' "$by_name" "$(printf '%s\n' "$by_name" | LC_ALL=C sort)"
done_testing
