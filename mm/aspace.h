/*
 * An address space (L5, L10): areas that say what each address means, the private pages, and the page table that caches both.
 *
 *   struct aspace
 *     areas    a balanced tree of struct area        which object or zero fill, which rights
 *     overlay  radix tree: virtual page -> struct anon   the private pages of this process, whatever area they are in
 *     table    the page table                         a cache of the two above; may be thrown away at any time
 *
 * Locks: `lock` (mutex, RANK_ASPACE) guards areas, overlay, break and limits, and is held over a fault, also across its I/O.
 * `table_lock` (spin, RANK_PAGE_TABLE) guards the page table; the pager takes it with no more than the page BUSY.
 */
#ifndef MM_ASPACE_H
#define MM_ASPACE_H

#include <stdatomic.h>

#include "kernel/lock.h"
#include "kernel/types.h"
#include "mm/area.h"
#include "mm/pagetable.h"
#include "mm/radix.h"
#include "mm/tlb.h"

struct file;
struct page;
struct registers;

struct aspace {
    struct mutex lock;
    _Atomic uint32_t users; /* processes, or who builds it for one; at 0 it is emptied, whoever else refers to it */
    _Atomic uint32_t references; /* the users' and those of others who look at it, and may fault */
    _Atomic uint32_t
        holds; /* of the structure: 1 for all references together, and pagers at work on one of its mappings */
    struct area_tree areas;
    struct radix overlay; /* virtual page number -> struct anon */
    struct spinlock table_lock;
    struct pagetable table;
    uint64_t large_mappings; /* leaves of 2 MB and 1 GB; under `table_lock` */
    struct tlb_space tlb;    /* which CPUs may hold translations: mm/tlb.h */

    vaddr_t brk_start, brk; /* the heap */
    vaddr_t stack_top;
    vaddr_t mmap_top;     /* where the search for free addresses begins, downwards */
    vaddr_t room_top;     /* there is no room for `room_length` bytes between here and mmap_top ... */
    uint64_t room_length; /* ... or 0: not known */
    vaddr_t arg_start, arg_end, env_start, env_end; /* for /proc/PID/cmdline, environ */
    uint64_t stack_limit, data_limit, aspace_limit; /* bytes: RLIMIT_STACK, DATA, AS */
    uint64_t
        break_limit; /* of the heap alone: RLIMIT_DATA as it is; data_limit is the hard one where the soft one is 0 */
    uint64_t locked_limit;

    _Atomic uint64_t resident_anon, resident_file, resident_shm;                 /* mapped pages */
    uint64_t total_pages, locked_pages, data_pages, committed_pages, peak_total; /* of areas, under `lock` */
    uint32_t default_flags; /* AREA_LOCKED after mlockall(MCL_FUTURE) */
    _Atomic uint64_t faults_minor, faults_major, peak_resident;
    struct file *program; /* /proc/PID/exe; referenced; under `table_lock`, but for users */
    struct list all_link; /* every address space, for checks */
};

/* A new, empty address space with one user, or null without memory. */
struct aspace *aspace_create(void) must_check;
static inline void aspace_get(struct aspace *aspace)
{
    atomic_fetch_add_explicit(&aspace->references, 1, memory_order_relaxed);
}
/* Drops a reference; the last one frees everything. Sleeps. Not while it is the running thread's (aspace_use another first). */
void aspace_put(struct aspace *aspace);

/* One more user, with a reference. The caller is one. */
static inline void aspace_share(struct aspace *aspace)
{
    atomic_fetch_add_explicit(&aspace->users, 1, memory_order_relaxed);
    aspace_get(aspace);
}
/* Drops a user and its reference; the last one unmaps everything and closes the files at once, whoever else has a reference. As aspace_put(). */
void aspace_leave(struct aspace *aspace);
/* Drops all translations, private pages and areas; the areas are returned for areas_destroy(). The lock is held, and no thread runs in it. Sleeps. */
struct area *aspace_empty_locked(struct aspace *aspace) must_check;

/* Keeps the structure, not the mappings, for a user who found it in a reverse map. Under the page's lock; the second may be called anywhere. */
static inline void aspace_hold(struct aspace *aspace)
{
    atomic_fetch_add_explicit(&aspace->holds, 1, memory_order_relaxed);
}
void aspace_release(struct aspace *aspace);

/* A copy for fork: private pages shared copy-on-write, shared ones shared (L34). Null without memory. Sleeps. */
struct aspace *aspace_fork(struct aspace *parent) must_check;

/* Makes the running thread use `aspace` (exec, exit: null); the old one is not put. */
void aspace_use(struct aspace *aspace);

/* What to map; see mm/mmap.c for mmap(2)'s own decoding. */
struct map_request {
    vaddr_t address; /* where, or a hint */
    uint64_t length; /* bytes; rounded up (L31) */
    uint32_t flags;  /* enum area_flags */
    bool fixed, fixed_noreplace;
    bool populate;         /* fault everything in before returning (MAP_POPULATE, MAP_LOCKED) */
    uint64_t alignment;    /* of an address chosen by the kernel; 0: a page */
    struct object *object; /* a reference is taken; null: zero fill */
    uint64_t offset;       /* bytes, page-aligned, into the object */
    struct file *file;     /* may be null; a reference is taken */
};

/* Maps; returns the address in *result. 0, -ENOMEM, -EINVAL, -EEXIST. No I/O (L31). Takes the lock. */
int aspace_map(struct aspace *aspace, const struct map_request *request, vaddr_t *result) must_check;
int aspace_unmap(struct aspace *aspace, vaddr_t address, uint64_t length) must_check;
int aspace_protect(struct aspace *aspace, vaddr_t address, uint64_t length, uint32_t rights) must_check;
/* The new break, or the old one if it cannot be moved (brk(2) of Linux). */
vaddr_t aspace_brk(struct aspace *aspace, vaddr_t wanted);

/* What an access wants: the bits of the CPU's page-fault error code that matter. */
enum fault_access { FAULT_READ = 0, FAULT_WRITE = 1 << 0, FAULT_EXEC = 1 << 1 };

/* What a fault came to. Otherwise it is resolved: the access may be retried. */
enum fault_result {
    FAULT_RESOLVED = 0,
    FAULT_MAPERR,     /* no area there: SIGSEGV, SEGV_MAPERR */
    FAULT_ACCERR,     /* the area does not allow it: SIGSEGV, SEGV_ACCERR */
    FAULT_BUS_ADRERR, /* behind the end of the mapped file: SIGBUS */
    FAULT_BUS_IO,     /* the page could not be read: SIGBUS */
    FAULT_NO_MEMORY,  /* the end of memory: the program is killed */
};

/* Resolves a fault of the running thread's or another address space. Sleeps; takes the lock. The whole policy table is in mm/fault.c. */
enum fault_result fault_resolve(struct aspace *aspace, vaddr_t address, enum fault_access access);

/* The trap's way in: true if resolved or a signal was posted, false if the kernel itself is at fault. */
bool fault_trap(struct registers *regs, vaddr_t address);

/* The address space after `previous` in the list of all (null: the first), referenced; the reference on `previous` is dropped. Null at the end. */
struct aspace *aspace_next(struct aspace *previous);

/* The whole-machine check of the invariants (mm/check.h); panics with the numbers that matter when one is broken. Sleeps. */
void vm_check(void);
/* Notes what start-up has taken, before the first program or test runs. Sleeps. */
void vm_check_start(void);

void aspace_init(void);

#endif
