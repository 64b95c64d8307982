/*
 * The policy of read-ahead on a model of the cache: which pages are in memory, and which of them were read ahead and not used so far.
 *
 * Links: mm/readahead.c
 */
#include <string.h>

#include "mm/readahead.h"
#include "tests/host/support/tap.h"

enum { PAGES = 4096 };
enum presence { MISSING, AHEAD, USED };

static struct {
    struct readahead state;
    enum readahead_mode mode;
    uint64_t pages; /* of the file */
    uint8_t page[PAGES];
    unsigned waits, issued, used, starts; /* pages that had to be waited for, read ahead, of these used; requests */
    unsigned largest;
    unsigned silent;   /* of the used: the policy need not have been asked */
    uint64_t streamed; /* pages of windows */
    bool missed;       /* readahead_silent() named a page that starts something or changes the state */
    bool bad;          /* a range behind the file's end, or one that does not contain what is asked for */
} model;

static void model_reset(enum readahead_mode mode, uint64_t pages)
{
    memset(&model, 0, sizeof(model));
    model.mode = mode;
    model.pages = pages;
}

static void model_start(const struct readahead_range *range)
{
    model.starts += range->count > 0;
    model.largest = range->count > model.largest ? range->count : model.largest;
    model.streamed += range->stream ? range->count : 0;
    model.bad |= range->count > 0 && range->first + range->count > model.pages;
    for (uint64_t i = range->first; i < range->first + range->count && i < PAGES; i++) {
        bool asked = i - range->asked < range->demanded;
        if (model.page[i] != MISSING)
            continue;
        model.page[i] = asked ? USED : AHEAD;
        model.issued += !asked;
    }
}

/* A read of pages [index, index + wanted), or a fault on one. */
static void model_use(uint64_t index, uint64_t wanted, bool mapped)
{
    for (uint64_t i = index; i < index + wanted && i < model.pages; i++) {
        if (model.page[i] != USED) {
            struct readahead_access access = {i, index + wanted - i, model.pages, model.page[i] == MISSING, mapped};
            struct readahead before = model.state;
            bool silent = !mapped && !access.absent && readahead_silent(&before, model.mode, i) > 0;
            struct readahead_range range = readahead_decide(&model.state, model.mode, &access);
            model.missed |= silent && (range.count != 0 || memcmp(&before, &model.state, sizeof(before)) != 0);
            model.silent += silent;
            model.waits += access.absent;
            model_start(&range);
            model.used += model.page[i] == AHEAD;
            model.bad |= access.absent && model.page[i] == MISSING;
            model.page[i] = USED;
        }
        readahead_note(&model.state, i);
    }
}

static void read_all(uint64_t wanted)
{
    for (uint64_t i = 0; i < model.pages; i += wanted)
        model_use(i, wanted, false);
}

static void test_off(void)
{
    model_reset(READAHEAD_OFF, 100);
    read_all(1);
    check(model.waits == 100 && model.issued == 0, "off: each page is waited for, none is read ahead");
    model_reset(READAHEAD_OFF, 160);
    read_all(16);
    check(model.waits == 10 && model.issued == 0 && model.largest == 16, "off: one call's pages are started together");
}

static void test_simple(void)
{
    model_reset(READAHEAD_SIMPLE, 100);
    read_all(1);
    check(model.waits == 2 && model.issued == 98 && model.used == 98 && model.largest == 2,
          "simple: page i after page i - 1 fetches i + 1");
    model_reset(READAHEAD_SIMPLE, PAGES);
    for (uint64_t i = 0; i < PAGES; i += 2)
        model_use(i, 1, false);
    check(model.issued == 0, "simple: every second page continues nothing");
    model_reset(READAHEAD_SIMPLE, PAGES);
    read_all(16);
    check(model.waits < 16 && model.issued >= PAGES / 16 - 1, "simple: a call of 16 pages fetches one more");
}

static void test_adaptive_sequence(void)
{
    struct readahead_access access = {0, 1, PAGES, true, false};
    struct readahead state = {0};
    struct readahead_range range = readahead_decide(&state, READAHEAD_ADAPTIVE, &access);
    uint64_t end = range.count, size = range.count;
    bool doubles = range.first == 0 && range.count == READAHEAD_FIRST && range.demanded == 1;
    readahead_note(&state, 0);
    for (access.index = 1; access.index < PAGES / 2; access.index++) {
        access.absent = false;
        uint64_t trigger = state.trigger;
        range = readahead_decide(&state, READAHEAD_ADAPTIVE, &access);
        readahead_note(&state, access.index);
        if (range.count == 0)
            continue;
        size = min_u64(2 * size, READAHEAD_MAX);
        doubles &= access.index == trigger && range.first == end && range.count == size && range.demanded == 0;
        end += range.count;
    }
    check(doubles && size == READAHEAD_MAX,
          "adaptive: windows double up to 512 KB, each started inside the one before");
    model_reset(READAHEAD_ADAPTIVE, PAGES);
    read_all(1);
    check(model.waits == 1 && model.used == PAGES - 1 && model.issued == PAGES - 1 && !model.bad,
          "adaptive: of a sequential read only the first page is waited for");
    model_reset(READAHEAD_ADAPTIVE, PAGES - 3);
    read_all(16);
    check(model.waits == 1 && !model.bad && model.issued == model.used,
          "adaptive: the same in larger calls, up to the end");
}

