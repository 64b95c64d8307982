#!/bin/sh
# Runs the kernel in QEMU; the one place with QEMU's command line.
#
#   qemu.sh run      the terminal is the console
#   qemu.sh exec     runs $CLOCKHAND_CMD as the only session; output and exit status are the program's
#   qemu.sh boot     boots with the kernel options $OPT, nobody at the console, until the machine ends (in-kernel tests)
#   qemu.sh debug    stopped at the start, gdb attached
#
# Variables, of make and of this script:
# ADD=DIR       copies that folder into the root file system as /add
# MEM=256M      memory
# CPUS=1        processors, 1 to 8
# CPU=max       QEMU's processor model
# MEDIUM=virtio what the boot disk is attached by: virtio, usb, ahci or nvme
# MACHINE=q35   QEMU's machine type: q35 or pc
# OPT='...'     kernel options
# DISK=FILE     an ext2 image to be the root, changed in place (else a fresh one, thrown away)
# DISK2=FILE    a second disk, /dev/vdb, changed in place
# TIMEOUT=120   seconds until exec gives up
# GUI=1         a window with the framebuffer
# STUB=own      debug: gdb on the kernel's own stub instead of QEMU's
# GDB=gdb       debug: another gdb, 12 or later
# EXEC='...'    debug: runs that command, and gdb stops at the main of its program
# LOADER=1      debug: gdb stops in the loader's efi_main instead of where the kernel begins
# DUMP=1        exec, boot: leaves the memory at the end, or at a panic, in $BUILD/MODE.core, for gdb (make postmortem)
# OVMF=FILE     the UEFI firmware, if it is not found
# TPM=none      no trusted platform module, which the firmware then waits for; else one that refuses everything
# SAN=1         the kernel with the compiler's checks (make SAN=1), which needs three times as long
# COVERAGE=1    the instrumented kernel, whose counters go to $BUILD/counters (make coverage)
# EXTRA='...'   more arguments for QEMU
#
# Exit status of exec: the program's; 124 after TIMEOUT; 125 when the kernel panicked, the processor took a triple fault, or
# the machine ended without a word. The kernel's log is in $BUILD/exec.log (or $LOG), QEMU's own in $BUILD/exec.qemu.log.
#
# Inside: serial port 1 is the console, 2 the kernel's own gdb stub, 3 and 4 are standard output and error of exec; port 0xe9
# takes the kernel's log; a write of 62 to port 0xf4 (panic) makes QEMU end with status 125; the command line and the options
# travel as QEMU firmware configuration files, which the loader reads.
set -eu
mode=$1
build=${BUILD:-build}
log=${LOG:-$build/$mode.log}
qemu_log=${log%.log}.qemu.log
timeout=${TIMEOUT:-120}
[ -z "${COVERAGE:-}${SAN:-}" ] || timeout=$((3 * timeout)) # counting and checking take their time
work=$(mktemp -d "$build/run.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

say() {
    echo "clockhand: $*" >&2
}

# --- the command line, piece by piece, in "$@" of build_command ---------------------------------------------------------

# Sets code and vars to the firmware's two halves; vars empty when it is one file.
find_ovmf() {
    tests/ovmf.sh >"$work/ovmf" || {
        say "no UEFI firmware${OVMF:+ at $OVMF}: install the package ovmf (Fedora, Arch: edk2-ovmf), or say OVMF=FILE"
        exit 125
    }
    { read -r code && read -r vars; } <"$work/ovmf" || true
    fresh='' protect=snapshot=on
    [ -z "$vars" ] || find_variables
}

# The firmware writes thousands of bytes, one by one, into an empty store of variables, which takes a third of a boot. So the first machine
# that is as it is by default has a copy, and when it powers off in order that copy is where all later ones begin, whatever they are:
# the firmware makes true what it finds there about another machine, as it does when somebody changes a disk. Not where instructions
# are counted, which shall be the same at the first boot and at the next.
find_variables() {
    case ${EXTRA:-} in
    *icount*) return ;;
    esac
    primed=$build/ovmf-$(cat "$code" "$vars" | cksum | tr ' ' -)-${vars##*/}
    if [ -s "$primed" ]; then
        vars=$primed
    else
        case "$mode ${MACHINE:-q35} ${MEM:-256M} ${CPUS:-1} ${CPU:-max} ${MEDIUM:-virtio} ${DISK:-}${DISK2:-}${EXTRA:-}${TPM:-}" in
        'exec q35 256M 1 max virtio ')
            fresh=$work/fresh-${vars##*/}
            cp "$vars" "$fresh"
            chmod u+w "$fresh"
            vars=$fresh
            protect=snapshot=off
            ;;
        esac
    fi
}

# To be called when the machine has powered off in order.
keep_variables() {
    [ -z "$fresh" ] || mv "$fresh" "$primed"
}

image_format() {
    case $1 in
    *.qcow2) echo qcow2 ;;
    *) echo raw ;;
    esac
}

