#!/bin/sh
# A thousand processes come and go: no frame is lost. And the system itself is small.
. tests/tap.sh

mkdir "$SCRATCH/add"
cp "$(command -v busybox)" "$SCRATCH/add/busybox"
cat >"$SCRATCH/add/script" <<'END'
lives() {
    i=0
    while [ $i -lt $1 ]; do
        /bin/true
        i=$((i + 1))
    done
}
used() {
    /bin/cat /proc/meminfo >/tmp/meminfo
    /add/busybox awk '/^MemTotal/ { total = $2 } /^MemFree/ { free = $2 } END { print total - free }' /tmp/meminfo
}
lives 20
used
lives 1000
used
END

CPUS=2 TIMEOUT=300 ADD=$SCRATCH/add guest 'exec /add/busybox sh /add/script'
is 'status' "$status" 0
[ "$status" -eq 0 ] || diag "$err"
before=$(printf '%s\n' "$out" | sed -n 1p)
after=$(printf '%s\n' "$out" | sed -n 2p)
# A frame a life would be 4000 kB.
ok "1,000 lives: ${before:-?} kB in use before, ${after:-?} kB after" [ $((${after:-99999} - ${before:-0})) -le 200 ]

MEM=256M guest 'cat /proc/meminfo'
used=$(printf '%s\n' "$out" | awk '/^MemTotal/ { total = $2 } /^MemFree/ { free = $2 } END { print total - free }')
limit=8
[ -z "${SAN:-}" ] || limit=$((limit + 50)) # tests/qemu.sh gives the machine 45 MB more; gaps between objects take some
ok "a machine of 256 MB has ${used:-?} kB in use, $limit MB at most" [ "${used:-99999}" -gt 0 -a "${used:-99999}" -le $((limit * 1024)) ]
done_testing
