#!/bin/sh
# Runs the tests that boot the kernel (or those named: coverage.sh NAME...) on the instrumented one, and says which lines ran.
#
# The report is in build/coverage/index.html; the lines of mm/ are printed, file by file. Status 1 when a test failed, or when all were run
# and mm/ has less than 90 % of its lines.
set -u
export BUILD="${BUILD:-build/instrumented}" COVERAGE=1
report=${REPORT:-build/coverage}
wanted=90
scripts=
for name in "$@"; do
    scripts="$scripts tests/$name.t"
done
rm -rf "$BUILD/counters"

# What make and its caller have set is not for the tests.
env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS -u T prove --jobs "${JOBS:-2}" --timer ${scripts:-tests/*.t}
status=$?

perl tests/coverage.pl "$BUILD"/counters/* || exit
lcov --quiet --capture --directory "$BUILD/kernel" --base-directory . --no-external --output-file "$BUILD/all.info" &&
    lcov --quiet --extract "$BUILD/all.info" "$PWD/kernel/*" "$PWD/mm/*" "$PWD/libc/*" --output-file "$BUILD/kernel.info" &&
    genhtml --quiet --prefix "$PWD" --title Clockhand --output-directory "$report" "$BUILD/kernel.info" || exit

# Lines that ran and lines, of each file of mm/ and of all.
awk -v top="$PWD/" -v all="$#" -v wanted="$wanted" '
    function share(part, whole) { return whole ? 100 * part / whole : 100 }
    /^SF:/ { file = substr($0, 4 + length(top)) }
    /^LH:/ { ran = substr($0, 4) }
    /^LF:/ { lines = substr($0, 4) }
    /^end_of_record/ && file ~ /^mm\// {
        printf "%6.1f %%  %4d of %4d  %s\n", share(ran, lines), ran, lines, file | "sort -k6"
        total_ran += ran
        total += lines
    }
    END {
        close("sort -k6")
        printf "%6.1f %%  %4d of %4d  mm/\n", share(total_ran, total), total_ran, total
        exit all == 0 && share(total_ran, total) < wanted
    }' "$BUILD/kernel.info" || {
    echo "less than $wanted % of the lines of mm/ ran"
    status=1
}
echo "the report: $report/index.html"
exit $status