# A string for the loader, ended by NUL so that an empty one is a file too: guest_file NAME TEXT
guest_file() {
    printf '%s\0' "$2" >"$work/$1"
}

# QEMU reads a comma in an option's value when it is doubled.
escaped() {
    printf '%s' "$1" | sed 's/,/,,/g'
}

# The root disk of this run: the one make built, or one with ADD in it.
prepare_disk() {
    disk=$build/disk.img
    if [ -n "${ADD:-}" ]; then
        [ -d "$ADD" ] || { say "ADD=$ADD is not a folder"; exit 125; }
        disk=$work/disk.img
        tests/image.sh "$disk" "$ADD"
    fi
    for file in ${DISK:+"$DISK"} ${DISK2:+"$DISK2"}; do
        [ -e "$file" ] || { say "$file: no such disk image"; exit 125; }
    done
    options=${OPT:-}
    [ -z "${DISK:-}" ] || options="root=/dev/vd$([ -n "${DISK2:-}" ] && echo c || echo b) ${OPT:-}"
}

# Sets `medium` to the arguments that attach the boot disk. Its slot comes before those of the other disks, so that vda, vdb, vdc are
# always the same ones.
boot_medium() {
    case ${MEDIUM:-virtio} in
    virtio) medium='-device virtio-blk-pci,disable-legacy=on,drive=boot,addr=0x10' ;;
    usb) medium='-device qemu-xhci,addr=0x10 -device usb-storage,drive=boot,removable=on' ;;
    ahci) medium='-device ahci,id=ahci,addr=0x10 -device ide-hd,bus=ahci.0,drive=boot' ;;
    nvme) medium='-device nvme,serial=clockhand,drive=boot,addr=0x10' ;;
    *)
        say "MEDIUM is virtio, usb, ahci or nvme, not $MEDIUM"
        exit 125
        ;;
    esac
}

# How much memory the machine has: with SAN=1 so much more that as much is left (kernel/shadow.h: an eighth of it all, and 8 MB); with
# COVERAGE=1 a little more, for the larger kernel.
memory() {
    case ${SAN:+san}${COVERAGE:+coverage}-${MEM:=256M} in
    san-*M) echo "$(((${MEM%M} + 8) * 8 / 7))M" ;;
    san-*G) echo "$(((${MEM%G} * 1024 + 8) * 8 / 7))M" ;;
    coverage-*M) echo "$((${MEM%M} + 4))M" ;;
    *) echo "$MEM" ;;
    esac
}

# Runs QEMU with the machine and the arguments given; its exit status is this function's. With REPLACE=exec it takes the shell's place: who
# ends that process ends QEMU.
qemu() {
    set -- "$@" -nodefaults -no-user-config -no-reboot -name clockhand \
        -machine "${MACHINE:-q35}" -accel tcg -cpu "${CPU:-max}" -smp "${CPUS:-1}" -m "$(memory)" -rtc base=utc \
        -device VGA -device isa-debug-exit,iobase=0xf4,iosize=4 \
        -chardev "file,id=log,path=$(escaped "$log")" -device isa-debugcon,iobase=0xe9,chardev=log \
        -d cpu_reset -D "$qemu_log" \
        -fw_cfg "name=opt/clockhand/options,file=$(escaped "$work/options")"
    [ -z "${COVERAGE:-}" ] || set -- "$@" -device isa-debugcon,iobase=0xea,chardev=coverage \
        -chardev "file,id=coverage,path=$(escaped "$build/counters/${work##*.}")"
    [ "${GUI:-}" = 1 ] || set -- "$@" -display none

    find_ovmf
    set -- "$@" -drive "if=pflash,unit=0,readonly=on,format=$(image_format "$code"),file=$code"
    [ -z "$vars" ] || set -- "$@" -drive "if=pflash,unit=1,$protect,format=$(image_format "$vars"),file=$(escaped "$vars")"

    boot_medium
    # shellcheck disable=SC2086 # several words
    set -- "$@" -drive "if=none,id=boot,format=raw,snapshot=on,file=$(escaped "$disk")" $medium,bootindex=0
    slot=1
    for file in ${DISK2:+"$DISK2"} ${DISK:+"$DISK"}; do
        set -- "$@" -drive "if=none,id=disk$slot,format=raw,file=$(escaped "$file")" \
            -device "virtio-blk-pci,disable-legacy=on,drive=disk$slot,addr=0x1$slot"
        slot=$((slot + 1))
    done

    # With a trusted platform module that refuses everything the firmware needs half the time (tests/tpm.c); not where instructions
    # are counted, because it answers when it comes to it.
    with_tpm=
    case ${TPM:-}${EXTRA:-} in
    none* | *icount*) ;;
    *)
        if [ -s "$build/tpm" ]; then
            with_tpm=$build/tpm
            set -- "$@" -chardev socket,id=tpm,fd=9 -tpmdev emulator,id=tpm,chardev=tpm -device tpm-tis,tpmdev=tpm
        fi
        ;;
    esac

    # shellcheck disable=SC2086 # several words each
    ${REPLACE:-} ${LIMIT:-} $with_tpm qemu-system-x86_64 "$@" ${EXTRA:-}
}

