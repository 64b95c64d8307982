/*
 * The adaptive clock: one that notices loops and scans by the pages that come back.
 *
 * LRU, and the plain clocks which imitate it, do badly when a program goes round in a loop that is a little larger than memory (each page is evicted
 * just before its turn) and when it reads a large file once (that evicts what is in use). The cure is known (LIRS, Jiang and Zhang 2002; CLOCK-Pro,
 * Jiang, Chen and Zhang 2005): keep the pages that come back soonest, however long ago that was, and let all others pass through a small part of memory.
 *
 *                 new page                     referenced, or it came back, and there is room
 *      (absent) -----------> COLD  --------------------------------------------------> HOT
 *          ^                  |  ^                                                      |
 *          +--- idle: evict --+  +------- idle for longer than another page was away ---+
 *
 * The back hand sees to COLD frames and passes HOT ones. An evicted page's name stays for a while in the history, with the time of its last known use. A
 * page found there again was away for so long; it takes the place of a HOT page that has been idle for longer than that. So the pages of a loop do not
 * drive each other out, for none of them is idle for longer than another one is away; but pages of a past phase go at once, as those of the new one come
 * back soon. Each return of a page also lets up to COOLED_MOST other HOT pages that are idle for longer go COLD: the COLD part grows when pages leave it
 * too early, and shrinks as they are found referenced in it. It has at least a COLD_SHARE of the pages, and the room that it turned out to need: pages that
 * return very soon (read ahead and not used in time, or of a working set beside a scan) were not given the time to be used in it; each asks for ROOM_GROWTH
 * frames, up to a ROOM_MOST_SHARE of the pages, which are taken back as time goes on. In a loop no page returns soon, so its COLD part stays small.
 *
 * A page that a stream has used (STREAMED: read ahead in a row, and used once) goes at the next look at it, and its name is not kept: the stream would read
 * it again among many in one request, while a page that it drives out may cost a request of its own.
 *
 * Time is counted in evictions. The clock is not told of faults: it finds out that a frame has a new page when a hand next comes by. All that it does
 * follows from the answers of its ops, so it can be replayed. Two pages whose names have the same mark are taken for one; that does no harm but to a guess.
 *
 * Locks: as mm/clock.h.
 */
#include "mm/adaptive.h"

#include "libc/string.h"

enum {
    SET_ENTRIES = 15,  /* names in a set of the history */
    HISTORY_SHARE = 2, /* the history has that many names for each frame */
    AWAY_MOST = 3,     /* a page that was away for longer than it takes to evict all pages so many times is a new one */
    COLD_SHARE = 24,
    EARLY_SHARE = 4, /* a page was evicted too early if it is back while at most such a share of the pages is evicted */
    ROOM_GROWTH = 8,
    ROOM_MOST_SHARE = 2,
    ROOM_PARTS = 16, /* of a frame: one is taken back with each eviction */
    COOLED_MOST = 8,
    REUSE_SHARE =
        2, /* a COLD page found referenced counts as one that was away while this share of the pages was evicted: it may be one use in pieces */
    MARGIN_SHARE = 8,  /* times are known to within a lap over the COLD frames: a frame in so many is the margin */
    LOOKS = 4,         /* HOT frames the hot hand samples for one that may become COLD */
    PASSES = 64,       /* frames it passes by for each of these at most */
    TIME_UNITS = 1024, /* of the clock's time while as many pages are evicted as there are frames */
};

enum { CLASS_NONE, CLASS_COLD, CLASS_HOT };

/* What is known of a frame. */
struct known {
    uint16_t mark : 14; /* of the page's name: as many bits of it as there is room for */
    uint16_t class : 2; /* CLASS_*; NONE: nothing that could be evicted, as far as known */
    uint16_t used;      /* when it was last found referenced, or new */
};

/* A part of the history, found by the name's hash: a ring of the names evicted last. */
struct history_set {
    uint16_t oldest;
    struct {
        uint16_t mark; /* 0: none */
        uint16_t used;
    } entry[SET_ENTRIES];
};

struct adaptive {
    uint64_t frames, sets;
    uint64_t hot, cold; /* frames of these classes */
    uint64_t evictions; /* the time */
    uint64_t unit;      /* evictions in one unit of time */
    uint64_t room;      /* for COLD pages, in parts of a frame */
    pfn_t hot_hand;
    struct history_set *history;
    struct known *known;
};

static inline uint64_t sets_for(uint64_t frames)
{
    return (frames * HISTORY_SHARE + SET_ENTRIES - 1) / SET_ENTRIES;
}

size_t adaptive_size(uint64_t frames)
{
    return sizeof(struct adaptive) + sets_for(frames) * sizeof(struct history_set) + frames * sizeof(struct known);
}

