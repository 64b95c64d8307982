# For test scripts in shell: results in the Test Anything Protocol, which prove counts. To be read with `.`.
#
#   ok NAME COMMAND...        runs it; passes when its status is 0 (what it prints is shown when it fails)
#   is NAME ACTUAL EXPECTED   passes when the two are equal
#   like NAME TEXT PATTERN    passes when a line of TEXT matches the extended regular expression
#   done_testing              the plan, at the end
#
# The scripts run from the top of the tree with $BUILD set; $SCRATCH is a folder that goes when the script ends.
set -u
BUILD=${BUILD:-build}
export BUILD
name=$(basename "$0" .t)
logs=$BUILD/logs
mkdir -p "$logs"
SCRATCH=$(mktemp -d "$BUILD/test.XXXXXX")
trap 'rm -rf "$SCRATCH"' EXIT
trap 'exit 1' INT TERM HUP
tap_number=0

# A comment on the result before it; with FAILURES= in that file too, which tests/run.sh shows at its end.
diag() {
    printf '%s\n' "$*" | sed 's/^/# /' >&2
    [ -z "${FAILURES:-}" ] || printf '%s\n' "$*" | sed "s/^/# $name: /" >>"$FAILURES"
}

pass() {
    tap_number=$((tap_number + 1))
    printf 'ok %d - %s\n' "$tap_number" "$1"
}

fail() {
    tap_number=$((tap_number + 1))
    printf 'not ok %d - %s\n' "$tap_number" "$1"
    [ -z "${FAILURES:-}" ] || printf '%s: not ok %d - %s\n' "$name" "$tap_number" "$1" >>"$FAILURES"
}

ok() {
    tap_name=$1
    shift
    if tap_output=$("$@" 2>&1); then
        pass "$tap_name"
    else
        fail "$tap_name"
        diag "$tap_output"
    fi
}

is() {
    if [ "$2" = "$3" ]; then
        pass "$1"
    else
        fail "$1"
        printf '%s\n' "$2" >"$SCRATCH/actual"
        printf '%s\n' "$3" >"$SCRATCH/expected"
        diag "$(diff -u "$SCRATCH/expected" "$SCRATCH/actual" | head -n 60)"
    fi
}

like() {
    if printf '%s\n' "$2" | grep -Eq -- "$3"; then
        pass "$1"
    else
        fail "$1"
        diag "no line matches $3 in:"
        diag "$2"
    fi
}

done_testing() {
    printf '1..%d\n' "$tap_number"
}

# Runs the shell command $1 in the guest, as `make exec` does: output in $out, errors in $err, exit status in $status.
guest() {
    CLOCKHAND_CMD=$1 LOG=${LOG:-$logs/$name.log} TIMEOUT=${TIMEOUT:-300} tests/qemu.sh exec \
        >"$SCRATCH/out" 2>"$SCRATCH/err"
    status=$?
    out=$(cat "$SCRATCH/out")
    err=$(cat "$SCRATCH/err")
}

# For a guest's script: `before` notes how many objects of processes there are, when three readings agree; `left` shows the number
# when it is as before, or after ten seconds. What a process had goes a little after its parent has been woken. A script may set
# `counted`, the names in /proc/slabinfo, and `settle`, a command that gives up what is kept only because memory is free.
counts_in_guest='counted="process user_thread aspace area file epoll_item pipe sighand queued_signal" settle=:
counts() {
    found=
    $settle
    IFS="
"
    for line in $(cat /proc/slabinfo); do
        case " $counted " in
        *" ${line%% *} "*)
            unset IFS
            set -- $line
            found="$found$1 $2
"
            ;;
        esac
    done
    unset IFS
}
before() {
    noted=none agree=0 tries=0
    while [ $agree -lt 3 ] && [ $tries -lt 200 ]; do
        sleep 0.1
        counts
        if [ "$found" = "$noted" ]; then agree=$((agree + 1)); else agree=1; fi
        noted=$found tries=$((tries + 1))
    done
    echo "$noted"
}
left() {
    tries=0
    counts
    while [ "$found" != "$noted" ] && [ $tries -lt 200 ]; do
        sleep 0.05
        counts
        tries=$((tries + 1))
    done
    echo "$found"
}'

# Boots with the in-kernel suites $2 (all, or names with commas between them) and gives every one of their tests as a test of this script. $1 names
# the configuration; its variables (MEM, CPUS, CPU, MACHINE, OPT) are in the environment.
kernel_suites() {
    suites_log=$logs/$name-$1.log
    LOG=$suites_log OPT="test=$2 ${OPT:-}" TIMEOUT=${TIMEOUT:-300} tests/qemu.sh boot 2>"$SCRATCH/err"
    status=$?
    sed -n '/^ktest: begin/,/^ktest: end/p' "$suites_log" | tr -d '\r' >"$SCRATCH/ktap"
    planned=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' "$SCRATCH/ktap" | head -n 1)
    before=$tap_number
    while IFS= read -r line; do
        case $line in
        'ok '*) pass "$1: ${line#ok * }" ;;
        'not ok '*) fail "$1: ${line#not ok * }" ;;
        '# '*) diag "${line#\# }" ;;
        esac
    done <"$SCRATCH/ktap"
    if [ $status -eq 0 ] && [ "$((tap_number - before))" = "${planned:-none}" ] && [ "$planned" -gt 0 ]; then
        pass "$1: all $planned tests ran and the machine powered off"
    else
        fail "$1: ran $((tap_number - before)) of ${planned:-no} tests, status $status"
        diag "$(cat "$SCRATCH/err")"
    fi
}
