#!/bin/sh
# What the kernel's services cost, in guest instructions and in nanoseconds of the wall clock, and with PEER=linux what Debian's kernel needs
# for the same.
#
#   bench.sh [SUITE...]
#
# Two suites are run only when they are named: `paging`, page faults and swapping with 16 MB left, and `disk`, files of a fresh ext2 disk. The peer gets its
# disks as modules and images. The program waits for the disk there, so only nanoseconds by the wall clock say something.
#
# QEMU's `-icount shift=0` makes one instruction one nanosecond of the guest's clock, so the figures repeat exactly and do not depend on the
# machine; the second column is without it, and is as exact as the host is idle. Both kernels run the same static program, user/bench, on one
# processor with files in a tmpfs; lines about several threads come from a machine with four, by the wall clock only: QEMU does not count
# instructions on several processors at once.
set -eu
build=${BUILD:-build}
peer=$build/peer

# What its disks need, in the order in which they can be loaded.
modules='virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk crc16 crc32c_generic libcrc32c mbcache jbd2 ext4'

# Debian's kernel package, unpacked, not installed.
peer_kernel() {
    [ ! -e "$peer/vmlinuz" ] || [ ! -e "$peer/modules" ] || return 0
    mkdir -p "$peer/package"
    package=$(apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: //p' | head -n 1)
    [ -n "$package" ] || { echo "bench: PEER=linux needs Debian's package linux-image-amd64 (apt-get update first)" >&2; exit 1; }
    (cd "$peer/package" && apt-get download "$package" >/dev/null 2>&1 && dpkg-deb -x ./*.deb .)
    mv "$peer"/package/boot/vmlinuz* "$peer/vmlinuz"
    mkdir -p "$peer/modules"
    for module in $modules; do
        find "$peer/package/lib/modules" -name "$module.ko" -exec cp {} "$peer/modules" \;
    done
    rm -rf "$peer/package"
}

# An empty ext2 disk in the file $1.
fresh_disk() {
    rm -f "$1"
    truncate -s 256M "$1"
    PATH=$PATH:/sbin:/usr/sbin mke2fs -q -F -t ext2 -b 4096 "$1"
}

peer_init() {
    cat <<END
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t tmpfs tmpfs /tmp
/bin/busybox mount -t devtmpfs dev /dev
for module in $modules; do /bin/busybox insmod /modules/\$module.ko; done 2>/dev/null
/bin/busybox swapon /dev/vda
/bin/busybox mount -t ext2 /dev/vdb /disk
/bin/bench $*
/bin/busybox poweroff -f
END
}

peer_run() {
    for tool in cpio busybox; do
        command -v $tool >/dev/null || { echo "bench: PEER=linux needs $tool: apt-get install cpio busybox-static" >&2; exit 1; }
    done
    peer_kernel
    rm -rf "$peer/root"
    mkdir -p "$peer/root/bin" "$peer/root/proc" "$peer/root/tmp" "$peer/root/etc" "$peer/root/dev" "$peer/root/disk"
    cp "$(command -v busybox)" "$peer/root/bin/busybox"
    cp "$build/root/bin/bench" "$build/root/bin/pattern" "$peer/root/bin/"
    case " $* " in
    *' paging '* | *' disk '*)
        cp -r "$peer/modules" "$peer/root/modules"
        truncate -s 256M "$peer/swap.img"
        PATH=$PATH:/sbin:/usr/sbin
        mkswap -q "$peer/swap.img"
        fresh_disk "$peer/disk.img"
        drives="-drive file=$peer/swap.img,format=raw,if=virtio -drive file=$peer/disk.img,format=raw,if=virtio"
        ;;
    esac
    cp /etc/passwd "$peer/root/etc/passwd"
    peer_init "$@" >"$peer/root/init"
    chmod +x "$peer/root/init"
    (cd "$peer/root" && find . | cpio -o -H newc --quiet) >"$peer/initrd"
    peer_machine 1 "$counting" >"$peer/figures.instructions"
    peer_machine 1 '' >"$peer/figures.wall"
    if wants_threads "$@"; then
        peer_machine 4 '' | threads_only >>"$peer/figures.wall"
    fi
}

# One boot of the peer: processors, arguments of QEMU's.
peer_machine() {
    # shellcheck disable=SC2086
    timeout 900 qemu-system-x86_64 -machine q35 -cpu "${CPU:-max}" -smp "$1" -m "${MEM:-256M}" -nographic -no-reboot -nic none \
        $2 ${drives:-} -kernel "$peer/vmlinuz" -initrd "$peer/initrd" \
        -append "console=ttyS0 mitigations=off nokaslr audit=0 cgroup_disable=memory quiet panic=-1" </dev/null |
        tr -d '\r' | sed 's/^.*\x1b\[[0-9;?]*[a-zA-Z]//' | grep "	"
}

counting='-icount shift=0,sleep=off'

wants_threads() {
    [ $# -eq 0 ] || case " $* " in *' threads '*) ;; *) return 1 ;; esac
}

# The lines that need more than one processor.
threads_only() {
    grep ' [2-9] threads' || true
}

# One boot of ours: processors, arguments of QEMU's, suites.
ours_machine() {
    processors=$1
    extra=$2
    shift 2
    command="bench $*"
    case " $* " in
    *' disk '*)
        fresh_disk "$build/bench-disk.img"
        DISK2=$build/bench-disk.img
        export DISK2
        command="mkdir /tmp/disk; mount -t ext2 /dev/vdb /tmp/disk; $command"
        ;;
    esac
    CLOCKHAND_CMD=$command CPUS=$processors EXTRA=$extra TIMEOUT=600 LOG="$build/bench.log" tests/qemu.sh exec
}

ours_run() {
    ours_machine 1 "$counting" "$@" >"$build/bench.instructions"
    # A processor that is idle executes nothing, but its clock goes on to the next timer.
    start=$(sed -n 's/.*start: \([0-9]*\) us from kernel entry to the first user instruction, \([0-9]*\) us of them idle/\1 \2/p' \
        "$build/bench.log" | awk '{ print "start-up, thousand instructions\t" $1 - $2 }')
    ours_machine 1 '' "$@" >"$build/bench.wall"
    if wants_threads "$@"; then
        ours_machine 4 '' threads | threads_only >>"$build/bench.wall"
    fi
    echo "$start" >>"$build/bench.instructions"
}

# Two or four files of figures side by side, "-" where one has none.
side_by_side() {
    awk -F '\t' '
        FNR == 1 { file++ }
        { figure[file, $1] = $2 }
        !($1 in seen) { order[++count] = $1; seen[$1] = 1 }
        function show(number, name) { return ((number, name) in figure) ? figure[number, name] : "-" }
        END {
            for (i = 1; i <= count; i++) {
                name = order[i]
                if (file == 2)
                    printf "%-40s %12s %12s\n", name, show(1, name), show(2, name)
                else
                    printf "%-40s %10s %10s %8s %12s %12s\n", name, show(1, name), show(3, name),
                        (1, name) in figure && (3, name) in figure ? sprintf("%.2f", figure[1, name] / figure[3, name]) : "-", show(2, name), show(4, name)
            }
        }' "$@"
}

ours_run "$@"
if [ "${PEER:-}" != linux ]; then
    printf '%-40s %12s %12s\n' '' instructions 'wall ns'
    side_by_side "$build/bench.instructions" "$build/bench.wall"
    exit
fi
peer_run "$@"
printf '%-40s %10s %10s %8s %12s %12s\n' 'guest instructions; wall ns' clockhand linux ratio 'clockhand ns' 'linux ns'
side_by_side "$build/bench.instructions" "$build/bench.wall" "$peer/figures.instructions" "$peer/figures.wall"
