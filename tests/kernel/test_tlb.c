/*
 * TLB shootdown: a page is moved from frame to frame under the eyes of threads on all CPUs. Each frame has its number written in it; once a flush has
 * returned nobody may see a number from before it.
 */
#include <stdatomic.h>

#include "kernel/cpu.h"
#include "kernel/ktest.h"
#include "kernel/layout.h"
#include "kernel/thread.h"
#include "kernel/time.h"
#include "mm/aspace.h"
#include "mm/frame.h"
#include "mm/pagetable.h"
#include "mm/tlb.h"
#include "tests/kernel/crew.h"

#define MOVES 200
#define FRAMES 4
#define KERNEL_PLACE (MMIO_AREA_BASE - LARGE_SIZE) /* above all stacks */
#define USER_PLACE ((vaddr_t)0x10000000)

struct scene {
    struct aspace *aspace; /* null: a page of the kernel's half */
    bool sleepy;           /* watchers sleep between their looks: their CPUs idle with the table loaded */
    struct pagetable *table;
    vaddr_t place;
    struct page *frames[FRAMES];
    _Atomic uint64_t least;   /* the lowest number that may still be seen */
    _Atomic unsigned seen_by; /* CPUs, a bit each */
};

/* Moves the page to the frame of number `move`; the frame it leaves keeps its number until it is used again, FRAMES moves later. */
static void scene_move(struct scene *scene, uint64_t move)
{
    struct page *frame = scene->frames[move % FRAMES];
    *(volatile uint64_t *)page_address(frame) = move;
    pagetable_change(pagetable_entry(scene->table, scene->place), PTE_ADDRESS, page_physical(frame));
    if (scene->aspace != NULL) {
        struct tlb_batch batch;
        tlb_batch_init(&batch, scene->aspace);
        tlb_batch_add(&batch, scene->place);
        tlb_flush(&batch);
    } else {
        tlb_flush_kernel(scene->place, scene->place + PAGE_SIZE);
    }
    atomic_store(&scene->least, move);
}

static void scene_watch(struct scene *scene)
{
    while (atomic_load(&scene->least) < MOVES) {
        uint64_t least = atomic_load(&scene->least);
        uint64_t seen = *(volatile uint64_t *)scene->place;
        KTEST_EXPECT(seen >= least);
        atomic_fetch_or(&scene->seen_by, 1u << cpu_this()->id);
        if (scene->sleepy)
            (void)thread_sleep_until(time_now() + NS_PER_SECOND / 1000, false);
    }
}

/* Member 0 moves, the others watch. Sleeping now and then lets its CPU idle with the table loaded. */
static void work(unsigned number, void *context)
{
    struct scene *scene = context;
    if (scene->aspace != NULL)
        aspace_use(scene->aspace);
    if (number != 0) {
        scene_watch(scene);
    } else {
        for (uint64_t move = 1; move <= MOVES; move++) {
            scene_move(scene, move);
            if (move % 16 == 0)
                (void)thread_sleep_until(time_now() + NS_PER_SECOND / 200, false);
            else if (scene->sleepy)
                time_delay_us(200);
        }
    }
    if (scene->aspace != NULL)
        aspace_use(NULL);
}

static void scene_play(struct scene *scene)
{
    for (unsigned i = 0; i < FRAMES; i++)
        scene->frames[i] = frame_alloc(FRAME_ZERO);
    int error = scene->aspace != NULL
                    ? pagetable_map(scene->table, scene->place, page_physical(scene->frames[0]), LEVEL_4K, PTE_A)
                    : kernel_map(scene->place, page_physical(scene->frames[0]), PAGE_SIZE, PTE_XD);
    KTEST_EXPECT(error == 0);
    crew_run(crew_size(), work, scene);
    KTEST_EXPECT(scene->seen_by != 0);
}

static void scene_end(struct scene *scene)
{
    for (unsigned i = 0; i < FRAMES; i++)
        frame_free(scene->frames[i]);
}

KTEST(tlb, kernel_page_moves)
{
    struct scene scene = {.table = &kernel_table, .place = KERNEL_PLACE};
    scene_play(&scene);
    kernel_unmap(KERNEL_PLACE, PAGE_SIZE);
    scene_end(&scene);
}

/* The page is not for user mode, so that SMAP lets the kernel read it. */
static void move_in_aspace(bool sleepy, struct tlb_counts *before, struct tlb_counts *after)
{
    struct aspace *aspace = aspace_create();
    KTEST_EXPECT(aspace != NULL);
    struct scene scene = {.aspace = aspace, .sleepy = sleepy, .table = &aspace->table, .place = USER_PLACE};
    tlb_counts(before);
    scene_play(&scene);
    tlb_counts(after);
    unsigned level;
    pagetable_unmap(&aspace->table, USER_PLACE, &level);
    struct tlb_batch batch;
    tlb_batch_init(&batch, aspace);
    tlb_batch_add(&batch, USER_PLACE);
    tlb_flush(&batch);
    KTEST_EXPECT(list_is_empty(&aspace->table.retired));
    aspace_put(aspace);
    scene_end(&scene);
}

KTEST(tlb, page_of_an_address_space_moves)
{
    struct tlb_counts before, after;
    move_in_aspace(false, &before, &after);
    KTEST_EXPECT(cpus_online() == 1 || after.shootdowns > before.shootdowns);
    KTEST_EXPECT(after.pages > before.pages);
}

KTEST(tlb, idle_cpus_are_told_lazily)
{
    struct tlb_counts before, after;
    move_in_aspace(true, &before, &after);
    KTEST_EXPECT(cpus_online() == 1 || after.lazy > before.lazy);
}

/* Everybody flushes at once: each waits for the others and answers them. */
static void flush_often(unsigned number, void *context)
{
    struct aspace *aspace = context;
    aspace_use(aspace);
    for (unsigned i = 0; i < 100; i++) {
        struct tlb_batch batch;
        tlb_batch_init(&batch, aspace);
        for (unsigned j = 0; j < (number + i) % (2 * TLB_BATCH); j++)
            tlb_batch_add(&batch, USER_PLACE + j * PAGE_SIZE);
        tlb_flush(&batch);
        KTEST_EXPECT(batch.count == 0 && !batch.full);
    }
    aspace_use(NULL);
}

KTEST(tlb, all_flush_at_once)
{
    struct aspace *aspace = aspace_create();
    KTEST_EXPECT(aspace != NULL);
    crew_run(crew_size(), flush_often, aspace);
    aspace_put(aspace);
}

KTEST(tlb, a_table_that_is_not_loaded_needs_no_interrupt)
{
    struct aspace *aspace = aspace_create();
    struct tlb_batch batch;
    struct tlb_counts before, after;
    unsigned attempts =
        100; /* the counts are the whole machine's: another thread may flush meanwhile, but not each time */
    do {
        tlb_batch_init(&batch, aspace);
        tlb_batch_add(&batch, USER_PLACE);
        tlb_counts(&before);
        tlb_flush(&batch);
        tlb_counts(&after);
    } while (after.shootdowns != before.shootdowns && --attempts > 0);
    KTEST_EXPECT(after.shootdowns == before.shootdowns && aspace->tlb.cpus == 0);
    aspace_put(aspace);
}
