#!/bin/sh
# `make run` with somebody typing: the shell is there, ^C and ^D work, full-screen programs start and leave, power-off works.
. tests/tap.sh

# Types $1 (escapes as in printf) on the console of make run; what the screen got is in $out.
type_on_console() {
    printf "$1" | LOG=$logs/console.log timeout "${LIMIT:-60}" make run >"$SCRATCH/out" 2>"$SCRATCH/err"
    status=$?
    out=$(tr -d '\r' <"$SCRATCH/out")
}

type_on_console 'echo hel""lo\npoweroff\n'
is 'power-off from the shell: status' "$status" 0
like 'the shell answers' "$out" '^hello$'

type_on_console 'echo abc\177\177xyz | cat\ncat\nsome text\n\004echo end of "file"\npoweroff\n'
like 'the backspace key erases' "$out" '^axyz$'
like '^D ends the input' "$out" '^end of file$'

mkdir "$SCRATCH/add"
cp "$(command -v busybox)" "$SCRATCH/add/busybox"
ADD=$SCRATCH/add type_on_console '/add/busybox vi /tmp/note\nifirst line\033:wq\ncat /tmp/note\n/add/busybox stty -a\npoweroff\n'
is 'vi starts and leaves: status' "$status" 0
like 'what was typed is in the file' "$(printf '%s\n' "$out" | tail -n 40)" '^first line$'
like 'the terminal is as before' "$out" 'icanon'
done_testing
