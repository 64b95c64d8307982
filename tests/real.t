#!/bin/sh
# Real input: programs from Debian, unmodified, do here what they do on the host.
. tests/tap.sh

add=$SCRATCH/add
mkdir -p "$add/files/folder"
cp "$(command -v busybox)" "$add/busybox"
seq 1 500 | sed 's/.*/line & of the file/' >"$add/files/text"
printf 'pear 3\napple 10\nfig 7\napple 2\n' >"$add/files/fruit"
head -c 100000 /dev/urandom >"$add/files/folder/noise"
ln -s ../fruit "$add/files/folder/link"
touch -d '2020-02-02 02:02:02 UTC' "$add/files/text" "$add/files/fruit" "$add/files/folder/noise"
chmod 644 "$add/files/text" "$add/files/fruit" "$add/files/folder/noise"
chmod 755 "$add/files/folder"
chmod -R go+rX "$add"

cat >"$SCRATCH/hello.c" <<'END'
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    char *text = malloc(100000);
    memset(text, 'x', 99999);
    text[99999] = 0;
    printf("%d arguments, last %s, %zu characters, %.3f\n", argc, argv[argc - 1], strlen(text), 22.0 / 7);
    fflush(stdout);
    int status;
    if (fork() == 0)
        _exit(42);
    wait(&status);
    printf("child ended with %d; %s\n", WEXITSTATUS(status), strerror(ENOENT));
    return 3;
}
END
ok 'a program is compiled by musl-gcc -static' musl-gcc -static -O2 -o "$add/hello" "$SCRATCH/hello.c"

# Each line is one check: it runs in the guest and on the host, in the folder with the files, and prints the same.
cat >"$SCRATCH/commands" <<'END'
busybox sh -c 'echo $((6 * 7)); for i in a b c; do echo $i; done; case x in x) echo yes;; esac'
busybox ls -ln | busybox tail -n 2
busybox ls -lnR folder | busybox grep -v total
busybox cat fruit text | busybox tail -n 3
busybox grep -n '7[05] of' text
busybox sort -k2n fruit
busybox sort fruit | busybox uniq -c
busybox wc text fruit folder/noise
busybox find . -name '*i*' | busybox sort
busybox md5sum folder/noise text
busybox awk '{ sum += $2 } END { print NR, sum }' fruit
busybox cat text | busybox grep 9 | busybox sed 's/line //' | busybox sort -rn | busybox head -n 5 | busybox tr a-z A-Z
busybox sh -c 'busybox false; echo $?; (exit 9); echo $?; busybox kill -l 15'
busybox sh -c 'trap "echo caught" TERM; busybox kill $$; echo after'
busybox sh -c 'busybox sleep 0.1 & wait; echo waited'
busybox dd if=folder/noise bs=1000 skip=7 count=3 2>/dev/null | busybox md5sum
busybox printf '%5d|%-6s|%x\n' 42 ab 255
busybox expr 17 '*' 3
busybox od -c fruit | busybox head -n 2
busybox cp text /tmp/copy; busybox cmp text /tmp/copy && busybox rm /tmp/copy && busybox ls /tmp/copy 2>&1 | busybox wc -l
busybox tar cf - fruit folder | busybox tar tf - | busybox sort
busybox gzip -c text | busybox gunzip -c | busybox md5sum
busybox env -i A=1 busybox env
hello one two; echo $?
END

# Runs every command on the host ($1 empty) or makes the script for the guest.
mkdir "$SCRATCH/host" "$SCRATCH/guest" "$SCRATCH/bin"
ln -s "$(command -v busybox)" "$SCRATCH/bin/busybox"
cp "$add/hello" "$SCRATCH/bin/hello"
bin=$(cd "$SCRATCH/bin" && pwd)
number=0
: >"$SCRATCH/script"
while IFS= read -r command; do
    number=$((number + 1))
    (cd "$add/files" && PATH=$bin:$PATH TZ=UTC busybox sh -c "$command") >"$SCRATCH/host/$number" 2>&1 </dev/null
    printf 'echo; echo "=== %s"\n(%s) 2>&1 </dev/null\n' "$number" "$command" >>"$SCRATCH/script"
done <"$SCRATCH/commands"
printf 'echo; echo "=== end"\n' >>"$SCRATCH/script"
cp "$SCRATCH/script" "$add/script"

# Our shell starts busybox's, which does the rest.
CPUS=2 TIMEOUT=300 ADD=$add guest \
    'PATH=/add:/bin; export PATH; cd /add/files; exec /add/busybox sh /add/script'
awk -v folder="$SCRATCH/guest" '/^=== / { file = folder "/" $2; next } file != "" { print > file }' "$SCRATCH/out"

number=0
while IFS= read -r command; do
    number=$((number + 1))
    touch "$SCRATCH/guest/$number"
    # the empty line before each mark
    is "$command" "$(sed '$ { /^$/d; }' "$SCRATCH/guest/$number")" "$(cat "$SCRATCH/host/$number")"
done <"$SCRATCH/commands"
is 'the script ran to its end' "$(tail -n 1 "$SCRATCH/out"), status $status" '=== end, status 0'
[ "$status" -eq 0 ] || diag "$err"

ADD=$add guest 'PATH=/bin:/add; busybox sh -c "ls -l / | sort | head -3; md5sum /bin/sh"'
like "our shell starts busybox's; the shell's checksum" "$out" "^$(md5sum "$BUILD/root/bin/sh" | cut -d' ' -f1)  /bin/sh"
like 'and the listing' "$out" '^drwx'
done_testing
