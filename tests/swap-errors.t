#!/bin/sh
# Swap that fails: blocks that cannot be read or written, too little of it, a disk that is too slow, memory that cannot be had in the middle of page-out.
# Each has a defined end for the program that needed the page, and for nobody else; all of the disks are of one machine. Afterwards nothing is left.
# And what mkswap, swapon and swapoff say, and refuse.
. tests/tap.sh

slot=1
# attach NAME SIZE DRIVER...: the next disk of the machine, an area for swap behind the driver.
attach() {
    truncate -s "$2" "$SCRATCH/$1"
    PATH=$PATH:/usr/sbin:/sbin mkswap "$SCRATCH/$1" >/dev/null 2>&1
    EXTRA="$EXTRA -blockdev driver=file,node-name=file$slot,filename=$SCRATCH/$1
        -blockdev driver=$3,node-name=swap$slot,$4file$slot -device virtio-blk-pci,drive=swap$slot,addr=0x1$slot"
    slot=$((slot + 1))
}

# errors IOTYPE BLOCK...: rules of blkdebug
errors() {
    rules=
    number=0
    type=$1
    shift
    for block; do
        rules="${rules}inject-error.$number.event=none,inject-error.$number.errno=5,inject-error.$number.iotype=$type,"
        rules="${rules}inject-error.$number.sector=$((8 * block)),"
        number=$((number + 1))
    done
    echo "$rules"
}

export EXTRA='-object throttle-group,id=slow,x-bps-write=131072'
attach unreadable 64M blkdebug "$(errors read 100 101 300)image="
attach unwritable 64M blkdebug "$(errors write 100 475 850)image="
attach small 4M raw file=
attach slow 64M throttle throttle-group=slow,file=
attach good 64M raw file=
attach fixed 1M raw read-only=on,file=

cat >"$SCRATCH/script" <<'END'
cd /root
swapoff -a
use() { echo "== $2"; swapon /dev/$1; }
leave() { swapoff -a; cat /proc/sys/vm/check; grep -c . /proc/swaps; }
counter() { grep "^$1 " /proc/vmstat; }

use vdb unreadable
/tests/swap_errors 512 press=5000 touch touch store give off=/dev/vdb touch
leave

use vdc unwritable
/tests/vm_pressure 1500 1 9
counter write_errors >&2
echo left $(grep vdc /proc/swaps | tr '\t' ' ' | tr -s ' ' | cut -d ' ' -f 3) >&2
leave

use vdd full
/tests/vm_pressure 300 2 8 &
/tests/vm_pressure 3000 1 7 2>/dev/null; status=$?
wait
echo "status $status"
counter oom_kill
dmesg | grep -c 'out of memory: killed process'
leave

echo '== willing'
sh -c 'echo 1000 >/proc/self/oom_score_adj; exec /tests/swap_errors 2000 stay' >willing &
until grep -q stays willing 2>/dev/null; do :; done
/tests/swap_errors 4200 touch
wait $!; echo "status $?"
counter oom_kill
leave

echo '== file'
dd if=/dev/zero of=area bs=65536 count=256 2>/dev/null; mkswap area >/dev/null; cp area twin; sync
dd if=twin of=area bs=4096 count=300 conv=notrunc 2>/dev/null; swapon area
/tests/swap_errors 512 sync press=5000 touch cut=/root/area cut=/tests/swap_errors
chmod 755 area; ./area 2>&1 | grep -o 'Text file busy'
leave

echo '== holder'
killed=$(counter oom_kill | cut -d ' ' -f 2)
/tests/swap_errors 64 hold; echo "status $?"
until [ "$(counter oom_kill | cut -d ' ' -f 2)" -ge $((killed + 2)) ]; do sleep 0.1; done
dmesg | grep 'out of memory: killed process' | tail -n 2 >&2
leave