# The machine for at most $timeout seconds; then an NMI asks the kernel where it is, and its answer is a panic that reports every
# processor and thread; QEMU itself is ended a little later. Status 124 when time was up.
limited_qemu() {
    mkfifo "$work/monitor.in" "$work/monitor.out"
    exec 3<>"$work/monitor.out" 4<"$work/monitor.out" # opened here, so that nobody waits for a QEMU that fails at once
    (exec 3<&- 4<&-; ask_when_late) <&4 &
    asking=$!
    exec 4<&-
    [ -z "${DUMP:-}" ] || dump_when_still 3<&- &
    limited=0
    LIMIT="timeout --foreground -k 5 $((timeout + 5))" qemu "$@" -monitor "pipe:$work/monitor" </dev/null 3<&- ||
        limited=$?
    exec 3<&-
    wait $asking
    [ ! -e "$work/late" ] || return 124
    ! grep -q 'panic: the machine is stopped' "$log" || return 125 # also when it was dumped, which ends QEMU with 0
    return $limited
}

# The kernel's option `dump` makes it halt at its end: then its memory goes to a file, and QEMU is told to end.
dump_when_still() {
    until grep -q 'dump: the machine stands still' "$log" 2>/dev/null; do
        [ -e "$work/options" ] || return 0
        sleep 0.2
    done
    core=${log%.log}.core
    printf 'stop\ndump-guest-memory -p %s\nquit\n' "$core" 1<>"$work/monitor.in"
}

# Standard input is the monitor's output: it ends when QEMU does.
ask_when_late() {
    timeout "$timeout" cat >/dev/null && return
    : >"$work/late"
    echo nmi 1<>"$work/monitor.in"
    cat >/dev/null
}

# --- what came of it ----------------------------------------------------------------------------------------------------

had_triple_fault() {
    grep -q '^Triple fault' "$qemu_log" 2>/dev/null
}

# Why the machine ended without the word it should have left, on standard error.
explain() {
    if had_triple_fault; then
        say "the processor took a triple fault; its registers are in $qemu_log; the end of $log:"
    else
        say "$1"
    fi
    tail -n 100 "$log" >&2
}

# --- modes --------------------------------------------------------------------------------------------------------------

# Standard input that is no terminal must not be eaten by the firmware: it is held back until the kernel's init is there.
typed_input() {
    until grep -q 'first user instruction' "$log" 2>/dev/null; do
        [ -e "$work/options" ] || return 0
        sleep 0.1
    done
    cat
}

mode_run() {
    if [ -t 0 ]; then
        qemu -serial mon:stdio
    else
        typed_input | {
            ended=0
            qemu -serial mon:stdio || ended=$?
            rm -f "$work/options" # nobody needs to wait for input any more
            exit $ended
        }
    fi
}

