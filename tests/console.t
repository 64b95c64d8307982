#!/bin/sh
# `make run` with somebody typing: the shell is there, editing keys and ^D work, a full-screen program starts and leaves,
# power-off works.
. tests/tap.sh
log=$logs/console.log
prompt='# .\[K$' # the rest of the line is cleared behind it

# Waits until the screen shows something that matches $1 behind what the last pattern matched; two minutes at most. Nothing that has been shown since is
# passed over, so a prompt that is asked for is the one behind that, however fast it came.
shown_next() {
    for patience in $(seq 600); do
        found=$(tr -d '\r' <"$SCRATCH/out" | tail -c "+$((seen + 1))" | LC_ALL=C grep -abEo -m 1 -- "$1" | head -n 1)
        [ -z "$found" ] || break
        sleep 0.2
    done
    [ -z "$found" ] || seen=$((seen + ${found%%:*} + $(printf '%s' "${found#*:}" | wc -c)))
}

# type_on_console PATTERN KEYS...: types the keys (escapes as in printf) on the console of make run, each when the screen has shown its
# pattern; what the screen showed is in $out. Before the prompt the terminal is not the line editor's: keys that edit wait for it.
type_on_console() {
    : >"$SCRATCH/out"
    seen=0
    while [ $# -gt 0 ]; do
        shown_next "$1"
        printf "$2"
        shift 2
    done | LOG=$log timeout 300 make run >"$SCRATCH/out" 2>"$SCRATCH/err"
    status=$?
    out=$(tr -d '\r' <"$SCRATCH/out")
}

type_on_console "$prompt" 'echo hel""lo\n' "$prompt" 'echo abc\177\177xyz | cat\n' "$prompt" 'cat\n' 'cat$' 'some text\n' '^some text$' '\004' \
    "$prompt" 'echo ac\033[Db\n' "$prompt" '\033[A\027third\n' "$prompt" 'choe last\001\033[C\033[3~\013\025' \
    "$prompt" 'cat /proc/memi\t | head -n 1\n' "$prompt" 'cache\t --help\n' "$prompt" 'echo end of "file"\npoweroff\n'
is 'power-off from the shell: status' "$status" 0
like 'the shell answers' "$out" 'hello'
like 'the backspace key erases' "$out" 'axyz'
like 'arrow keys: a letter in the middle, the line before changed' "$out" '^third$'
like 'the tab key completes a file' "$out" '^MemTotal: +[0-9]+ kB$'
like 'and a command' "$out" '^usage: cachestat'
like '^D ends the input' "$out" 'end of file'

mkdir "$SCRATCH/add"
cp "$(command -v busybox)" "$SCRATCH/add/busybox"
export ADD="$SCRATCH/add"
type_on_console "$prompt" '/add/busybox vi /tmp/note\n' '~' 'ifirst line\033' '- /tmp/note .Modified.' ':wq\n' "$prompt" 'cat /tmp/note\n' \
    "$prompt" 'sh -c "echo slee""ping; exec sleep 1000"\n' '^sleeping$' '\003' "$prompt" '/add/busybox stty -a\n' \
    "$prompt" 'sh -c "echo aw""ake; exec sleep 1000"\n' '^awake$' '\032' '^.1. [+] Stopped +sh -c' 'bg\n' '^.1. sh -c' 'jobs -l\n' \
    '^.1. [+] [0-9]+ Running +sh -c' 'fg\n' '^sh -c.*1000.$' '\003' "$prompt" 'set -b\n' "$prompt" 'sleep 1 &\n' \
    '^.1. [+] Done +sleep 1$' '' "$prompt" 'fc -s -b=+b set\n' "$prompt" 'set -o\n' "$prompt" 'set -o ignoreeof\n' "$prompt" '\004' \
    "$prompt" 'poweroff\n'
is 'vi starts and leaves: status' "$status" 0
like 'a job is stopped, told of, continued behind and before the prompt, and ended' "$out" '^.1. [+] [0-9]+ Running +sh -c'
like 'set -b: the end of a job is told at once' "$out" '^.1. [+] Done +sleep 1$'
like 'fc finds a line by its beginning and runs it changed' "$out" '^notify +off$'
like 'set -o ignoreeof: ^D does not end the shell' "$out" '^Use "exit" to leave the shell.$'
like 'what was typed is in the file' "$(printf '%s\n' "$out" | tail -n 90)" '^first line$'
like 'the terminal is as before' "$out" ' icanon'
done_testing
