/*
 * The lines typed so far, numbered from 1 on.  The oldest go when there are more than HISTSIZE says.
 *
 *     history_first() ... history_last()    none: the first is behind the last
 */
#include <stdlib.h>
#include <string.h>

#include "sh.h"

enum { HISTORY_USUAL = 500, HISTORY_MOST = 10000 };

static char **lines;
static int count, room, dropped;

/* POSIX asks for 128 at least where HISTSIZE says nothing. */
static int history_limit(void)
{
    const char *text = variable_get("HISTSIZE");
    int limit = text ? atoi(text) : HISTORY_USUAL;

    return limit < 1 ? 1 : limit < HISTORY_MOST ? limit : HISTORY_MOST;
}

static void oldest_drop(int many)
{
    for (int i = 0; i < many; i++)
        free(lines[i]);
    count -= many;
    dropped += many;
    memmove(lines, lines + many, (size_t)count * sizeof *lines);
}

void history_add(const char *text, size_t length)
{
    if (!length || (count && strlen(lines[count - 1]) == length && !memcmp(lines[count - 1], text, length)))
        return;
    int limit = history_limit();
    if (count >= limit)
        oldest_drop(count - limit + 1);
    if (count == room) {
        char **larger = memory_get((size_t)(room + 64) * sizeof *larger);
        if (count)
            memcpy(larger, lines, (size_t)count * sizeof *larger);
        free(lines);
        lines = larger;
        room += 64;
    }
    char *line = memory_get(length + 1);
    memcpy(line, text, length);
    line[length] = 0;
    lines[count++] = line;
}

void history_drop_last(void)
{
    if (count)
        free(lines[--count]);
}

int history_first(void)
{
    return dropped + 1;
}

int history_last(void)
{
    return dropped + count;
}

const char *history_line(int number)
{
    return number > dropped && number <= dropped + count ? lines[number - dropped - 1] : NULL;
}
