#!/bin/sh
# Checks that includes run one way: tests/include-order.sh, from the top of the tree; status 1 and a line each for what is wrong.
#
# tests/include-order.txt publishes the order, from the ground up: one layer a line, each a few nouns (a noun is a file's path
# without .c and .h). A file includes only headers of its own layer and of those below; and a header only headers that stand
# before it, so that headers have no cycles even within a layer. Tests are above everything.
set -eu
find boot kernel mm libc tests/kernel -name '*.[ch]' ! -path 'libc/include/*' | sort >"${TMPDIR:-/tmp}/include-order.$$"
trap 'rm -f "${TMPDIR:-/tmp}/include-order.$$"' EXIT

awk '
    FILENAME == ARGV[1] {
        sub(/#.*/, "")
        for (i = 1; i <= NF; i++) {
            layer[$i] = FNR
            place[$i] = ++places
        }
        next
    }
    { files[++count] = $0 }
    function noun(path) {
        sub(/\.[ch]$/, "", path)
        return path
    }
    function wrong(text) {
        print text
        errors++
    }
    function check_include(file, line, header,    from, to) {
        from = noun(file)
        to = noun(header)
        if (from == to || file ~ /^tests\//)
            return
        if (!(to in layer))
            wrong(file ": includes " header ", which is not in tests/include-order.txt")
        else if (layer[to] > layer[from])
            wrong(file ": includes " header ", which is above it")
        else if (file ~ /\.h$/ && place[to] > place[from])
            wrong(file ": includes " header ", which stands behind it")
    }
    END {
        for (n = 1; n <= count; n++) {
            file = files[n]
            if (!(noun(file) in layer) && file !~ /^tests\//) {
                wrong(file ": not in tests/include-order.txt")
                continue
            }
            while ((getline line < file) > 0)
                if (line ~ /^#include "/) {
                    split(line, part, "\"")
                    check_include(file, line, part[2])
                }
            close(file)
        }
        exit errors > 0
    }' tests/include-order.txt "${TMPDIR:-/tmp}/include-order.$$"
