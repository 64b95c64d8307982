# For the tests of the kernel's last words; read with `.` after tests/tap.sh.

# crash KIND CPUS [OPTIONS]: boots so many processors that crash so. The log is in $text; $summary are its lines about the cause,
# with N for what changes from one boot to the next, and without what other threads do at that moment.
crash() {
    report=$logs/$name-$1-$2.log
    LOG=$report OPT="crash=$1 ${3:-}" CPUS=$2 TIMEOUT=200 tests/qemu.sh boot >"$SCRATCH/console" 2>"$SCRATCH/err"
    is "$1: status" "$?" 125
    crash_read "$report"
    like "$1: the backtrace reaches the first function" "$text" '  ffffffff8[0-9a-f]*  thread_enter_kernel\+0x'
    [ "$2" -eq 1 ] || like "$1: the other processor is reported" "$text" 'cpu [01]: thread [0-9]+ \([a-z]'
}

# Sets $text and $summary from the log $1.
crash_read() {
    text=$(cat "$1")
    summary=$(printf '%s\n' "$text" | awk '/\] locks: thread/ { another = !/\(start\)/ } !(another && /\] locks: /)' | sed -n 's/^\[[^]]*\] \(panic: .*\|use after free: .*\|locks: .*\)$/\1/p' |
        sed 's/0x[0-9a-f]*/N/g; s/\<[0-9a-f]\{16\}\>/N/g; s/CPU [0-9]/CPU N/g; s/thread [0-9]* (/thread N (/; s/apply [0-9]*/apply N/; s/rank [0-9][0-9]*/rank N/g
             s/has waited [0-9]* s/has waited N s/
             /on CPU N, /!b
             /(start)/!s/(.*)/(another)/')
}

# reports NAME CAUSE NEXT [MORE [THREAD]]: what is said of the cause is exactly this, with lines MORE about registers and locks.
reports() {
    is "$1: the report" "$summary" "panic: $2
panic: on CPU N, thread N (${5:-start})
${4:+$4
}panic: next, in gdb (make debug): $3
panic: the machine is stopped"
}