struct adaptive *adaptive_init(void *memory, uint64_t frames)
{
    struct adaptive *adaptive = memory;
    memset(memory, 0, adaptive_size(frames));
    adaptive->frames = frames;
    adaptive->sets = sets_for(frames);
    adaptive->unit = frames / TIME_UNITS + 1;
    adaptive->history = (struct history_set *)(adaptive + 1);
    adaptive->known = (struct known *)(adaptive->history + adaptive->sets);
    return adaptive;
}

uint64_t adaptive_hot(const struct adaptive *adaptive)
{
    return adaptive->hot;
}

pfn_t adaptive_hot_hand(const struct adaptive *adaptive)
{
    return adaptive->hot_hand;
}

static inline uint16_t time_current(const struct adaptive *adaptive)
{
    return (uint16_t)(adaptive->evictions / adaptive->unit);
}

/* In units; right for the last 65535 of them. */
static inline uint16_t time_since(const struct adaptive *adaptive, uint16_t then)
{
    return (uint16_t)(time_current(adaptive) - then);
}

/* Knuth's multiplicative hash: its upper bits choose the set of the history, its lower ones are the mark. */
static inline uint32_t name_hash(uint32_t name)
{
    return name * 2654435761u;
}

static inline uint16_t name_mark(uint32_t name)
{
    return (uint16_t)(name_hash(name) | 1);
}

/* As much of it as a frame keeps. */
static inline uint16_t known_mark(uint32_t name)
{
    return name_mark(name) & 0x3fff;
}

static inline struct history_set *history_set(const struct adaptive *adaptive, uint32_t name)
{
    return &adaptive->history[(uint64_t)name_hash(name) * adaptive->sets >> 32];
}

static void history_add(struct adaptive *adaptive, uint32_t name, uint16_t used)
{
    struct history_set *set = history_set(adaptive, name);
    set->entry[set->oldest].mark = name_mark(name);
    set->entry[set->oldest].used = used;
    set->oldest = (uint16_t)((set->oldest + 1) % SET_ENTRIES);
}

/* Takes a name out of the history; false if it is not there, else *away is for how long the page was not used. */
static bool history_take(struct adaptive *adaptive, uint32_t name, uint16_t *away)
{
    struct history_set *set = history_set(adaptive, name);
    for (unsigned i = 0; i < SET_ENTRIES; i++) {
        if (set->entry[i].mark == name_mark(name)) {
            set->entry[i].mark = 0;
            *away = time_since(adaptive, set->entry[i].used);
            return true;
        }
    }
    return false;
}

static void class_set(struct adaptive *adaptive, pfn_t frame, unsigned class)
{
    struct known *known = &adaptive->known[frame];
    adaptive->hot += (class == CLASS_HOT) - (uint64_t)(known->class == CLASS_HOT);
    adaptive->cold += (class == CLASS_COLD) - (uint64_t)(known->class == CLASS_COLD);
    known->class = class & 3;
}

static inline bool is_hot(const struct adaptive *adaptive, pfn_t frame)
{
    return adaptive->known[frame].class == CLASS_HOT;
}

/* How many pages the memory has: not every frame has one that could be evicted. */
static inline uint64_t pages_known(const struct adaptive *adaptive)
{
    return adaptive->hot + adaptive->cold;
}

/* Whether the COLD part is as small as it may become. */
static inline bool hot_is_full(const struct adaptive *adaptive)
{
    return adaptive->cold <= max_u64(pages_known(adaptive) / COLD_SHARE, adaptive->room / ROOM_PARTS);
}

/* Whether too many COLD pages have gone (freed by their owners, pinned): the back hand goes on as a clock of one hand until there are enough. */
static inline bool hot_is_crowded(const struct adaptive *adaptive)
{
    return adaptive->cold <= pages_known(adaptive) / COLD_SHARE / 2;
}

/* What a look at a frame found. */
struct look {
    enum clock_answer answer;
    uint32_t name;
    bool fresh;    /* the page was not here at the last look; it is COLD now */
    uint16_t idle; /* how long ago it was last found referenced, as known before this look */
};

/* Samples and clears a frame, and brings what is known of it up to date. */
static struct look frame_look(struct clock *clock, pfn_t frame)
{
    struct adaptive *adaptive = clock->adaptive;
    struct known *known = &adaptive->known[frame];
    struct look look = {0};
    look.answer = clock_sample(clock, frame, true, &look.name);
    if (look.answer == CLOCK_SKIPPED) {
        class_set(adaptive, frame, CLASS_NONE);
        return look;
    }
    look.fresh = known->class == CLASS_NONE || known->mark != known_mark(look.name);
    look.idle = time_since(adaptive, known->used);
    if (look.fresh) {
        known->mark = known_mark(look.name);
        class_set(adaptive, frame, CLASS_COLD);
    }
    if (look.fresh || look.answer >= CLOCK_REFERENCED)
        known->used = time_current(adaptive);
    return look;
}

