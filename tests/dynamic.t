#!/bin/sh
# Debian's dynamically linked programs, with their loader and libraries, unmodified, and programs with threads, static and
# dynamic: all of them do here what they do on the host. One boot.
. tests/tap.sh
PATH=/usr/bin:/bin:$PATH

programs='dash bash ls cat cp mv rm mkdir rmdir ln touch chmod sort uniq wc head tail cut tr seq tee expr md5sum sha256sum
    od stat date basename dirname readlink env printf test sleep du dd comm paste nproc id true false tac nl fold split
    join mktemp timeout nice grep sed awk tar gzip perl python3 xargs find'

add=$SCRATCH/add
mkdir -p "$add/bin" "$add/lib" "$add/files/folder" "$SCRATCH/host" "$SCRATCH/guest"

# A program and what it is linked to, for /add.
take() {
    file=$(readlink -f "$(command -v "$1")")
    cp "$file" "$add/bin/$1"
    ldd "$file" | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p; s/^[[:space:]]*\(\/[^ ]*ld-linux[^ ]*\).*/\1/p' | while read -r library; do
        [ -e "$add/lib/${library##*/}" ] || cp -L "$library" "$add/lib/"
    done
}

taken=
for program in $programs; do
    if command -v "$program" >/dev/null && ldd "$(readlink -f "$(command -v "$program")")" >/dev/null 2>&1; then
        take "$program"
        taken="$taken $program"
    fi
done
diag "programs:$taken"

# The part of Python's library that it wants before it does anything.
python_library=$(python3 -c 'import os; print(os.path.dirname(os.__file__))' 2>/dev/null || true)
if [ -n "$python_library" ]; then
    target=$add/python/lib/${python_library##*/}
    mkdir -p "$target/encodings" "$target/collections" "$target/re" "$target/json"
    for folder in encodings collections re json; do
        cp "$python_library/$folder"/*.py "$target/$folder/" 2>/dev/null
    done
    for module in abc codecs io os stat posixpath genericpath _collections_abc _sitebuiltins site types functools heapq \
        keyword operator reprlib enum copyreg random bisect hashlib threading _weakrefset weakref subprocess signal \
        selectors contextlib struct tempfile shutil fnmatch warnings traceback linecache tokenize token textwrap; do
        cp "$python_library/$module.py" "$target/" 2>/dev/null
    done
fi

cat >"$SCRATCH/threads.c" <<'END'
/* Four threads: a lock, a condition, thread-local data, malloc, a barrier, joined results. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 4, TIMES = 20000 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn_changed = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static long counter, turn;
static __thread long own;

static void *work(void *argument)
{
    long number = (long)argument;
    for (int i = 0; i < TIMES; i++) {
        pthread_mutex_lock(&lock);
        counter++;
        pthread_mutex_unlock(&lock);
        own += number;
        char *memory = malloc((size_t)(i % 500 + 1));
        memset(memory, (int)number, (size_t)(i % 500 + 1));
        free(memory);
    }
    pthread_barrier_wait(&barrier);
    pthread_mutex_lock(&lock);
    while (turn != number)
        pthread_cond_wait(&turn_changed, &lock);
    printf("thread %ld: own %ld, counter %ld\n", number, own, counter);
    turn++;
    pthread_cond_broadcast(&turn_changed);
    pthread_mutex_unlock(&lock);
    return (void *)(number * number);
}

int main(void)
{
    pthread_t threads[THREADS];
    long sum = 0;
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (long i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, work, (void *)i) != 0)
            return 1;
    for (int i = 0; i < THREADS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        sum += (long)result;
    }
    printf("sum %ld\n", sum);
    return 0;
}
END
ok 'a static program with threads' gcc -O2 -static -pthread -o "$add/bin/threads-static" "$SCRATCH/threads.c"
ok 'a dynamic one' gcc -O2 -pthread -o "$add/bin/threads-dynamic" "$SCRATCH/threads.c"
take "$add/bin/threads-dynamic" 2>/dev/null || true

seq 1 300 | sed 's/.*/line & of the file/' >"$add/files/text"
printf 'pear 3\napple 10\nfig 7\napple 2\n' >"$add/files/fruit"
head -c 50000 /dev/urandom >"$add/files/folder/noise"
ln -s ../fruit "$add/files/folder/link"
touch -d '2020-02-02 02:02:02 UTC' "$add/files/text" "$add/files/fruit" "$add/files/folder/noise"
chmod -R go+rX "$add"

# Each line is one check. $T is a folder for what a line makes.
cat >"$SCRATCH/commands" <<'END'
threads-static
threads-dynamic
dash -c 'echo $((6 * 7)); for i in a b; do echo $i; done; f() { echo "f $1"; }; f x; echo $(echo sub) | cat'
dash -c 'trap "echo caught" TERM; kill $$; echo after; sleep 0.05 & wait $!; echo $?; (exit 7); echo $?'
dash -c 'set -e; cat <<X | tr a-z A-Z; echo end' ; dash -c 'cat nothing; echo $?'
bash -c 'a=(1 2 3); echo ${a[@]} ${#a[@]} $((2**20)); [[ abc =~ b ]] && echo match; printf "%05d\n" 42'
bash -c 'while read -r x; do echo "<$x>"; done < fruit; diff <(sort fruit) <(sort fruit) >/dev/null; echo done'
bash -c 'coproc cat; echo hello >&${COPROC[1]}; read -r line <&${COPROC[0]}; echo "$line"; kill $COPROC_PID'
ls -1 . ; ls -ln fruit text | tr -s " " | cut -d" " -f1,5-
sort -k2n fruit; sort fruit | uniq | wc -l; seq 3 | tac; seq 5 | paste -s -d+
cat text | grep 9 | sed 's/line //' | sort -rn | head -n 5 | tr a-z A-Z
md5sum text folder/noise; sha256sum fruit | cut -c1-20; od -c fruit | head -n 2
cp text $T/a; mv $T/a $T/b; ln -s b $T/c; readlink $T/c; cat $T/c | wc -l; rm $T/b $T/c; rmdir $T/none 2>/dev/null || echo none
mkdir -p $T/x/y; touch -d 2021-01-01 $T/x/y/z; stat -c '%s %Y %a' $T/x/y/z; chmod 600 $T/x/y/z; stat -c %a $T/x/y/z; rm -r $T/x; ls $T
dd if=folder/noise bs=1000 skip=7 count=3 2>/dev/null | md5sum; tail -c 100 folder/noise | md5sum; du -b fruit
env -i A=1 env; expr 17 '*' 3; printf '%5d|%-6s|%x\n' 42 ab 255; TZ=UTC date -d @86400 +%F; basename /a/b.c .c
timeout 0.1 sleep 5; echo $?; n=$(($(nice) + 5)); [ $n -le 19 ] || n=19; [ $(nice -n 5 nice) -eq $n ]; echo $?; tee $T/tee < fruit | wc -c; cmp fruit $T/tee 2>/dev/null; rm $T/tee
split -l 100 text $T/part.; cat $T/part.* | md5sum; rm $T/part.*; join fruit fruit | head -n 1; nl fruit | tail -n 1
awk '{ sum += $2 } END { print NR, sum; printf "%.2f\n", sum / 3 }' fruit; awk 'BEGIN { while (("echo a b" | getline x) > 0) print x }'
sed -n '/29/,/31/p' text; sed -i.old 's/line/LINE/' $T/none 2>/dev/null; echo $?
tar cf - fruit folder | tar tf - | sort; tar czf $T/t.gz text fruit; tar xzf $T/t.gz -C $T; md5sum < $T/text; rm $T/t.gz $T/text $T/fruit
gzip -c text | gzip -dc | md5sum; gzip -9 < text | gzip -l 2>/dev/null | wc -l
find . -name '*i*' -type f | sort; find . -type f -size +10k -exec basename {} \; ; echo a b c | xargs -n1 echo
perl -e 'print join(",", map { $_ * 2 } 1..5), "\n"; my %h = (a => 1, b => 2); print "$_=$h{$_}\n" for sort keys %h;'
perl -ne 'print if /29$|7 of/ && s/line/LINE/' text | wc -l; perl -e 'if (fork) { wait; print $? >> 8, "\n" } else { exit 5 }'
perl -e '$SIG{ALRM} = sub { print "alarm\n"; exit }; alarm 1; sleep 10'; perl -e 'my @a = map { { n => $_ } } 1..20000; print scalar(@a), "\n"'
python3 -S -c 'print(sum(range(1000)), [x * x for x in range(5)], "%.3f" % (22 / 7), 2 ** 100)'
python3 -S -c 'import os; p = os.fork(); os._exit(3) if p == 0 else print(os.waitstatus_to_exitcode(os.wait()[1]))'
python3 -S -c 'import _thread, time; l = []; [_thread.start_new_thread(l.append, (i,)) for i in range(4)]; [time.sleep(0.01) for _ in range(200) if len(l) < 4]; print(sorted(l))'
python3 -S -c 'd = {i: str(i) for i in range(50000)}; print(len(d), d[777]); f = open("text"); print(len(f.read()), f.tell())'
END

# Without Python on the host its lines are left out.
case $taken in
*python3*) ;;
*) sed -i '/python3/d' "$SCRATCH/commands" ;;
esac

