#!/bin/sh
# What the kernel's services cost in guest instructions, and with PEER=linux what Debian's kernel needs for the same.
#
#   bench.sh [SUITE...]
#
# The suite `paging` is run only when it is named: page faults and swapping with 16 MB left, and disks, which the peer gets as modules and images.
#
# QEMU's `-icount shift=0` makes one instruction one nanosecond of the guest's clock, so the figures repeat exactly and do not depend on the
# machine. Both kernels run the same static program, user/bench, on one processor with files in a tmpfs.
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
    *' paging '*)
        cp -r "$peer/modules" "$peer/root/modules"
        truncate -s 256M "$peer/swap.img" "$peer/disk.img"
        PATH=$PATH:/sbin:/usr/sbin
        mkswap -q "$peer/swap.img"
        mke2fs -q -F -t ext2 -b 4096 "$peer/disk.img"
        drives="-drive file=$peer/swap.img,format=raw,if=virtio -drive file=$peer/disk.img,format=raw,if=virtio"
        ;;
    esac
    cp /etc/passwd "$peer/root/etc/passwd"
    peer_init "$@" >"$peer/root/init"
    chmod +x "$peer/root/init"
    (cd "$peer/root" && find . | cpio -o -H newc --quiet) >"$peer/initrd"
    # shellcheck disable=SC2086
    timeout 900 qemu-system-x86_64 -machine q35 -cpu "${CPU:-max}" -m "${MEM:-256M}" -nographic -no-reboot -nic none \
        -icount shift=0,sleep=off ${drives:-} -kernel "$peer/vmlinuz" -initrd "$peer/initrd" \
        -append "console=ttyS0 mitigations=off nokaslr audit=0 cgroup_disable=memory quiet panic=-1" </dev/null |
        tr -d '\r' | sed 's/^.*\x1b\[[0-9;?]*[a-zA-Z]//' | grep "	" >"$peer/figures"
}

ours_run() {
    CLOCKHAND_CMD="bench $*" EXTRA="-icount shift=0,sleep=off" TIMEOUT=600 LOG="$build/bench.log" tests/qemu.sh exec \
        >"$build/bench.figures"
    # A processor that is idle executes nothing, but its clock goes on to the next timer.
    sed -n 's/.*start: \([0-9]*\) us from kernel entry to the first user instruction, \([0-9]*\) us of them idle/\1 \2/p' \
        "$build/bench.log" | awk '{ print "start-up, thousand instructions\t" $1 - $2 }' >>"$build/bench.figures"
}

ours_run "$@"
if [ "${PEER:-}" != linux ]; then
    cat "$build/bench.figures"
    exit
fi
peer_run "$@"
printf '%-40s %10s %10s %8s\n' 'guest instructions' clockhand linux ratio
awk -F '\t' 'NR == FNR { linux[$1] = $2; next }
    { if ($1 in linux) printf "%-40s %10d %10d %8.2f\n", $1, $2, linux[$1], $2 / linux[$1]
      else printf "%-40s %10d\n", $1, $2 }' "$peer/figures" "$build/bench.figures"