/* A look at a HOT frame: it becomes COLD if it has been idle for longer than `limit`, and is no longer HOT if its page is another one or none. */
static struct look frame_cool(struct clock *clock, pfn_t frame, uint64_t limit)
{
    struct look look = frame_look(clock, frame);
    if (look.answer == CLOCK_IDLE && is_hot(clock->adaptive, frame) && look.idle >= limit)
        class_set(clock->adaptive, frame, CLASS_COLD);
    return look;
}

/*
 * Moves the hot hand until `wanted` HOT frames became COLD or it has looked at enough; but on as long as it comes upon frames whose pages have gone: when a
 * program ends, all of its frames are still HOT, whatever is in them by then. Returns how many are HOT no longer.
 */
static unsigned hot_hand_run(struct clock *clock, unsigned wanted, uint64_t limit)
{
    struct adaptive *adaptive = clock->adaptive;
    unsigned cooled = 0, looks = 0;
    bool gone = false; /* the last one looked at */
    for (unsigned passed = 0; (gone || (looks < LOOKS * wanted && cooled < wanted)) && passed < LOOKS * PASSES * wanted;
         passed++) {
        pfn_t frame = adaptive->hot_hand;
        adaptive->hot_hand = frame + 1 < adaptive->frames ? frame + 1 : 0;
        if (is_hot(adaptive, frame)) {
            struct look look = frame_cool(clock, frame, limit);
            gone = look.fresh || look.answer == CLOCK_SKIPPED;
            looks++;
            cooled += !is_hot(adaptive, frame);
        }
    }
    return cooled;
}

/* A COLD page that was used again after `away` units becomes HOT if there is room, or once there is (`cool` HOT frames may go for it). */
static void frame_heat(struct clock *clock, pfn_t frame, uint64_t away, unsigned cool)
{
    struct adaptive *adaptive = clock->adaptive;
    uint64_t limit = away + pages_known(adaptive) / adaptive->unit / MARGIN_SHARE;
    unsigned cooled = cool > 1 || hot_is_full(adaptive) ? hot_hand_run(clock, cool, limit) : 0;
    if (cooled > 0 || !hot_is_full(adaptive))
        class_set(adaptive, frame, CLASS_HOT);
}

/* Evicts a COLD page. */
static unsigned frame_give_up(struct clock *clock, pfn_t frame)
{
    struct adaptive *adaptive = clock->adaptive;
    unsigned evicted = clock_evict(clock, frame);
    class_set(adaptive, frame, CLASS_NONE);
    if (evicted > 0) {
        adaptive->evictions++;
        adaptive->room -= adaptive->room > 0;
    }
    return evicted;
}

/* A COLD page was found in the history. */
static void page_returned(struct clock *clock, pfn_t frame, uint64_t away)
{
    struct adaptive *adaptive = clock->adaptive;
    uint64_t evictions = away * adaptive->unit, pages = pages_known(adaptive);
    if (evictions <= pages / EARLY_SHARE)
        adaptive->room = min_u64(adaptive->room + ROOM_GROWTH * ROOM_PARTS, pages / ROOM_MOST_SHARE * ROOM_PARTS);
    if (evictions <= AWAY_MOST * pages)
        frame_heat(clock, frame, away, COOLED_MOST);
}

unsigned adaptive_step(struct clock *clock)
{
    struct adaptive *adaptive = clock->adaptive;
    pfn_t frame = clock->back;
    uint16_t away;
    clock->counts.back_scanned++;
    if (is_hot(adaptive, frame)) {
        if (hot_is_crowded(adaptive))
            (void)frame_cool(clock, frame, 0);
        return 0;
    }
    struct look look = frame_look(clock, frame);
    if (look.answer == CLOCK_SKIPPED)
        return 0;
    if (look.answer == CLOCK_STREAMED)
        return frame_give_up(clock, frame);
    if (look.fresh) {
        if (history_take(adaptive, look.name, &away))
            page_returned(clock, frame, away);
        return 0;
    }
    if (look.answer == CLOCK_IDLE) {
        unsigned evicted = frame_give_up(clock, frame);
        if (evicted > 0)
            history_add(adaptive, look.name, adaptive->known[frame].used);
        return evicted;
    }
    frame_heat(clock, frame, max_u64(look.idle, pages_known(adaptive) / adaptive->unit / REUSE_SHARE), 1);
    return 0;
}
