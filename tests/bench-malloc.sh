#!/bin/sh
# libc's malloc beside others, on generated traces and on those of real programs, recorded here and now.
#
#   bench-malloc.sh [TRACE...]      ALLOCATORS='ours glibc ...' takes only these; a TRACE is a name from the table or a file's
#
# The first table is utilisation: the peak of the live payload as a part of the peak of the heap, which is the anonymous memory
# that the process has touched (tests/malloc/player.c). Its last column is the bound for blocks with a tag and a size that is a
# multiple of 16, as ours have (libc/malloc_block.h): in a heap with nothing else in it, of whole pages. The second is instructions for each operation, counted by callgrind from
# the call of malloc, realloc or free to its return, without the kernel's. The others come from Debian's packages; one
# that is not there is left out, with a line that says so. `single` is ours with MALLOC_FREELIST=single, the lecture's one list;
# ALLOCATORS may also name `debug`, ours compiled with -O0, in which every accessor is a call.
set -eu
build=${BUILD:-build}
folder=$build/host/malloc
traces=$folder/traces
most=40000
mkdir -p "$traces"
# One of the programs that are recorded is make: as its own caller would start it.
unset MALLOC_TRACE MALLOC_CHECK MALLOC_FREELIST MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES

# --- the traces ---

# record NAME COMMAND...: what the command asks its heap for, unless it is there already.
record() {
    name=$1
    shift
    [ ! -s "$traces/$name.rep" ] || return 0
    command -v "$1" >/dev/null || { echo "bench-malloc: no trace of $name, which is not here" >&2; return 0; }
    rm -f "$traces/record"*
    MALLOC_TRACE="$traces/record" LD_PRELOAD="$PWD/$build/host/malloc.so" "$@" >/dev/null 2>&1 </dev/null || true
    # A launcher that starts the program itself leaves two records: the longer one is meant.
    awk -v most=$most -f tests/malloc/record.awk "$(ls -S "$traces/record"* | head -n 1)" >"$traces/$name.rep"
    rm -f "$traces/record"*
}

record_all() {
    PYTHONMALLOC=malloc record python3 python3 -S -c \
        'import json; d = [json.loads(json.dumps({str(i): [i, "x" * (i % 50)]})) for i in range(1500)]; print(len(d))'
    record perl perl -e 'for (1..4000) { push @{$h{$_ % 300}}, "line $_ " x ($_ % 9); } print join ",", map { scalar @$_ } values %h'
    record sqlite3 sqlite3 :memory: "create table t(a, b); with recursive c(x) as (select 1 union all select x + 1 from c
        where x < 3000) insert into t select x, hex(x * 77) from c; create index i on t(b); select b, count(*) from t
        where b > '35' group by substr(b, 1, 2) order by 2"
    gcc -E tests/malloc/generate.c >"$traces/generate.i"
    record gcc "$(gcc -print-prog-name=cc1)" -quiet -O1 -fpreprocessed -o /dev/null "$traces/generate.i"
    record git git diff --no-index --stat -p libc user
    record bash bash -c 'for i in $(seq 300); do a[i]="entry $i"; s="${a[i]/e/E}"; done; echo "${a[@]}" | { read -r x; echo ${#x}; }'
    record make make -n -B image
    record nasm nasm -f elf64 -g -F dwarf -I. -o "$traces/entry.o" kernel/entry.asm
    gcc -g -c -o "$traces/generate.o" tests/malloc/generate.c
    record ld ld -static -o "$traces/generate" "$(gcc -print-file-name=crt1.o)" "$traces/generate.o" --start-group \
        "$(gcc -print-file-name=libc.a)" "$(gcc -print-file-name=libgcc.a)" "$(gcc -print-file-name=libgcc_eh.a)" --end-group
    record gdb gdb -nx --batch -ex 'info line main' "$folder/player"
}

# --- the allocators ---

library() {
    for path in /usr/lib/x86_64-linux-gnu/$1 /usr/lib64/$1 /usr/lib/$1; do
        [ ! -e "$path" ] || { echo "$path"; return; }
    done
    echo "bench-malloc: $1 is not here (Debian's package $2): its column is left out" >&2
}

has_musl() {
    command -v musl-gcc >/dev/null && musl-gcc -O2 -g -I. -o "$folder/player-musl" tests/malloc/player.c 2>/dev/null &&
        "$folder/player-musl" "$traces/binary.rep" >/dev/null 2>&1 && return
    echo "bench-malloc: musl is not here (Debian's packages musl and musl-tools): its column is left out" >&2
    return 1
}

