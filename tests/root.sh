#!/bin/sh
# Fills the folder that becomes the root file system: root.sh ROOT PROGRAM...
# The programs were linked into ROOT/bin and ROOT/tests already; what is there and not named any more is removed.
set -eu
root=$1
shift
mkdir -p "$root/bin" "$root/tests" "$root/dev" "$root/proc" "$root/tmp" "$root/etc" "$root/root" "$root/add"
chmod 1777 "$root/tmp"

for file in "$root"/bin/* "$root"/tests/*; do
    for program; do
        [ "$file" != "$program" ] || continue 2
    done
    rm -f "$file"
done

echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
echo 'clockhand' >"$root/etc/hostname"
