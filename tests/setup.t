#!/bin/sh
# Where tools are missing and cannot be installed, they are named, and nothing else happens.
. tests/tap.sh

# A system with a few basic tools only.
mkdir "$SCRATCH/bin"
for tool in sh sed awk grep cat uname id sort head tail env dirname basename; do
    ln -s "$(command -v $tool)" "$SCRATCH/bin/$tool"
done
sed 's,^PATH=.*,,' tests/setup.sh >"$SCRATCH/setup.sh"

out=$(PATH=$SCRATCH/bin sh "$SCRATCH/setup.sh" run 2>&1)
is 'without tools: status' $? 1
is 'two lines' "$(echo "$out" | wc -l)" 2
like 'they name the assembler' "$out" ' nasm '
like 'and the emulator' "$out" ' qemu'

# Debian: apt-get, which is one that only says what it is told; as root, through sudo, or, where neither can be, not at all.
printf '#!/bin/sh\necho "apt-get $*"\n' >"$SCRATCH/bin/apt-get"
chmod +x "$SCRATCH/bin/apt-get"
# user NUMBER: who asks.
user() {
    rm -f "$SCRATCH/bin/id"
    printf '#!/bin/sh\necho %s\n' "$1" >"$SCRATCH/bin/id"
    chmod +x "$SCRATCH/bin/id"
}
installs() {
    PATH=$SCRATCH/bin sh "$SCRATCH/setup.sh" run 2>&1 | head -n 3
}
user 1000
like 'an ordinary user without sudo: the tools are named' "$(installs)" '^Clockhand needs tools that are not here. Please install:'
user 0
out=$(installs)
like 'root: it says so' "$out" '^Installing with apt-get: .*nasm '
like 'and installs' "$out" '^apt-get -q install -y .*nasm '
printf '#!/bin/sh\necho "as root: $*"\n' >"$SCRATCH/bin/sudo"
chmod +x "$SCRATCH/bin/sudo"
user 1000
out=$(installs)
like 'an ordinary user with sudo: it says so' "$out" '^Installing with sudo apt-get: .*nasm '
like 'first the lists' "$out" '^as root: apt-get -q update'
like 'then the packages' "$out" '^as root: apt-get -q install -y .*nasm '
rm "$SCRATCH/bin/apt-get" "$SCRATCH/bin/sudo" "$SCRATCH/bin/id"
ln -s "$(command -v id)" "$SCRATCH/bin/id"

# The static musl, where each system puts it: in a tree of our own.
sed "s,/usr/,$SCRATCH/usr/,g" "$SCRATCH/setup.sh" >"$SCRATCH/musl.sh"
named() {
    PATH=$SCRATCH/bin sh "$SCRATCH/musl.sh" run 2>&1 | grep -o 'musl[a-z-]*' | tr '\n' ' '
}
like 'no musl anywhere: it is named' "$(named)" '^musl'
for path in lib/x86_64-linux-musl x86_64-linux-musl/lib64 x86_64-linux-musl/lib lib/musl/lib; do
    mkdir -p "$SCRATCH/usr/$path"
    : >"$SCRATCH/usr/$path/libc.a"
    is "musl in $path" "$(named)" ''
    rm -rf "$SCRATCH/usr"
done

printf '#!/bin/sh\necho "NASM version 2.05.01"\n' >"$SCRATCH/bin/nasm"
chmod +x "$SCRATCH/bin/nasm"
out=$(PATH=$SCRATCH/bin:$PATH sh tests/setup.sh run 2>&1)
is 'a tool that is too old: status' $? 1
is 'one line' "$out" 'nasm 2.05.01 is too old: Clockhand needs 2.14 or later'

ok 'with everything there it is quiet' sh -c 'test -z "$(tests/setup.sh test 2>&1)"'
out=$(OVMF=/nowhere/firmware.fd tests/qemu.sh boot 2>&1)
is 'a firmware that is not there: status' $? 125
like 'is said to be so' "$out" '/nowhere/firmware.fd'