# Standard output and error go through pipes of our own, so that QEMU cannot change the mode of the caller's.
mode_exec() {
    guest_file exec "${CLOCKHAND_CMD:-}"
    mkfifo "$work/out" "$work/err"
    exec 5<>"$work/out" 6<"$work/out" 7<>"$work/err" 8<"$work/err"
    cat <&6 5<&- 6<&- 7<&- 8<&- &
    cat <&8 >&2 5<&- 6<&- 7<&- 8<&- &
    exec 6<&- 8<&-
    status=0
    limited_qemu -serial "file:$log.console" -serial null -serial "file:$work/out" -serial "file:$work/err" \
        -fw_cfg "name=opt/clockhand/exec,file=$(escaped "$work/exec")" 5<&- 7<&- || status=$?
    exec 5<&- 7<&-
    wait
    case $status in
    0)
        word=$(sed -n 's/.*exec: status \([0-9]*\).*/\1/p' "$log" | tail -n 1)
        if [ -n "$word" ]; then
            keep_variables
            exit "$word"
        fi
        explain "the machine ended before the program"
        exit 125
        ;;
    124 | 137)
        say "stopped after $timeout seconds; the kernel's log is in $log"
        exit 124
        ;;
    *)
        explain "the kernel panicked; the end of $log:"
        exit 125
        ;;
    esac
}

mode_boot() {
    status=0
    limited_qemu -serial null || status=$?
    case $status in
    0)
        had_triple_fault || exit 0
        explain ''
        exit 125
        ;;
    124 | 137)
        explain "stopped after $timeout seconds; the end of $log:"
        exit 124
        ;;
    *)
        explain "the kernel panicked; the end of $log:"
        exit 125
        ;;
    esac
}

# gdb on QEMU's stub. With SCRIPT it reads its commands from there and the machine ends with it; nobody is at the console, and
# CLOCKHAND_CMD, or EXEC, if given, is run as `make exec` does.
mode_debug() {
    : "${CLOCKHAND_CMD:=${EXEC:-}}"
    guest_file exec "${CLOCKHAND_CMD:-}"
    if [ "${STUB:-qemu}" = own ]; then
        [ -z "${LOADER:-}" ] || { say "LOADER=1 needs QEMU's stub: the kernel's own comes with the kernel"; exit 125; }
        set -- -serial "file:$log.console" -serial "unix:$work/gdb,server=on,wait=off" -serial "file:$log.out" \
            -serial "file:$log.err"
    else
        set -- -serial "file:$log.console" -serial null -serial "file:$log.out" -serial "file:$log.err" \
            -S -gdb "unix:$work/gdb,server=on,wait=off"
    fi
    [ -z "${CLOCKHAND_CMD:-}" ] || set -- "$@" -fw_cfg "name=opt/clockhand/exec,file=$(escaped "$work/exec")"
    [ -z "${LOADER:-}" ] || set -- "$@" -fw_cfg name=opt/clockhand/loader,string=wait
    REPLACE=exec LIMIT=${SCRIPT:+timeout --foreground -k 5 $timeout} qemu "$@" </dev/null >"$build/qemu.out" 2>&1 &
    machine=$!
    until [ -S "$work/gdb" ]; do
        kill -0 $machine 2>/dev/null || { cat "$build/qemu.out" >&2; exit 125; }
        sleep 0.1
    done
    set -- -q -nx -ex 'set pagination off' -ex 'set confirm off'
    if [ "${STUB:-qemu}" = own ]; then
        until grep -q 'stub: waiting for gdb' "$log" 2>/dev/null; do
            kill -0 $machine 2>/dev/null || { explain "the machine ended before its stub was ready"; exit 125; }
            sleep 0.1
        done
        set -- "$@" -ex 'set remotetimeout 20' -ex "target remote $work/gdb" -ex 'source kernel/gdb/ck.py'
    else
        set -- "$@" -ex "target remote $work/gdb"
        [ -n "${LOADER:-}" ] || set -- "$@" -ex 'hbreak kernel_entry' -ex continue
        set -- "$@" -ex 'source kernel/gdb/ck.py' -ex "ck loader '$log'"
    fi
    [ -z "${EXEC:-}" ] || set -- "$@" -ex "ck main $EXEC"
    [ -z "${TUI:-}" ] || set -- -tui "$@"
    status=0
    "${GDB:-gdb}" ${SCRIPT:+-batch} "$@" ${SCRIPT:+-x "$SCRIPT"} "$build/kernel.elf" || status=$?
    kill $machine 2>/dev/null || true
    wait $machine 2>/dev/null || true
    exit $status
}

prepare_disk
mkdir -p "$(dirname "$log")" ${COVERAGE:+"$build/counters"}
: >"$log"
case $mode-${STUB:-qemu} in
debug-own)
    case " $options " in
    *' gdb='*) ;;
    *) options="gdb=start $options" ;;
    esac
    ;;
esac
[ -z "${DUMP:-}" ] || options="dump $options"
guest_file options "$options"
case $mode in
run | exec | boot | debug) "mode_$mode" ;;
*)
    say "qemu.sh: run, exec, boot or debug, not $mode"
    exit 125
    ;;
esac
