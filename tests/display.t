#!/bin/sh
# The framebuffer console: what is on the screen is read by comparing it with the font; keys are pressed by QEMU.
. tests/tap.sh
[ "$(head -c 1 "$BUILD/generated/font.psf")" = 6 ] || {
    echo '1..0 # SKIP the kernel was built without the font this test reads'
    exit 0
}

mkfifo "$SCRATCH/monitor.in" "$SCRATCH/monitor.out"

monitor() {
    printf '%s\n' "$*" >&3
}

# The screen's text, in $screen.
look() {
    monitor "screendump $SCRATCH/shot.ppm"
    sleep 0.5
    screen=$(tests/screen-text.pl "$BUILD/generated/font.psf" "$SCRATCH/shot.ppm" 2>/dev/null)
}

# Looks until a line matches $1, at most 200 times.
look_for() {
    for attempt in $(seq 200); do
        look
        ! printf '%s\n' "$screen" | grep -Eq -- "$1" || break
        sleep 0.5
    done
}

# Boots with the options $1 and the monitor open.
start() {
    OPT=$1 LOG=$logs/display.log TIMEOUT=300 \
        EXTRA="-chardev pipe,id=monitor,path=$SCRATCH/monitor -mon chardev=monitor" tests/qemu.sh boot >"$SCRATCH/out" 2>&1 &
    cat "$SCRATCH/monitor.out" >/dev/null &
    exec 3>"$SCRATCH/monitor.in"
}

# Presses the keys named.
press() {
    for key; do
        monitor "sendkey $key"
        sleep 0.2
    done
}

start ''
look_for '^#$'
like 'the log is on the screen' "$screen" '^\[ +[0-9.]+\] memory: '
like 'the shell is on the screen' "$screen" '^#$'
press e c h o spc shift-h shift-i spc shift-7 shift-7 spc l s spc slash p r o c slash m e m i n f o backspace o ret
look_for '^/proc/meminfo'
like 'keys are typed' "$screen" '^# echo HI && ls /proc/meminfo'
like 'the shell answers' "$screen" '^HI$'
press p o w e r o f f ret
wait $! || true
is 'power-off: nothing was amiss' "$(cat "$SCRATCH/out")" ''
exec 3>&-
done_testing