# One script for both sides: a mark before each command.
number=0
while IFS= read -r command; do
    number=$((number + 1))
    printf 'echo; echo "=== %s"\n(%s) 2>&1 </dev/null\n' "$number" "$command"
done <"$SCRATCH/commands" >"$add/script"
printf 'echo; echo "=== end"\n' >>"$add/script"

mkdir "$SCRATCH/tmp"
temporary=$(cd "$SCRATCH/tmp" && pwd)
(cd "$add/files" && PATH=$(cd ../bin && pwd) T=$temporary LC_ALL=C TZ=UTC timeout 300 dash ../script) >"$SCRATCH/host.out"

CPUS=4 TIMEOUT=400 ADD=$add guest 'mkdir -p /lib64 /tmp/t && ln -s /add/lib/ld-linux-x86-64.so.2 /lib64/ && cd /add/files &&
    PATH=/add/bin T=/tmp/t LC_ALL=C TZ=UTC LD_LIBRARY_PATH=/add/lib PYTHONHOME=/add/python && export PATH T LC_ALL TZ &&
    export LD_LIBRARY_PATH PYTHONHOME && exec dash ../script'
for side in host guest; do
    if [ $side = host ]; then from=$SCRATCH/host.out; else from=$SCRATCH/out; fi
    awk -v folder="$SCRATCH/$side" '/^=== / { file = folder "/" $2; next } file != "" { print > file }' "$from"
done

number=0
while IFS= read -r command; do
    number=$((number + 1))
    touch "$SCRATCH/guest/$number" "$SCRATCH/host/$number"
    is "$command" "$(cat "$SCRATCH/guest/$number")" "$(cat "$SCRATCH/host/$number")"
done <"$SCRATCH/commands"
is 'the script ran to its end' "$(tail -n 1 "$SCRATCH/out"), status $status" '=== end, status 0'
[ "$status" -eq 0 ] || diag "$err"
done_testing
