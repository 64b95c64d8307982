#!/bin/sh
# The page-replacement clock in the kernel: its settings, what shows it at work, and that the policy alone, run on the host with what the kernel's
# clock was told, picks the same victims in the same order. One boot with 20 MB, 4 of them for the ring; what is read as text goes to standard error, the traces to standard output.
. tests/tap.sh

mkdir "$SCRATCH/add"
cp "$(command -v busybox)" "$SCRATCH/add/"
cat >"$SCRATCH/script" <<'END'
cd /
set_to() { echo "$2" >/proc/sys/vm/$1 && cat /proc/sys/vm/$1; }
{
echo -- settings
cat /proc/sys/vm/clock
set_to clock two; set_to clock adaptive; set_to clock three; cat /proc/sys/vm/clock; set_to clock two
set_to clock_spread 1000
set_to clock_spread 0; set_to clock_spread 99999999; set_to clock_spread -5; cat /proc/sys/vm/clock_spread
set_to lotsfree 200; set_to desfree 150; set_to minfree 160; set_to minfree 100; set_to lotsfree 99; set_to scan_max 0
set_to minfree 32; set_to desfree 64; set_to lotsfree 128
set_to pageout_share 0; set_to pageout_share 101; set_to pageout_share 25; set_to pageout_share 50
echo -- events
# What the ring has had since the start of the machine, under the names of the counters that count the same.
events() {
    mtrace | /add/busybox awk '
        $5 == "fault" { n["pgfault"]++ }
        $5 == "fault" && $6 == "major" { n["pgmajfault"]++ }
        ($5 == "clear" || $5 == "test") && $6 != "idle" { n["pgscan_referenced"]++ }
        $5 == "evict" { n[$6 == "goes" ? "pgsteal" : "pgsteal_refused"]++ }
        $5 == "rescue" { n["rescued_" $6]++ }
        $5 == "page-in" { n[$6 == "anon" ? "pswpin" : "pgpgin"]++ }
        $5 == "page-out" { n[$6 == "anon" ? "pswpout" : "pgpgout"]++ }
        $5 == "read-ahead" && $6 == "file" { n["readahead_issued"] += $8 }
        END { for (name in n) print "ring", name, n[name] }'
}
counters() { /add/busybox awk -v "when=$1" '/^pg(maj)?fault |^pgp|^pgs|^pswp|^rescued|^readahead_issued/ { print when, $1, $2 }' /proc/vmstat; }
transfers() { printf '%s\n' "$1" | /add/busybox awk '$2 != "pgfault" { print $2, $3 }'; }
dd if=/dev/zero of=/root/file bs=65536 count=32 2>/dev/null; sync; dropcaches; cp /root/file /dev/null; rm /root/file; sync
pattern sequential 20 2
tries=0
until [ $((tries = tries + 1)) -gt 20 ]; do # programs come back from the disk, and what was written goes there
    counters=$(counters before) ring=$(events) later=$(counters after)
    [ "$(transfers "$counters")" = "$(transfers "$later")" ] && break
done
printf '%s\n' "$counters" "$ring" "$later"; mtrace | head -n 1
echo -- tools
mtrace -s; mtrace -n 3 evict; mtrace -n 2 hands clear
cat /proc/vmclock; vmstat; clockview -n 1 | tail -n 20
echo -- traces
} >&2
for kind in one two adaptive; do
    for pattern in 'sequential 18 1' 'sequential 14 2' 'random 24 1' '80-20 28 2' 'phases 18 1' 'scan 24 2' 'file 12 1'; do
        echo $kind >/proc/sys/vm/clock
        pattern $pattern >&2
        mtrace -p
    done