echo '== several'
long=an_area_whose_path_has_more_than_forty_characters
for name in one two three $long; do dd if=/dev/zero of=$name bs=4096 count=16 2>/dev/null; mkswap $name >/dev/null; done
swapon one two; swapon -p 5 three; swapon $long
swapoff one; swapon one; swapoff three two
while read -r path type size used priority; do echo $path $type $priority; done </proc/swaps
leave

use vde slow
echo 200 >/proc/sys/vm/swap_patience_ms
while [ "$(counter swap_stuck)" = 'swap_stuck 0' ]; do /tests/swap_errors 96 touch; done
leave
dmesg | grep 'on their way to swap' | head -n 1
dmesg | grep 'block: vde has not' | head -n 1
dmesg | grep 'block: in gdb' | head -n 1

use vdf crowded
/tests/swap_errors 6000 off=/dev/vdf touch
killed=$(counter oom_kill)
/tests/swap_errors 6000 until=enough >touching &
until grep -q touches touching 2>/dev/null; do :; done
for i in 1 2 3; do swapoff /dev/vdf 2>/dev/null; echo "status $?"; done
touch enough
wait $!; echo "status $?"
cat touching
[ "$(counter oom_kill)" = "$killed" ] && echo nobody was killed
for run in all/frame=2 all/frame=3001 all/slab=301 kernel/frame=1 kernel/frame=2 kernel/frame=301 kernel/slab=1 kernel/slab=7; do
    where=${run%/*}; setting=${run#*/}
    echo $where >/proc/sys/vm/fail_in
    echo ${setting#*=} >/proc/sys/vm/fail_${setting%=*}
    /tests/vm_pressure 1000 1 7 >/dev/null 2>&1
    echo $where $setting $? >>ends
    echo 0 >/proc/sys/vm/fail_${setting%=*}
    cat /proc/sys/vm/check
done
/tests/vm_pressure 1000 1 4
leave

use vdf commit
/tests/vm_commit strict
cat /proc/sys/vm/overcommit_memory /proc/sys/vm/overcommit_ratio
leave

echo '== one use'
try() { # the last word of an error message, or ok
    if "$@" >said 2>&1; then echo ok; else line=$(tail -n 1 said); echo "${line##*: }"; fi
}
dd if=/dev/zero of=area bs=65536 count=16 2>/dev/null
mkswap area >said; mkdir above; dd if=/dev/zero of=above/second bs=65536 count=16 2>/dev/null; mkswap above/second >said
try swapon area; try swapon above/second; try mv above beside
cut -f 1 /proc/swaps
try swapon area; try mkswap area
try rm -f area; try mv area other; echo >new; try mv new area; try mv beside/second area
try ln area link; try rm link; try mv beside/second beside/third
try swapoff link; try swapoff beside/second
try mv area other; try rm link; try rm other; try rm -r beside
try swapon /dev/vdf; try swapon /dev/vdf; try mkswap /dev/vdf
mkdir place; try mount /dev/vdf place; try swapon /dev/vda2; try mkswap /dev/vda2; try mkswap /dev/vda; try mount /dev/vda2 place
try swapon /dev/vdg; try mkswap /dev/vdg
leave
try mkswap /dev/vdf

echo '== tools'
say() { "$@" 2>&1; echo "= $?"; }
dd if=/dev/zero of=hole bs=1 count=1 seek=1048575 2>/dev/null; chmod 644 hole
dd if=/dev/zero of=area bs=65536 count=16 2>/dev/null; chmod 644 area
say mkswap -L label -U 11111111-2222-4333-8444-555555555555 area
chmod 600 area
say mkswap -U zzz area; say mkswap area 20; say mkswap area 2000; say mkswap nothing
say swapon -p x area; say swapon -p 40000 area; say swapon nothing; say swapon hole; say swapon -L none; say swapon UUID=1
say swapoff area; say swapoff nothing; say swapoff; say swapoff -a; say swapon
say swapon -v -p -5 area
say swapon -a; say swapon -a
swapon --show=NAME,PRIO,UUID,LABEL --noheadings --raw >shown; while read -r name priority uuid label; do echo $name $priority $label; done <shown
say swapon
say swapoff area; swapoff -L clockhand-swap; chmod 644 area; say swapon -o pri=7 area; say swapon --show --bytes
leave
mkswap -q -U 11111111-2222-4333-8444-555555555555 -L tools /dev/vdf
say swapon -L tools; say swapoff UUID=11111111-2222-4333-8444-555555555555; sync
cat ends >&2
END

MEM=64M OPT='mem=24M watchdog=20 disk_patience=200' CPUS=2 TIMEOUT=300 guest "$(cat "$SCRATCH/script")"
is 'the machine goes on to the end' "$status" 0
[ "$status" -eq 0 ] || diag "$err"
part() {
    sed -n "/^== $1\$/,/^== /p" "$SCRATCH/out" | sed '/^== /d'
}

is 'pages that cannot be read back: SIGBUS, EFAULT, EIO; the others are whole' "$(part unreadable)" \
'lost 3 of 512 pages
lost 3 of 512 pages
the child: 0
given none
swapoff: EIO
lost 3 of 512 pages
ok
1'
is 'blocks that cannot be written: the pages stay, and go elsewhere' "$(part unwritable)" 'verified: all
ok
1'
like 'some could not' "$err" '^write_errors [1-9]'
like 'and are not used any more' "$err" "^left $((4 * (64 * 256 - 1 - $(printf '%s\n' "$err" | sed -n 's/^write_errors //p'))))\$"
is 'swap full in mid-run: the largest process is killed, with one line; the rest goes on' "$(part full)" 'verified: all
status 137
oom_kill 1
1
ok
1'
is 'the process that is willing to be killed is, and not a larger one' "$(part willing)" 'lost 0 of 4200 pages
status 137
oom_kill 2
ok
1'
is 'a file: what was written to it before stays out of the way; it cannot be cut, as no running program can, and not run' \
    "$(part file)" 'lost 0 of 512 pages
truncate: Text file busy
open: Text file busy
truncate: Text file busy
open: Text file busy
Text file busy
ok
1'
is 'a victim that waits for what another one holds, who waits for memory: in the end both are killed' "$(part holder)" 'status 137
ok
1'
killed=$(printf '%s\n' "$err" | sed -n 's/.*out of memory: killed process \([0-9]*\) (swap_errors).*/\1/p')
is 'each of them once' "$(echo "$killed" | sort -u | wc -l)" 2
is 'several: who goes moves up those with lower priorities of their own' "$(part several)" 'Filename Type Priority
/root/one file -3
/root/an_area_whose_path_has_more_than_forty_characters file -2
ok
1'
like 'a slow disk loses nothing' "$(part slow)" '^lost 0 of 96 pages$'
like 'writes that do not arrive are reported' "$(part slow)" 'page-out: [0-9]+ pages have been on their way to swap for 200 ms without one arriving'
like 'so is the disk: which request, where, how old, whose' "$(part slow)" \
    'block: vde has not answered for 200 ms; of [0-9]+ transfers under way the oldest is a write of [0-9]+ sectors from [0-9]+ on, on vde, [0-9]+ ms old, submitted by thread [0-9]+'
like 'and what to type in gdb' "$(part slow)" 'block: in gdb: ck threads, for who waits; ck bt [0-9]+'
is 'swapoff without room in memory: ENOMEM, the area stays, nobody is killed for it; allocations that fail in page-out: defined ends, nothing lost' "$(part crowded)" \
"swapoff: ENOMEM
lost 0 of 6000 pages
status 2
status 2
status 2
status 0
touches
lost 0 of 6000 pages
nobody was killed
$(for i in 1 2 3 4 5 6 7 8; do echo ok; done)
verified: all
ok
1"
is 'the modes of overcommit: what is promised, and what is refused' "$(part commit)" '4 MB count: yes
mode 0: set
more than there is: Cannot allocate memory
without reserve: mapped
mode 1: set
more than there is: mapped
mode 3: Invalid argument
mode 2: set
more than the limit: Cannot allocate memory
without reserve: Cannot allocate memory
to be read: mapped
half of it: mapped
a fork: Cannot allocate memory
half of it again: Cannot allocate memory
half of it, shared: Cannot allocate memory
half of it, to be read: mapped
to be written: Cannot allocate memory
a part of it: yes
the first longer: Cannot allocate memory
the heap: Cannot allocate memory
shared in its place: mapped
shared in the place of that: mapped
private in the place of that: mapped
a fork without all that: a child
mode 0: set
0
50
ok
1'
is 'the names of an area in use stay, its disk is nobody else'"'"'s; so is that of a file system' "$(part 'one use')" \
'ok
ok
ok
Filename
/root/area                              file
/root/beside/second                     file
Device or resource busy
Text file busy
Operation not permitted
Operation not permitted
Operation not permitted
Operation not permitted
ok
Operation not permitted
Operation not permitted
ok
ok
ok
ok
ok
ok
ok
Device or resource busy
Device or resource busy
Device or resource busy
read swap header failed
Device or resource busy
Device or resource busy
Device or resource busy
Read-only file system
Read-only file system
ok
1
ok'
is 'mkswap, swapon, swapoff: words, results and exit statuses of util-linux' "$(part tools)" \
'mkswap: area: insecure permissions 0644, fix with: chmod 0600 area
Setting up swapspace version 1, size = 1020 KiB (1044480 bytes)
LABEL=label, UUID=11111111-2222-4333-8444-555555555555
= 0
mkswap: error: parsing UUID failed
= 1
mkswap: error: swap area needs to be at least 40 KiB
= 1
mkswap: error: size 2000 KiB is larger than device size 1024 KiB
= 1
mkswap: cannot open nothing: No such file or directory
= 1
swapon: failed to parse priority: '"'x'"'
= 1
swapon: failed to parse priority: '"'40000'"': Numerical result out of range
= 1
swapon: cannot open nothing: No such file or directory
= 255
swapon: hole: insecure permissions 0644, 0600 suggested.
swapon: hole: skipping - it appears to have holes.
= 255
swapon: cannot find the device for none
= 255
swapon: cannot find the device for UUID=1
= 255
swapoff: area: swapoff failed: Invalid argument
= 4
swapoff: nothing: swapoff failed: No such file or directory
= 4
usage: swapoff [-v] [-L LABEL] [-U UUID] [FILE...]
= 16
= 0
= 0
swapon: area: found signature [pagesize=4096, signature=swap]
swapon area
= 0
= 0
= 0
/root/area -2 label
/dev/vda3 -3 clockhand-swap
NAME       TYPE       SIZE USED PRIO
/root/area file      1020K   0B   -2
/dev/vda3  partition  256M   0B   -3
= 0
= 0
swapon: area: insecure permissions 0644, 0600 suggested.
= 0
NAME       TYPE    SIZE USED PRIO
/root/area file 1044480    0    7
= 0
ok
1
= 0
= 0'
truncate -s 64M "$SCRATCH/theirs"
PATH=$PATH:/usr/sbin:/sbin mkswap -q -U 11111111-2222-4333-8444-555555555555 -L tools "$SCRATCH/theirs" >/dev/null 2>&1
ok 'what our mkswap writes is what theirs does' cmp -n 4096 "$SCRATCH/good" "$SCRATCH/theirs"
ends=$(printf '%s\n' "$err" | grep '^[a-z]* [a-z]*=')
is 'a program whose allocations fail is done, lacks memory, or is killed' \
    "$(echo "$ends" | grep -cE '^all .* (0|1|126|127|135|137)$')" 3
is 'one beside which page-out lacks memory, too' "$(echo "$ends" | grep -cE '^kernel .* (0|137)$')" 5
is 'and is done if that is so now and then' "$(echo "$ends" | grep -cE '^kernel (slab=7|frame=301|frame=2) 0$')" 3
done_testing
