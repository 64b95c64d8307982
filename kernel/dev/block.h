/*
 * Block devices: disks and their partitions, read and written asynchronously in 512-byte sectors.
 *
 *     block_submit ---> queue, sorted and merged ---> the driver's ring (many in flight) ---> interrupt ---> request->done()
 *
 * A caller fills a struct block_request, submits it and is told by done(), in interrupt context, that it has ended. Nothing here
 * allocates memory, so page-out may rely on it (a fixed pool of requests is its caller's). Requests that overlap and are in flight
 * together end in no particular order; pages being BUSY during I/O keep that from happening (I7). One kind does no harm: a read of swap goes over blocks
 * between the wanted ones, which may be written meanwhile, and what it finds there is never looked at.
 *
 * Disks are registered at start-up and never go away. Device numbers: major 254, 16 minors a disk (vda 0, vda1 1, vdb 16).
 */
#ifndef KERNEL_DEV_BLOCK_H
#define KERNEL_DEV_BLOCK_H

#include "kernel/list.h"
#include "kernel/lock.h"
#include "kernel/time.h"
#include "kernel/types.h"

#define SECTOR_SHIFT 9
#define SECTOR_SIZE ((uint64_t)1 << SECTOR_SHIFT)

#define BLOCK_MAJOR 254
#define BLOCK_MINORS 16 /* per disk: itself and 15 partitions */
#define BLOCK_SEGMENTS_MAX                                                                                             \
    126 /* in one request, and in one merged batch handed to a driver: what every virtio disk takes */
#define BLOCK_SECTORS_MAX 2048 /* in one request and batch: 1 MB */
#define BLOCK_DEVICES_MAX 64

enum block_operation { BLOCK_READ, BLOCK_WRITE, BLOCK_FLUSH, BLOCK_OPERATIONS };

/* A piece of memory: `address` in the direct map, `length` a multiple of SECTOR_SIZE; it may span physically contiguous pages. */
struct block_segment {
    void *address;
    uint32_t length;
};

struct block_device;

/* Filled by the caller down to `private`; the memory belongs to the block layer from block_submit() until done(). */
struct block_request {
    struct block_device *device;
    enum block_operation operation;
    uint64_t sector;                /* first one, counted from the start of `device`; ignored by BLOCK_FLUSH */
    struct block_segment *segments; /* the caller's vector; block_request_init() sets it to &single */
    uint32_t segment_count;
    struct block_segment single;
    /* Called once, in interrupt context or from block_submit() itself, with no lock of the block layer held; may submit again. */
    void (*done)(struct block_request *request);
    void *private;

    int status; /* at done(): 0, -EIO, or -EROFS for writing to a read-only device */

    /* The block layer's. */
    struct list link;      /* in the queue or in the list of started or of ended batches */
    struct list user_link; /* for the caller, for block_submit_list() */
    uint64_t position;     /* first sector on the disk */
    uint32_t sectors;
    uint32_t batch_sectors; /* of a batch's first request: sums over the batch */
    uint32_t batch_segments;
    struct block_request *batch_next; /* the request that continues this one on the disk, in the same batch */
    struct block_request *batch_last; /* of a batch's first request */
    bool alone;                       /* part of a batch that failed; tried again by itself */
    uint64_t submitted;               /* time_now() */
    pid_t submitter;                  /* the thread that ran then, for reports */
    uint16_t tag;                     /* the driver's */
};

/* Adds memory to the request's segments, where there is room for one more; what continues the last one makes that longer. */
static inline void block_request_add(struct block_request *request, void *address, uint32_t length)
{
    struct block_segment *next = &request->segments[request->segment_count], *last = next - 1;
    if (request->segment_count > 0 && (char *)last->address + last->length == (char *)address) {
        last->length += length;
        return;
    }
    *next = (struct block_segment){.address = address, .length = length};
    request->segment_count++;
}

/* What /proc/diskstats shows: [0] reads, [1] writes, [2] flushes. Under the queue's lock; reading without it is good enough. */
struct block_statistics {
    uint64_t requests[BLOCK_OPERATIONS]; /* ended; those joined to another count as one with it, as in Linux */
    uint64_t merged[BLOCK_OPERATIONS];   /* joined to another before they reached the driver */
    uint64_t sectors[BLOCK_OPERATIONS];
    uint64_t time_ns[BLOCK_OPERATIONS]; /* from submission to end, summed over requests */
    uint64_t batches;                   /* what the driver was handed */
    uint64_t errors;
    uint64_t in_flight;   /* submitted and not ended */
    uint64_t busy_ns;     /* time with in_flight > 0 */
    uint64_t weighted_ns; /* the same times in_flight */
    uint64_t changed_at;  /* when in_flight last changed */
};

