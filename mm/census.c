/*
 * The census of WIRED frames. See census.h. The table is complete when the first program runs, so it needs no lock.
 */
#include "mm/census.h"

#include "kernel/panic.h"

static struct {
    const char *name;
    uint64_t (*count)(void);
} owners[CENSUS_MAX];
static unsigned owner_count;

void census_add(const char *name, uint64_t (*count)(void))
{
    assert(owner_count < CENSUS_MAX);
    owners[owner_count].name = name;
    owners[owner_count++].count = count;
}

uint64_t census_count(void)
{
    uint64_t frames = 0;
    for (unsigned i = 0; i < owner_count; i++)
        frames += owners[i].count();
    return frames;
}

void census_for_each(void (*visit)(const char *name, uint64_t frames, void *context), void *context)
{
    for (unsigned i = 0; i < owner_count; i++)
        visit(owners[i].name, owners[i].count(), context);
}
