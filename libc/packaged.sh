#!/bin/sh
# packaged.sh OUT.a LIBC.a HEADER...: the archive of what these headers of ours promise and our libc does not have: the members of
# musl's static library (MIT licence; Debian's package musl-dev) that define it, and those that these need in turn. What ours
# has as well, such as malloc and strlen, they get from ours. Without musl the archive is empty.
set -eu
out=$1
ours=$2
shift 2
: "${CC:=gcc}" "${NM:=nm}" "${AR:=ar}"

library=
for path in /usr/lib/x86_64-linux-musl /usr/x86_64-linux-musl/lib64 /usr/x86_64-linux-musl/lib /usr/lib/musl/lib; do
    [ ! -e "$path/libc.a" ] || library=$path/libc.a
done
rm -rf "$out" "$out.members"
mkdir -p "$out.members"
if [ -z "$library" ]; then
    "$AR" rcs "$out"
    exit
fi

# The names that stand before an opening bracket in the headers, and signgam.
{
    echo signgam
    for header in "$@"; do
        $CC -E -P -ffreestanding -nostdinc -isystem "$(dirname "$("$CC" -print-file-name=include/stddef.h)")" -Ilibc/include -I. "libc/include/$header"
    done | grep -o '[a-z_][a-z_0-9]*(' | tr -d '('
} | sort -u >"$out.members/wanted"
"$NM" -A --defined-only "$library" 2>/dev/null | awk '$2 ~ /^[TWDBRVC]$/ || $3 ~ /^[TWDBRVC]$/ { n = split($1, part, ":"); print $NF, part[n - 1] }' >"$out.members/defined"
"$NM" -A -u "$library" 2>/dev/null | awk '{ n = split($1, part, ":"); print part[n - 1], $NF }' >"$out.members/undefined"
"$NM" --defined-only "$ours" 2>/dev/null | awk 'NF == 3 { print $3 }' >"$out.members/ours"

members=$(awk '
    FILENAME ~ /defined$/ && FILENAME !~ /undefined$/ { if (!($1 in member)) member[$1] = $2; next }
    FILENAME ~ /undefined$/ { needs[$1] = needs[$1] " " $2; next }
    FILENAME ~ /ours$/ { ours[$1]; next }
    { queue[count++] = $1 }
    END {
        for (i = 0; i < count; i++) {
            name = queue[i]
            if (name in ours || !(name in member) || member[name] in taken) continue
            taken[member[name]]
            print member[name]
            words = split(needs[member[name]], word, " ")
            for (j = 1; j <= words; j++) queue[count++] = word[j]
        }
    }' "$out.members/defined" "$out.members/undefined" "$out.members/ours" "$out.members/wanted" | sort)
(cd "$out.members" && "$AR" x "$library" $members)
(cd "$out.members" && "$AR" rcs packaged.a $members)
mv "$out.members/packaged.a" "$out"
rm -rf "$out.members"