# The firmware, where each system puts it: in a tree of our own.
sed "s,/usr/share/,$SCRATCH/usr/share/,g; s,/usr/local/,$SCRATCH/usr/local/,g; s,/opt/,$SCRATCH/opt/,g" tests/ovmf.sh >"$SCRATCH/ovmf.sh"
firmware() {
    env -u OVMF sh "$SCRATCH/ovmf.sh" | sed "s,^$SCRATCH,," | tr '\n' ' '
}
is 'no firmware anywhere' "$(firmware)" ''
while read -r system code vars; do
    rm -rf "$SCRATCH/usr" "$SCRATCH/opt"
    mkdir -p "$SCRATCH${code%/*}" "$SCRATCH${vars%/*}"
    : >"$SCRATCH$code"
    : >"$SCRATCH$vars"
    is "firmware of $system" "$(firmware)" "$code $vars "
done <<'END'
Debian,4M /usr/share/OVMF/OVMF_CODE_4M.fd /usr/share/OVMF/OVMF_VARS_4M.fd
Debian,2M /usr/share/OVMF/OVMF_CODE.fd /usr/share/OVMF/OVMF_VARS.fd
Fedora,2M /usr/share/edk2/ovmf/OVMF_CODE.fd /usr/share/edk2/ovmf/OVMF_VARS.fd
Fedora,4M /usr/share/edk2/ovmf/OVMF_CODE_4M.qcow2 /usr/share/edk2/ovmf/OVMF_VARS_4M.qcow2
Arch,4M /usr/share/edk2/x64/OVMF_CODE.4m.fd /usr/share/edk2/x64/OVMF_VARS.4m.fd
Arch,2M /usr/share/edk2-ovmf/x64/OVMF_CODE.fd /usr/share/edk2-ovmf/x64/OVMF_VARS.fd
Homebrew,arm /opt/homebrew/share/qemu/edk2-x86_64-code.fd /opt/homebrew/share/qemu/edk2-i386-vars.fd
Homebrew,intel /usr/local/share/qemu/edk2-x86_64-code.fd /usr/local/share/qemu/edk2-i386-vars.fd
END

# What QEMU is started with: an emulator that only writes that down.
printf '#!/bin/sh\necho "$*" >"%s/arguments"\n' "$SCRATCH" >"$SCRATCH/bin/qemu-system-x86_64"
chmod +x "$SCRATCH/bin/qemu-system-x86_64"
arguments() {
    env PATH="$SCRATCH/bin:$PATH" LOG="$SCRATCH/run.log" "$@" tests/qemu.sh run </dev/null >/dev/null 2>&1
    cat "$SCRATCH/arguments"
}
like 'make run has no window' "$(arguments GUI=)" ' -display none'
is 'GUI=1 has one' "$(arguments GUI=1 | grep -c ' -display none')" 0
memory=3G
[ -z "${SAN:-}" ] || memory=3520M # that as much is left beside the shadow
like 'MEM, CPUS, CPU and MACHINE are obeyed' "$(arguments MEM=3G CPUS=3 CPU=qemu64 MACHINE=pc)" \
    "-machine pc .* -cpu qemu64 -smp 3 -m $memory "

# A header that has changed makes again what includes it, and nothing else.
again=$(make -n -W mm/radix.h BUILD="$BUILD" "$BUILD/kernel.elf" 2>/dev/null)
like 'a changed header: what includes it is made again' "$again" 'mm/radix\.c'
is 'and what does not include it is not' "$(echo "$again" | grep -c 'libc/string\.c')" 0

out=$(make help)
for target in image run exec debug test test-long check bench help; do
    like "make help: $target" "$out" "^  make $target +[^ ]"
done
for variable in ADD MEM CPUS CPU OPT DISK DISK2 TIMEOUT; do
    like "make help: $variable" "$out" "^ +$variable=[^ ]* +[^ ]"
done
done_testing
