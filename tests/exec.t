#!/bin/sh
# `make exec`: the output is the program's and nothing else, the exit status is the program's, and the variables work.
. tests/tap.sh

# Runs make exec with the arguments given: $out, $err and $status.
make_exec() {
    LOG=$logs/exec.log make exec TIMEOUT="${LIMIT:-200}" "$@" >"$SCRATCH/out" 2>"$SCRATCH/err"
    status=$?
    out=$(cat "$SCRATCH/out")
    err=$(cat "$SCRATCH/err")
}

make_exec CMD='echo hello; echo world >&2; exit 7'
is 'standard output, to the byte' "$(od -c "$SCRATCH/out")" "$(printf 'hello\n' | od -c)"
is 'standard error' "$err" world
is 'exit status' "$status" 7
# Only by a machine that is as it is by default.
[ "$(tests/ovmf.sh | wc -w)" -lt 2 ] || [ -n "${CPUS:-}${MEM:-}${CPU:-}${MACHINE:-}${MEDIUM:-}${TPM:-}${EXTRA:-}${DISK:-}${DISK2:-}" ] ||
    ok 'what the firmware has written is kept for later boots' ls "$BUILD"/ovmf-*

rm -f "$BUILD/make_exit.so" # as at the first time
make -C . exec CMD='echo hello' TIMEOUT=200 >"$SCRATCH/out" 2>/dev/null
is 'make -C prints nothing of its own on standard output' "$(cat "$SCRATCH/out")" hello

mkdir -p "$SCRATCH/add/folder"
printf 'a\0b\r\n\377\n' >"$SCRATCH/add/folder/bytes"
head -c 300000 /dev/urandom >"$SCRATCH/add/random"
make_exec ADD="$SCRATCH/add" CMD='cat /add/folder/bytes /add/random'
ok 'a copied folder comes back byte for byte' \
    sh -c "cat $SCRATCH/add/folder/bytes $SCRATCH/add/random | cmp - $SCRATCH/out"
is 'status of that' "$status" 0

make_exec CMD='echo "$0 $? '"'"'x'"'"' a\\b" # remark
echo second, line'
like 'quotes, dollars and newlines arrive as they are' "$out" "^.* 0 'x' a.b"
like 'the second line is run as well' "$out" '^second'

make_exec CMD='test -c /dev/fb0 && size=$(wc -c </dev/fb0) && [ $size -ge 1228800 ] && echo a screen of 640 by 480 or more; kill -9 $$'
is 'there is a framebuffer without a window, too' "$out" 'a screen of 640 by 480 or more'
is 'killed by signal 9: status' "$status" 137
make_exec CMD='/bin/no-such-program'
is 'no such program: status' "$status" 127

LIMIT=60 make_exec CMD='echo before; sleep 1000'
is 'a command that does not end: status' "$status" 124
is 'what it had written' "$out" before

make_exec CMD='echo never' OPT='crash=panic'
is 'panic: status' "$status" 125
is 'panic: nothing on standard output' "$out" ''
like 'panic: the log is on standard error' "$err" 'panic'

. tests/disk.sh
mkdir "$SCRATCH/tree"
cp -a "$BUILD/root/." "$SCRATCH/tree/"
echo 'another root' >"$SCRATCH/tree/etc/motd"
truncate -s 64M "$SCRATCH/root.img" "$SCRATCH/second.img"
mke2fs -q -F -t ext2 -b 4096 -d "$SCRATCH/tree" "$SCRATCH/root.img"
printf 'second disk\n' | dd of="$SCRATCH/second.img" conv=notrunc status=none
make_exec DISK="$SCRATCH/root.img" DISK2="$SCRATCH/second.img" CMD='cat /etc/motd; head -n 1 /dev/vdb'
is 'DISK is the root, DISK2 is /dev/vdb' "$out" 'another root
second disk'
is 'their status' "$status" 0
make_exec DISK="$SCRATCH/root.img" CMD='echo kept >/kept; rm /bin/false; cat /kept'
is 'DISK is changed in place' "$(debugfs -R 'cat /kept' "$SCRATCH/root.img" 2>/dev/null)" kept
disk_is_clean 'DISK' "$SCRATCH/root.img"
done_testing
