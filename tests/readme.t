#!/bin/sh
# Every command in README.md works. They stand in its ```sh blocks, one a line.
. tests/tap.sh

sed -n '/^```sh$/,/^```$/p' README.md | grep -v '^```' | grep -v '^ *#' | grep -v '^ *$' | sed 's/  *# .*//' >"$SCRATCH/commands"
ok 'there are commands' [ "$(wc -l <"$SCRATCH/commands")" -gt 3 ]

# Runs one command the way its reader would, without what needs a person or would run this test again.
run_command() {
    case $1 in
    'git clone'* | 'cd '*) ;;
    'make test'* | 'make check'* | 'make bench'* | 'make coverage'* | 'make clean'*) sh -c "$1 --dry-run" ;;
    'make run GUI=1'*) sh -c "$1 --dry-run" ;;
    'make run'*) echo poweroff | LOG=$logs/readme.log timeout 300 sh -c "$1" ;;
    'make debug STUB=own'* | 'make exec SAN=1'*) sh -c "$1 --dry-run" ;; # stub.t, sessions.t and long/sanitizer.t run them
    'make postmortem'*) sh -c "$1 CORE=$logs/readme.core" ;;
    'make debug'*) printf 'backtrace\nkill\nquit\n' | LOG=$logs/readme.log timeout 300 sh -c "$1" ;;
    *) LOG=$logs/readme.log timeout 300 sh -c "$1" </dev/null ;;
    esac
}

while IFS= read -r command <&3; do
    ok "$command" run_command "$command"
done 3<"$SCRATCH/commands"
done_testing
