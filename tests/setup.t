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

printf '#!/bin/sh\necho "NASM version 2.05.01"\n' >"$SCRATCH/bin/nasm"
chmod +x "$SCRATCH/bin/nasm"
out=$(PATH=$SCRATCH/bin:$PATH sh tests/setup.sh run 2>&1)
is 'a tool that is too old: status' $? 1
is 'one line' "$out" 'nasm 2.05.01 is too old: Clockhand needs 2.14 or later'

ok 'with everything there it is quiet' sh -c 'test -z "$(tests/setup.sh test 2>&1)"'
out=$(OVMF=/nowhere/firmware.fd tests/qemu.sh boot 2>&1)
is 'a firmware that is not there: status' $? 125
like 'is said to be so' "$out" '/nowhere/firmware.fd'
done_testing
