/*
 * The table of page faults: every trace under every policy.
 *
 *     make simulate              (FRAMES=N for another size of memory)
 *
 * In brackets: how many times OPT's faults that is. The traces above the line have locality.
 */
#include <stdio.h>
#include <stdlib.h>

#include "kernel/panic.h"
#include "tests/sim/policy.h"

void noreturn_function assertion_failed(const char *condition, const char *file, int line, const char *function)
{
    fprintf(stderr, "%s:%d: %s: %s\n", file, line, function, condition);
    abort();
}

static void row_print(unsigned which, unsigned frames)
{
    struct trace trace = trace_make(which, frames);
    uint64_t opt = policy_faults(POLICY_OPT, &trace);
    printf("%-10s %10zu", trace.name, trace.length);
    for (enum policy policy = POLICY_OPT; policy < POLICIES; policy++) {
        uint64_t faults = policy == POLICY_OPT ? opt : policy_faults(policy, &trace);
        printf(" %8llu", (unsigned long long)faults);
        if (policy != POLICY_OPT)
            printf(" (%4.2f)", (double)faults / (double)opt);
    }
    printf("  %s\n", trace.what);
    trace_free(&trace);
}

static void rows_print(bool locality, unsigned frames)
{
    for (unsigned which = 0; which < trace_count(); which++) {
        struct trace trace = trace_make(which, frames);
        bool wanted = trace.locality == locality;
        trace_free(&trace);
        if (wanted)
            row_print(which, frames);
    }
}

int main(int argc, char **argv)
{
    unsigned frames = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 4096;
    if (frames < 64) {
        fprintf(stderr, "usage: simulate [FRAMES], at least 64\n");
        return 2;
    }
    printf("page faults in %u frames\n%-10s %10s", frames, "trace", "references");
    for (enum policy policy = POLICY_OPT; policy < POLICIES; policy++)
        printf(policy == POLICY_OPT ? " %8s" : " %15s", policy_name(policy));
    printf("\n");
    rows_print(true, frames);
    printf("\n");
    rows_print(false, frames);
    return 0;
}