static void test_silent(void)
{
    model_reset(READAHEAD_ADAPTIVE, PAGES);
    read_all(1);
    check(!model.missed && model.silent > model.used - 2 * PAGES / READAHEAD_MAX,
          "adaptive: a sequential read has one question for each window");
    model_reset(READAHEAD_ADAPTIVE, PAGES);
    for (unsigned i = 0; i < 300; i++) {
        model.mode = random_below(10) > 0 ? READAHEAD_ADAPTIVE : (enum readahead_mode)random_below(READAHEAD_MODES);
        model.page[random_below(PAGES)] = MISSING;
        model_use(random_below(PAGES), 1 + random_below(64), false);
    }
    check(!model.missed && !model.bad, "pages about which the policy need not be asked start nothing");
    model_reset(READAHEAD_SIMPLE, 100);
    read_all(1);
    check(model.silent == 0, "simple: each page is asked about");
}

static void test_adaptive_random(void)
{
    model_reset(READAHEAD_ADAPTIVE, PAGES);
    for (unsigned i = 0; i < 1000; i++)
        model_use(1 + 2 * (uint64_t)random_below(PAGES / 2 - 1), 1, false);
    check(model.issued == 0, "adaptive: random reads fetch nothing else");
    model_reset(READAHEAD_ADAPTIVE, PAGES);
    for (uint64_t i = 0; i < 1000; i++)
        model_use(i, 1, false);
    uint32_t before = model.state.window;
    for (uint64_t i = 0; i < 4; i++)
        model_use(3000 - 100 * i, 1, false);
    check(before == READAHEAD_MAX && model.state.window == before / 16, "adaptive: each random read halves the window");
    model_use(2701, 1, false);
    check(model.page[2702] == AHEAD, "adaptive: and a sequence goes on with what is left of it");
    model_reset(READAHEAD_ADAPTIVE, PAGES);
    for (uint64_t i = 0; i < 600; i++)
        model_use(i, 1, false);
    for (uint64_t i = 600; i < PAGES; i++)
        model.page[i] = MISSING; /* memory was wanted elsewhere */
    model_use(600, 1, false);
    check(model.state.window == READAHEAD_MAX / 2, "adaptive: a page lost before its use halves the window");
}

static void test_advice(void)
{
    model_reset(READAHEAD_ADAPTIVE, PAGES);
    model.state.advice = READAHEAD_RANDOM;
    read_all(1);
    check(model.issued == 0 && model.waits == PAGES, "advice: random turns it off");
    model_reset(READAHEAD_ADAPTIVE, PAGES);
    model.state.advice = READAHEAD_SEQUENTIAL;
    model_use(500, 1, false);
    check(model.largest == READAHEAD_MAX && model.issued == READAHEAD_MAX - 1,
          "advice: sequential starts at full size");
}

static void test_mapped(void)
{
    model_reset(READAHEAD_ADAPTIVE, PAGES);
    model_use(1000, 1, true);
    check(model.issued == READAHEAD_CLUSTER - 1 && model.page[992] == AHEAD && model.page[1007] == AHEAD,
          "mapped: a fault brings in the cluster around it");
    model_reset(READAHEAD_ADAPTIVE, PAGES);
    for (uint64_t i = 0; i < 128; i++)
        model_use((i * 67 + 32) % 256 * 16, 1, true);
    check(model.streamed == 0, "mapped: which is no stream");
    check(model.issued == 16 * (15 + 7 + 3 + 1), "mapped: which shrinks to the page alone when nothing of it is used");
    model_reset(READAHEAD_ADAPTIVE, PAGES);
    for (uint64_t i = 0; i < PAGES; i++)
        model_use(i, 1, true);
    check(model.waits == 1 && model.used == PAGES - 1 && model.largest == READAHEAD_MAX,
          "mapped: sequential faults get windows");
    check(model.streamed == PAGES, "mapped: all of them those of a stream");
}

static void test_wild(void)
{
    bool bad = false;
    for (unsigned round = 0; round < 200; round++) {
        model_reset((enum readahead_mode)random_below(READAHEAD_MODES), 1 + random_below(PAGES));
        model.state.advice = (uint8_t)random_below(3);
        for (unsigned i = 0; i < 300; i++) {
            if (random_below(10) == 0)
                model.page[random_below(PAGES)] = MISSING;
            uint64_t at = random_below(3) == 0 ? random_below((unsigned)model.pages) : model.state.next;
            model_use(at, 1 + random_below(200), random_below(4) == 0);
        }
        bad |= model.bad || model.used > model.issued || model.largest > READAHEAD_MAX + 1;
    }
    check(!bad, "random: ranges hold what is asked for and end with the file");
}

int main(void)
{
    test_off();
    test_simple();
    test_adaptive_sequence();
    test_silent();
    test_adaptive_random();
    test_advice();
    test_mapped();
    test_wild();
    printf("1..%u\n", checks);
    return failures == 0 ? 0 : 1;
}
