#!/bin/sh
# Checks that includes run one way: tests/include-order.sh, from the top of the tree; status 1 and a line each for what is wrong.
#
# tests/include-order.txt publishes the order, from the ground up, one layer a paragraph. A name without ending stands for the
# header and the source together. Where a header has to be below what its source is built on (everything may call panic(), but
# panic() uses nearly everything) the two are listed one by one: these are the ways back up, and there should be few.
# A file includes only headers of layers below its own, and its own header. Tests are above everything.
set -eu
list=$(mktemp)
trap 'rm -f "$list"' EXIT
find boot kernel mm libc -name '*.[ch]' ! -path 'libc/include/*' | sort >"$list"

awk '
    FILENAME == ARGV[1] {
        if ($0 == "")
            number++
        sub(/#.*/, "")
        for (i = 1; i <= NF; i++)
            layer[$i] = number
        next
    }
    { files[++count] = $0 }
    function noun(path) {
        sub(/\.[ch]$/, "", path)
        return path
    }
    function layer_of(path) {
        return path in layer ? layer[path] : layer[noun(path)]
    }
    function wrong(text) {
        print text
        errors++
    }
    END {
        for (n = 1; n <= count; n++) {
            file = files[n]
            if (!layer_of(file)) {
                wrong(file ": is not in tests/include-order.txt")
                continue
            }
            while ((getline line < file) > 0) {
                if (line !~ /^#include "/)
                    continue
                split(line, part, "\"")
                if (noun(part[2]) == noun(file))
                    continue
                if (!layer_of(part[2]))
                    wrong(file ": includes " part[2] ", which is not in tests/include-order.txt")
                else if (layer_of(part[2]) >= layer_of(file))
                    wrong(file ": includes " part[2] ", which is not below it")
            }
            close(file)
        }
        exit errors > 0
    }' tests/include-order.txt "$list"