done
{
echo -- counters; cat /proc/vmstat
set_marks() { echo 32 >/proc/sys/vm/minfree; echo 64 >/proc/sys/vm/desfree; echo $1 >/proc/sys/vm/lotsfree; echo $2 >/proc/sys/vm/scan_max; }
count() { grep "^$1 " /proc/vmstat | cut -d ' ' -f 2; }
now() { read -r up rest </proc/uptime; echo $((${up%.*} * 100 + 1${up#*.} - 100)); } # in 10 ms

echo -- waits
echo two >/proc/sys/vm/clock; set_marks 1000 65536; set_to desfree 900
dd if=/dev/vda of=/dev/null bs=65536 count=400 2>/dev/null; sleep 0.5
waits=$(count pageout_waits) steals=$(count pgsteal) piece=0
while [ $((piece = piece + 1)) -le 20 ]; do dd if=/dev/vda of=/dev/null bs=4096 count=16 skip=$((6400 + 16 * piece)) 2>/dev/null; sleep 0.02; done
echo ordinary: $(($(count pageout_waits) - waits)) waits; [ "$(count pgsteal)" -gt "$steals" ] && echo the daemon evicts
set_marks 128 1; echo 1 >/proc/sys/vm/pageout_share; waits=$(count pageout_waits)
pattern sequential 18 1 >/dev/null
[ "$(count pageout_waits)" -gt "$waits" ] && echo held back: others wait

echo -- share
swapoff /dev/vda3; dd if=/dev/zero of=/tmp/hog bs=65536 count=90 2>/dev/null
echo 10 >/proc/sys/vm/pageout_share; set_marks 2500 2500000
began=$(now) used=$(count pageout_cpu_us) rounds=$(count pageout_rounds) waits=$(count pageout_waits)
until [ "$(count pageout_rounds)" -ge $((rounds + 8)) ]; do sleep 0.05; done
used=$(($(count pageout_cpu_us) - used)) rounds=$(count pageout_rounds)
until [ "$(count pageout_rounds)" -gt "$rounds" ]; do sleep 0.05; done # the last pause is over
time=$((10000 * ($(now) + 1 - began)))
echo waits $(($(count pageout_waits) - waits)), used $used of $time
[ $((used * 90)) -le $((time * 10)) ] && echo within its share
set_marks 128 65536; rm /tmp/hog; swapon /dev/vda3; cat /proc/sys/vm/check
} >&2
END

ADD=$SCRATCH/add MEM=64M OPT='mem=20M vmtrace=131072 clock=one' TIMEOUT=300 guest "$(cat "$SCRATCH/script")"
is 'the commands ran' $status 0
section() {
    sed -n "/^-- $1\$/,/^-- /p" "$SCRATCH/err"
}
settings=$(section settings | grep -v '^--' | sed 's/.*\(Invalid argument\)/\1/')
is 'the option, the kinds, the spread, the watermarks, and what is refused' "$(echo $settings)" "one two adaptive Invalid argument adaptive two \
1000 Invalid argument Invalid argument Invalid argument 1000 200 150 Invalid argument 100 Invalid argument Invalid argument 32 64 128 Invalid argument Invalid argument 25 50"

events=$(section events)
like 'the ring has everything since the start' "$events" '^0 [0-9.]+ pid 0 '
for name in pgfault pgmajfault pgscan_referenced pgsteal pgsteal_refused rescued_anon rescued_file pgpgin pgpgout pswpin pswpout readahead_issued; do
    set -- $(printf '%s\n' "$events" | awk -v "name=$name" '$2 == name { n[$1] = $3 } END { print n["before"] + 0, n["ring"] + 0, n["after"] + 0 }')
    ok "it has an event for each $name: $1 <= $2 <= $3" test "$1" -le "$2" -a "$2" -le "$3"
    case $name in
    pgfault) ;; # looking takes some
    pgsteal_refused | rescued_file) ok 'no more, no less' test "$1" -eq "$3" ;;
    *) ok 'no more, no less, and not none' test "$1" -eq "$3" -a "$1" -gt 0 ;;
    esac
done

tools=$(section tools)
state() {
    printf '%s\n' "$tools" | sed -n "s/^$1 \([0-9]*\)\$/\1/p"
}
like 'mtrace counts events' "$tools" '^ +[0-9]+ fault$'
for kind in page-in page-out rescue evict run; do
    like "among them $kind" "$tools" "^ +[1-9][0-9]* $kind\$"
done
like 'it shows what was evicted' "$tools" '^[0-9]+ [0-9.]+ pid 0 evict goes frame [0-9]+ place [0-9]+ name 0x'
like 'and where the hands are' "$tools" '^[0-9]+ [0-9.]+ pid 0 hands two front [0-9]+ evicted [0-9]+ back [0-9]+$'
is 'the front hand is the spread before the back hand' "$(((${frames:=$(state frames)} + $(state front) - $(state back)) % frames))" "$(state spread)"
ok 'the hands have worked' test "$(state evicted)" -gt 1000
like 'vmstat has a line of numbers' "$tools" '^ *[0-9]+( +[0-9]+){21}$'
like 'clockview draws the hands' "$tools" '>'
like 'both' "$tools" '^[^:]*#[^:]*$'

counters=$(section counters)
counter() {
    printf '%s\n' "$counters" | sed -n "s/^$1 //p"
}
for name in pgscan_front pgscan_back pgscan_referenced pgscan_skipped pgsteal freed_clean freed_dirty rescued_anon rescued_file pswpin pswpout \
    swap_reads swap_writes swap_ra swap_ra_hit pageout_wakeups pageout_rounds pageout_cpu_us clock_laps; do
    ok "$name is counted" test "$(counter $name)" -gt 0
done
ok 'several pages leave with each write' test "$(counter pswpout)" -ge $((4 * $(counter swap_writes)))

waits=$(section waits)
like 'while the daemon keeps ahead nobody waits for it' "$waits" '^ordinary: 0 waits$'
like 'though it works' "$waits" '^the daemon evicts$'
like 'when it is held back others wait' "$waits" '^held back: others wait$'
share=$(section share)
like 'the daemon works at its limit, for nobody who waits' "$share" '^waits 0, used [1-9][0-9]* of '
like 'and takes no more than its share of the time' "$share" '^within its share$'
diag "$(printf '%s\n' "$share" | grep '^waits')"

replayed=$(make -s replay TRACE="$SCRATCH/out" 2>/dev/null)
is 'the policy on the host picks the same victims in the same order' "$(printf '%s\n' "$replayed" | grep -c '[1-9][0-9]* victims: the same, in the same order$')" 21
is 'for each clock' "$(printf '%s\n' "$replayed" | awk '{ print $1 }' | uniq -c | awk '{ print $2, $1 }' | tr '\n' ' ')" 'one 7 two 7 adaptive 7 '
printf '%s\n' "$replayed" | sed 's/^/# /'
head -c 100000 "$SCRATCH/out" >"$SCRATCH/wrong"
head -c 4000 /dev/zero | tr '\0' '\377' | dd of="$SCRATCH/wrong" bs=4000 seek=8 conv=notrunc 2>/dev/null # a hundred events
like 'and a trace that was tampered with is found out' "$(make -s replay TRACE="$SCRATCH/wrong" 2>/dev/null)" '^not the same|DIFFERENT'
like 'the whole machine is as it should be' "$(tail -n 1 "$SCRATCH/err")" '^ok$'
done_testing
