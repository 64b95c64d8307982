# For user.t, user-1.t and user-4.t, which set CPUS, and user-pressure.sh. The user tests: each program of tests/user runs on the host and in the guest,
# and must print the same lines and end with the same status on both. One boot runs them all. After each, the whole-machine check finds nothing, and nothing is left of
# the program: as many processes, threads, address spaces, areas, open files and pipes as before. (What belongs to nobody, the
# check itself reports; it is a panic.)
#
# ONLY='...'    these programs
# BESIDE='...'  a command that is run again and again beside them, to take memory from them, and must succeed each time; what is left of a program is
#               then not counted
. tests/tap.sh

programs=${ONLY:-$(cd tests/user && ls ./*.c | sed 's,^\./\(.*\)\.c$,\1,')}
mkdir "$SCRATCH/host" "$SCRATCH/guest" "$SCRATCH/tmp"

host=$(cd "$BUILD/host/tests" && pwd)

left="cat /proc/sys/vm/check; left"
before=before
[ -z "${BESIDE:-}" ] || left='cat /proc/sys/vm/check' before='counts; echo "$found"'

# One at a time on the host, whoever else runs this: some programs count the processes of a user. In a session of its own, as in the
# guest: whether a group is orphaned must not depend on who is process 1 (in a container, the caller may be).
(
    flock 9
    cd "$SCRATCH/tmp"
    for program in $programs; do
        { setsid -w timeout 120 env --default-signal "$host/$program" </dev/null 9>&-; echo "status $?"; } >"../host/$program" 2>&1
    done
) 9>"$BUILD/host/lock"

# One line before each program, and one with its status behind it.
script="$counts_in_guest
${BESIDE:+while :; do words=\$($BESIDE 2>&1); echo \"status \$?: \$words\" >>/root/beside; done &}
cat /proc/sys/vm/check >/dev/null; echo '=== /before'; $before"
for program in $programs; do
    script="$script
echo '=== $program'; /tests/$program 2>&1 </dev/null; echo \"status \$?\"
echo '=== /$program'; $left"
done

TIMEOUT=${TIMEOUT:-600} guest "cd /tmp
$script
${BESIDE:+echo '=== /beside'; until [ -s /root/beside ]; do sleep 0.1; done; cat /root/beside}
echo '=== end'"
mkdir "$SCRATCH/left"
awk -v guest="$SCRATCH/guest/" -v left="$SCRATCH/left" '/^=== / { file = $2 ~ "/" ? left $2 : guest $2; next } file != "" { print > file }' "$SCRATCH/out"

# Names and numbers of objects after a program.
left_of() {
    awk '/^(process|user_thread|aspace|area|file|epoll_item|pipe|sighand|queued_signal) / { print $1, $2 }' "$SCRATCH/left/$1"
}

# Whether root may do everything on the host: not in most containers, which take capabilities away, have users of their own, or filter
# system calls. CAP_IPC_LOCK is bit 14, CAP_SYS_ADMIN 21, CAP_SYS_BOOT 22, CAP_SYS_TIME 25.
root_is_root() {
    effective=$((0x$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)))
    needed=$((1 << 14 | 1 << 21 | 1 << 22 | 1 << 25))
    [ "$(id -u)" -eq 0 ] && [ $((effective & needed)) -eq $needed ] && grep -q '^Seccomp:[[:space:]]*0$' /proc/self/status &&
        grep -Eq '^ *0 +0 +4294967295$' /proc/self/uid_map
}

host_user=$(root_is_root && echo root)

# Programs that try what only root may, which in the guest everybody is; run by another user, the host answers otherwise.
for_root='abi_calls bad_pointers event_files fs_nameless proc_errors proc_limits vm_errno vm_oom vm_proc'
as_on_the_host() {
    case "$host_user $for_root " in
    ' '*" $1 "*) pass "$1: as on the host # SKIP the host's answers are those for root" ;;
    *) is "$1: as on the host" "$(cat "$SCRATCH/guest/$1")" "$(cat "$SCRATCH/host/$1")" ;;
    esac
}

like 'the guest counts what it has' "$(left_of before)" '^process [0-9]+$'
for program in $programs; do
    touch "$SCRATCH/guest/$program"
    as_on_the_host "$program"
    [ -n "${BESIDE:-}" ] || is "$program: nothing is left of it" "$(left_of "$program")" "$(left_of before)"
done
if [ -n "${BESIDE:-}" ]; then
    like "$BESIDE: it ran" "$(cat "$SCRATCH/left/beside")" '^status 0'
    is "$BESIDE: it never failed" "$(grep -v '^status 0' "$SCRATCH/left/beside")" ''
fi
case " $programs " in
*[!a-z_]proc_errors[!a-z_]*)
    is 'calls that do not exist are named in the log, once' \
        "$(sed -n 's/.*] proc_errors\[[0-9]*\]: //p' "${LOG:-$logs/$name.log}" | tr -d '\r')" 'there is no system call 100000
there is no system call getpmsg (181)'
    ;;
esac
is 'all of them ran, and the machine powered off' "$(tail -n 1 "$SCRATCH/out"), status $status" '=== end, status 0'
[ "$status" -eq 0 ] || diag "$err"
done_testing
