#!/bin/sh
# libc's malloc in programs of the host, preloaded: they do what they do with the system's allocator. The player of traces. And
# what the environment may ask for.
. tests/tap.sh
library=$PWD/$BUILD/host/malloc.so
folder=$BUILD/host/malloc
unset MALLOC_CHECK MALLOC_TRACE MALLOC_FREELIST

mkdir "$SCRATCH/work"
cp libc/*.[ch] "$SCRATCH/work"
mkdir "$SCRATCH/other"
sed 's/size/length/' libc/malloc.c >"$SCRATCH/other/malloc.c"

# Each line: a name, and a shell command that prints.
cat >"$SCRATCH/commands" <<'END2'
python3: python3 -S -c 'import json, re; d = {str(i): ["x" * (i % 90), i * 1.5] for i in range(4000)}; print(len(json.dumps(json.loads(json.dumps(d)))), sum(len(w) for w in re.findall("x+", str(d))))'
python3, all of it: PYTHONMALLOC=malloc python3 -S -c 'print(sorted(str(i * 7919 % 10007) * 9 for i in range(10007))[5000])'
python3 with threads: python3 -S -c 'import threading as t; r = []; w = lambda k: r.append(sum(len(str(i) * k) for i in range(20000))); s = [t.Thread(target=w, args=(k,)) for k in range(1, 5)]; [x.start() for x in s]; [x.join() for x in s]; print(sorted(r))'
perl: perl -e 'for (1..30000) { push @{$h{$_ % 997}}, "line $_ " x ($_ % 9); } print map { scalar(@$_) . length(join "", @$_) } map { $h{$_} } sort keys %h'
perl forks: perl -e 'for my $k (1..5) { my @a = map { "x" x $_ } 1..500; if (!fork) { my $n = 0; $n += length for @a; exit($n % 251) } wait; print $? >> 8, "\n" }'
sqlite3: sqlite3 :memory: "create table t(a, b); with recursive c(x) as (select 1 union all select x + 1 from c where x < 20000) insert into t select x, hex(x * 77) from c; create index i on t(b); select b, count(*) from t where b > '35' group by substr(b, 1, 3) order by 2, 1"
gcc: gcc -O2 -S -o - -I. -DCLOCKHAND_HOST tests/malloc/generate.c
g++: echo 'namespace { template<int n> struct f { enum { v = n * f<n - 1>::v % 9973 }; }; template<> struct f<0> { enum { v = 1 }; }; } int x = f<400>::v;' | g++ -O2 -x c++ -S -o - -
git: git diff --no-index --stat -p "$SCRATCH/work" "$SCRATCH/other"
git hashes: git hash-object "$SCRATCH"/work/*
sort with threads: seq 1 200000 | rev | sort --parallel=4 -S 20M | md5sum
xz with threads: cat "$SCRATCH"/work/* | xz -T 4 --block-size=65536 -c | md5sum
END2

export SCRATCH
while IFS= read -r line; do
    name=${line%%: *}
    command=${line#*: }
    expected=$(sh -c "$command" 2>&1 </dev/null)
    export LD_PRELOAD="$library"
    actual=$(MALLOC_CHECK=20000 sh -c "$command" 2>&1 </dev/null)
    unset LD_PRELOAD
    is "$name: as with the system's allocator" "$actual" "$expected"
    [ -n "$expected" ] || fail "$name printed something"
done <"$SCRATCH/commands"
is 'the lecture'"'"'s single list serves, too' \
    "$(MALLOC_FREELIST=single LD_PRELOAD=$library perl -e 'print scalar(map { "x" x $_ } 1..3000), "\n"')" 3000
like 'a block freed twice ends in one line' "$(LD_PRELOAD=$library python3 -S -c '
import ctypes
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
block = ctypes.c_void_p(libc.malloc(ctypes.c_size_t(60)))
libc.free(block)
libc.free(block)' 2>&1)" '^malloc: block (overwritten or )?freed twice at 0x[0-9a-f]{12}$'

# A record of a program is a trace that plays.
MALLOC_TRACE=$SCRATCH/record LD_PRELOAD=$library perl -e 'push @a, "x" x $_ for 1..2000; print "done\n"' >"$SCRATCH/out"
is 'a program that is recorded does the same' "$(cat "$SCRATCH/out")" done
awk -f tests/malloc/record.awk "$SCRATCH/record" >"$SCRATCH/perl.rep"
played=$(LD_PRELOAD=$library "$folder/player" "$SCRATCH/perl.rep")
like 'the record plays' "$played" '^[0-9]{4,} [0-9]{6,} [0-9]{6,}$'

# Every generated trace plays, with the heap verified; what is live at its peak fills the heap, on the mean, to 87 %.
for kind in $("$folder/generate"); do
    "$folder/generate" "$kind" >"$SCRATCH/$kind.rep"
    LD_PRELOAD=$library "$folder/player" "$SCRATCH/$kind.rep" >>"$SCRATCH/played"
    ok "$kind plays in a heap that is whole" env MALLOC_CHECK=500 LD_PRELOAD="$library" "$folder/player" "$SCRATCH/$kind.rep"
done
is 'the heap is dense' "$(awk '{ sum += $2 / $3 } END { print (sum / NR > 0.87 ? "dense" : sum / NR) }' "$SCRATCH/played")" dense

# The same in the guest, where it is everybody's malloc.
guest 'MALLOC_CHECK=1 MALLOC_FREELIST=single sh -c "seq 1 2000 | sort -rn | head -n 1"
MALLOC_CHECK=1 sort /etc/passwd | wc -l | tr -d " "
MALLOC_TRACE=/tmp/record sort /etc/passwd >/dev/null; head -n 1 /tmp/record | cut -c 1-2; grep -c "^[arf] [0-9a-f]" /tmp/record'
like 'in the guest a single list serves, and every call finds the heap whole' "$(echo $out)" '^2000 [1-9][0-9]* a [1-9][0-9]*$'

# The accessors are functions (L3): a debugger can call them.
"$folder/generate" binary >"$SCRATCH/binary.rep"
called=$("${GDB:-gdb}" -nx --batch -iex 'set startup-with-shell off' -ex "set environment LD_PRELOAD $PWD/$BUILD/host/malloc-O0.so" \
    -ex 'break play_free' -ex "run $SCRATCH/binary.rep" -ex 'print block_size(block_of(memory))' \
    -ex 'print block_size(block_after(block_of(memory)))' -ex 'print block_allocated(block_of(memory))' -ex kill "$folder/player" 2>&1)
is 'gdb calls the accessors' "$(printf '%s\n' "$called" | sed -n 's/^\$[0-9]* = //p' | tr '\n' ' ')" '464 80 true '

printf '0\n2\n4\n1\na 0 4092\na 1 12000\nf 0\nf 1\n' >"$SCRATCH/two.rep"
ALLOCATORS='ours glibc' tests/bench-malloc.sh binary "$SCRATCH/two.rep" >"$SCRATCH/table" 2>"$SCRATCH/err"
is 'bench-malloc runs' $? 0
like 'bench-malloc prints its table' "$(cat "$SCRATCH/table")" '^    binary +[89][0-9]\.[0-9] +5[0-9]\.[0-9] +94.7$'
like 'and plays a file as well' "$(cat "$SCRATCH/table")" '^    two +[67][0-9]\.[0-9] +[67][0-9]\.[0-9] +98\.2$'

done_testing
