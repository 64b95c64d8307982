# Makes a trace that player.c reads of the record that MALLOC_TRACE=FILE leaves (libc/malloc_trace.h): addresses become ids.
#
#   awk -v most=N -f record.awk RECORD: the first N calls (all of them without); what is live then is freed.

BEGIN { count = lines = 0 }

function new(address) {
    ids[address] = count
    return count++
}

most && calls >= most { exit }
{ calls++ }
$1 == "a" { line[lines++] = "a " new($2) " " $3 }
$1 == "r" && !($2 in ids) { line[lines++] = "a " new($3) " " $4 }
$1 == "r" && $2 in ids {
    id = ids[$2]
    delete ids[$2]
    ids[$3] = id
    line[lines++] = "r " id " " $4
}
$1 == "f" && $2 in ids {
    line[lines++] = "f " ids[$2]
    delete ids[$2]
}
END {
    for (address in ids)
        line[lines++] = "f " ids[address]
    printf "0\n%d\n%d\n1\n", count, lines
    for (i = 0; i < lines; i++)
        print line[i]
}
