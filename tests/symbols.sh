#!/bin/sh
# The kernel's symbol table as NASM source on standard output: symbols.sh KERNEL.ELF, or no argument for an empty table.
# See kernel/symbols.c for what the tables mean.
set -eu
if [ $# -gt 0 ]; then
    ${NM:-nm} -n "$1"
fi | awk '
    $2 ~ /^[tT]$/ && substr($1, 1, 8) == "ffffffff" && $3 !~ /^__/ {
        addresses[count] = substr($1, 9)
        names[count++] = $3
    }
    END {
        print "section .symbols progbits alloc noexec nowrite align=8"
        print "global symbol_count, symbol_addresses, symbol_offsets, symbol_names"
        print "symbol_count: dd " count + 0
        print "symbol_addresses:"
        for (i = 0; i < count; i++)
            print "dd 0x" addresses[i]
        print "symbol_offsets:"
        for (i = 0; i < count; i++) {
            print "dd " offset
            offset += length(names[i]) + 1
        }
        print "symbol_names:"
        for (i = 0; i < count; i++)
            print "db \"" names[i] "\", 0"
        print "db 0"
    }' offset=0 count=0