/* A disk driver. All are called with the queue's lock held and interrupts off. */
struct block_ops {
    /* Prepares the batch that begins with `first`; its end is reported by block_end_locked(). False when the ring is full. */
    bool (*start)(struct block_device *disk, struct block_request *first);
    /* Tells the device of what was started since the last time: once for several batches. Null: start() does. */
    void (*tell)(struct block_device *disk);
    /* Calls block_end_locked() for every batch that has ended. */
    void (*collect)(struct block_device *disk);
};

/* Requests of a disk and all of its partitions. */
struct block_queue {
    struct spinlock lock; /* RANK_BLOCK: everything here, the statistics, the driver's ring */
    struct list sorted;   /* batches waiting, by position */
    struct list flushes;  /* flushes waiting: they go first, all as one */
    struct list started;  /* batches in the driver, the longest there first */
    struct list ended;    /* batches whose done() is to be called */
    uint64_t position; /* where the last batch ended: the elevator goes up from here, then starts over at the bottom */
    uint32_t running;  /* batches in the driver */
    uint32_t running_max;  /* more than this wait, to be merged */
    bool running_alone;    /* what runs is a request tried again alone */
    struct timer watch;    /* reports a device that does not answer */
    bool watched;          /* the timer is armed */
    uint64_t answers;      /* batches that have ended */
    uint64_t answers_seen; /* when the timer was last armed */
};

struct block_device {
    char name[16];   /* "vda", "vda2", "nvme0n1p2" */
    uint32_t number; /* device number, as in stat's st_rdev */
    bool read_only;
    bool can_flush;            /* has a volatile cache; otherwise flushes end at once */
    uint64_t sectors;          /* size */
    uint64_t start;            /* of a partition on its disk; 0 for a disk */
    struct block_device *disk; /* the disk a partition is on; itself for a disk */
    unsigned partition;        /* number, 0 for a disk */
    uint8_t type_guid[16];     /* of a partition, as in GPT */
    uint8_t unique_guid[16];
    const struct block_ops *ops; /* of a disk */
    void *driver;                /* of a disk */
    struct block_queue queue;    /* of a disk */
    struct block_statistics statistics;
    void *cache;              /* the object that holds cached metadata pages: kernel/fs */
    bool held;                /* by the one who wants it for himself: block_hold() */
    unsigned held_partitions; /* of a disk: how many of its partitions are held */
};

/* A request with one segment. More: point `segments` at a vector of one's own. */
void block_request_init(struct block_request *request, struct block_device *device, enum block_operation operation,
                        uint64_t sector, void *address, uint32_t length);

/*
 * Starts `request`; never sleeps, allocates nothing. Callable from done() and with spin locks of a rank below RANK_BLOCK that done()
 * does not take. A request outside the device, too large or without segments ends with -EIO.
 */
void block_submit(struct block_request *request);

/* Starts all requests of a list (by user_link, which is unlinked), so that adjacent ones reach the disk as one. */
void block_submit_list(struct list *requests);

/* Moves `length` bytes (any multiple of SECTOR_SIZE; contiguous direct-map memory) and waits. 0, -EIO, -EROFS. Sleeps. */
int block_read_sync(struct block_device *device, uint64_t sector, void *buffer, size_t length) must_check;
int block_write_sync(struct block_device *device, uint64_t sector, const void *buffer, size_t length) must_check;
/* Starts a request of the caller's own making, which is contiguous on the disk but need not be in memory, and waits. Its status. Sleeps. */
int block_request_sync(struct block_request *request) must_check;
/* Returns when every write that had ended before the call is on stable storage. 0 or -EIO. Sleeps. */
int block_flush_sync(struct block_device *device) must_check;

/* The registry. Devices are never removed, so no lock is needed to keep one. */
struct block_device *block_find(const char *name); /* "vda2"; null if there is none */
struct block_device *block_find_number(uint32_t number);
unsigned block_count(void);
struct block_device *block_at(unsigned index); /* 0 .. block_count() - 1 */

/*
 * Takes the device for the caller alone, until block_release(): to mount it, to swap to it, for O_EXCL. 0, or -EBUSY: it is held, or its disk is, or one of
 * its partitions. Never sleeps. (kernel/dev/block_hold.c)
 */
int block_hold(struct block_device *device) must_check;
void block_release(struct block_device *device);

/* For drivers: a disk with name, sectors, ops, driver, flags and running_max set. Gives it a number; finds its partitions. Sleeps. */
void block_register_disk(struct block_device *disk);
/* For the partition reader: `partition` 1 .. 15, range within the disk. 0, -ENOMEM, -EINVAL, -EEXIST. */
int block_register_partition(struct block_device *disk, unsigned partition, uint64_t start, uint64_t sectors,
                             const uint8_t type_guid[16], const uint8_t unique_guid[16]) must_check;
/* For drivers, the interrupt handler: collects what has ended, starts what waits, calls done(). */
void block_interrupt(struct block_device *disk);
/* For drivers, in collect(): the batch that begins with `first` has ended with `status`. */
void block_end_locked(struct block_device *disk, struct block_request *first, int status);

#endif
