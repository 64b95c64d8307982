#!/bin/sh
# `make run` with somebody typing: the shell is there, editing keys and ^D work, a full-screen program starts and leaves,
# power-off works.
. tests/tap.sh
log=$logs/console.log

# Types each argument (escapes as in printf) on the console of make run, with a pause after each; what the screen showed is in
# $out. The typist waits for the shell, since a pause while the machine starts would be none.
type_on_console() {
    rm -f "$log"
    {
        for patience in $(seq 300); do
            ! grep -q 'first user instruction' "$log" 2>/dev/null || break
            sleep 0.2
        done
        for keys; do
            sleep 2
            printf "$keys"
        done
    } | LOG=$log timeout 150 make run >"$SCRATCH/out" 2>"$SCRATCH/err"
    status=$?
    out=$(tr -d '\r' <"$SCRATCH/out")
}

type_on_console 'echo hel""lo\necho abc\177\177xyz | cat\n' 'cat\n' 'some text\n' '\004' 'echo end of "file"\npoweroff\n'
is 'power-off from the shell: status' "$status" 0
like 'the shell answers' "$out" 'hello'
like 'the backspace key erases' "$out" 'axyz'
like '^D ends the input' "$out" 'end of file'

mkdir "$SCRATCH/add"
cp "$(command -v busybox)" "$SCRATCH/add/busybox"
export ADD="$SCRATCH/add"
type_on_console '/add/busybox vi /tmp/note\n' 'ifirst line\033' ':wq\n' 'cat /tmp/note\n' 'sleep 1000\n' '\003' \
    '/add/busybox stty -a\n' 'poweroff\n'
is 'vi starts and leaves: status' "$status" 0
like 'what was typed is in the file' "$(printf '%s\n' "$out" | tail -n 30)" '^first line$'
like 'the terminal is as before' "$out" ' icanon'
done_testing