# The names of all that are here.
packaged() {
    echo ours single glibc
    ! has_musl || echo musl
    [ -z "$(library libjemalloc.so.2 libjemalloc2)" ] || echo jemalloc
    [ -z "$(library libmimalloc.so.2 libmimalloc2.0)" ] || echo mimalloc
    [ -z "$(library libtcmalloc_minimal.so.4 libtcmalloc-minimal4)" ] || echo tcmalloc
}

trace_file() {
    case $1 in */*) echo "$1" ;; *) echo "$traces/$1.rep" ;; esac
}

# play ALLOCATOR TRACE [TOOL...]: the player's line, with that allocator, under that tool.
play() {
    player=$folder/player preload= freelist=
    case $1 in
    ours) preload=$PWD/$build/host/malloc.so ;;
    debug) preload=$PWD/$build/host/malloc-O0.so ;;
    single) preload=$PWD/$build/host/malloc.so freelist=single ;;
    musl) player=$folder/player-musl ;;
    jemalloc) preload=$(library libjemalloc.so.2 libjemalloc2) ;;
    mimalloc) preload=$(library libmimalloc.so.2 libmimalloc2.0) ;;
    tcmalloc) preload=$(library libtcmalloc_minimal.so.4 libtcmalloc-minimal4) ;;
    esac
    file=$(trace_file "$2")
    shift 2
    env ${freelist:+MALLOC_FREELIST=$freelist} ${preload:+LD_PRELOAD=$preload} LD_BIND_NOW=1 \
        setarch -R "$@" "$player" "$file"
}

# The peak of the live payload as a part of that of the blocks, in whole pages.
bound() {
    awk 'NR > 4 { live -= payload[$2]; blocks -= block[$2]; payload[$2] = block[$2] = 0 }
        NR > 4 && $1 != "f" { live += payload[$2] = $3; blocks += block[$2] = 16 * int(($3 + 4 + 15) / 16) }
        live > live_peak { live_peak = live }
        blocks > blocks_peak { blocks_peak = blocks }
        END { printf "%.1f\n", 100 * live_peak / (4096 * int((blocks_peak + 4095) / 4096)) }' "$(trace_file "$1")"
}

utilisation() {
    [ "$1" != bound ] || { bound "$2"; return; }
    play "$1" "$2" | awk '{ printf "%.1f\n", 100 * $2 / $3 }'
}

instructions() {
    play "$1" "$2" valgrind --tool=callgrind --callgrind-out-file=/dev/null --collect-atstart=no --toggle-collect=play_allocate \
        --toggle-collect=play_resize --toggle-collect=play_free 2>&1 |
        awk 'NF == 3 && /^[0-9]/ { operations = $1 } /Collected :/ { counted = $4 } END { printf "%.0f\n", counted / operations }'
}

# --- the tables ---

# table FUNCTION TITLE TRACE...: a line for each trace, and the mean.
table() {
    measure=$1
    title=$2
    columns=$allocators
    [ $measure != utilisation ] || columns="$allocators bound"
    shift 2
    printf '%-28s' "$title"
    printf ' %9s' $columns
    echo
    for trace in "$@"; do
        printf '%-28s' "    $(basename "$trace" .rep)"
        for column in $columns; do
            printf ' %9s' "$($measure "$column" "$trace" || echo -)"
        done
        echo
    done | awk '{ print; for (i = 2; i <= NF; i++) { sum[i] += $i } fields = NF }
        END { printf "%-28s", "    mean"; for (i = 2; i <= fields; i++) printf " %9.1f", sum[i] / NR; print "" }'
}

for kind in $("$folder/generate"); do
    "$folder/generate" "$kind" >"$traces/$kind.rep"
done
allocators=${ALLOCATORS:-$(packaged)}
if [ $# -gt 0 ]; then
    generated=$*
    recorded=
else
    generated=$("$folder/generate")
    record_all
    recorded=$(for name in python3 perl sqlite3 gcc git bash make nasm ld gdb; do [ ! -s "$traces/$name.rep" ] || echo $name; done)
fi
table utilisation 'utilisation, %' $generated
[ -z "$recorded" ] || table utilisation 'of real programs' $recorded
command -v valgrind >/dev/null || { echo "bench-malloc: valgrind is not here: no instructions are counted" >&2; exit 0; }
table instructions 'instructions per operation' $generated
[ -z "$recorded" ] || table instructions 'of real programs' $recorded
