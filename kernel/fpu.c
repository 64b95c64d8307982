/*
 * FPU, SSE and AVX state (SDM volume 1, chapters 10 and 13), saved and loaded whole.
 *
 *     0     the FXSAVE area: x87, MXCSR, XMM; the last 48 bytes are free, signal frames use them (struct fpu_magic)
 *     512   XSAVE header: XSTATE_BV, which parts are not at their reset values; the rest is 0 (standard form)
 *     576   AVX and further parts, where CPUID says
 *
 * Without XSAVE only the first 512 bytes exist.
 */
#include "kernel/fpu.h"

#include "kernel/abi/errno.h"
#include "kernel/cpu.h"
#include "kernel/lock.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/thread.h"
#include "kernel/userstate.h"
#include "kernel/x86.h"
#include "libc/string.h"
#include "mm/slab.h"

#define XSAVE_HEADER_OFFSET 512
#define XSAVE_EXTENDED_OFFSET 576
#define XCR0_WANTED ((uint64_t)0xe7) /* x87, SSE, AVX, AVX-512 */
#define XCR0_X87_SSE ((uint64_t)3)
#define FCW_RESET 0x37f
#define MXCSR_RESET 0x1f80
#define MXCSR_MASK_DEFAULT 0xffbf

/*
 * Linux's struct _fpx_sw_bytes in the area's free bytes, and a last word behind the extended state: a handler sees that there is
 * some.
 */
#define FPU_MAGIC1 0x46505853u
#define FPU_MAGIC2 0x46505845u
struct fpu_magic {
    uint32_t magic1;
    uint32_t extended_size; /* of everything, magic2 included */
    uint64_t features;
    uint32_t state_size;
    uint32_t reserved[7];
};
_Static_assert(sizeof(struct fpu_magic) == 48, "struct _fpx_sw_bytes");

struct fpu_state {
    uint16_t fcw, fsw, ftw, fop;
    uint64_t fip, fdp;
    uint32_t mxcsr, mxcsr_mask;
    uint8_t registers[432];
    struct fpu_magic magic;
    uint64_t xstate_bv; /* from here on only with XSAVE */
    uint64_t xcomp_bv;
    uint64_t reserved[6];
    uint8_t extended[];
};
_Static_assert(offsetof(struct fpu_state, magic) == 464, "FXSAVE area");
_Static_assert(offsetof(struct fpu_state, xstate_bv) == XSAVE_HEADER_OFFSET, "XSAVE area");
_Static_assert(offsetof(struct fpu_state, extended) == XSAVE_EXTENDED_OFFSET, "XSAVE area");

static struct slab_cache cache;
static uint32_t mxcsr_mask = MXCSR_MASK_DEFAULT; /* bits that MXCSR has; loading others faults */

void fpu_start_cpu(void)
{
    if (!cpu_features.xsave) {
        cpu_features.xsave_size = XSAVE_HEADER_OFFSET;
        return;
    }
    struct cpuid supported = cpuid_read(0xd, 0);
    uint64_t mask = (supported.eax | (uint64_t)supported.edx << 32) & XCR0_WANTED;
    xcr0_write(mask);
    cpu_features.xsave_mask = mask;
    cpu_features.xsave_size = cpuid_read(0xd, 0).ebx; /* for the parts now enabled */
}

void fpu_save(struct fpu_state *state)
{
    if (cpu_features.xsave)
        __asm__ volatile("xsave64 (%0)" ::"r"(state), "a"(-1), "d"(-1) : "memory");
    else
        __asm__ volatile("fxsave64 (%0)" ::"r"(state) : "memory");
}

void fpu_load(const struct fpu_state *state)
{
    if (cpu_features.xsave)
        __asm__ volatile("xrstor64 (%0)" ::"r"(state), "a"(-1), "d"(-1) : "memory");
    else
        __asm__ volatile("fxrstor64 (%0)" ::"r"(state) : "memory");
}

void fpu_state_reset(struct fpu_state *state)
{
    memset(state, 0, cpu_features.xsave_size);
    state->fcw = FCW_RESET;
    state->mxcsr = MXCSR_RESET;
}

/* The FXSAVE image names the MXCSR bits there are; 0 stands for the first CPUs' set. */
static void find_mxcsr_mask(void)
{
    static uint8_t image[XSAVE_HEADER_OFFSET] __attribute__((aligned(16)));
    __asm__ volatile("fxsave64 (%0)" ::"r"(image) : "memory");
    uint32_t mask;
    memcpy(&mask, image + offsetof(struct fpu_state, mxcsr_mask), sizeof(mask));
    if (mask != 0)
        mxcsr_mask = mask;
}

void fpu_init(void)
{
    fpu_start_cpu();
    find_mxcsr_mask();
    uint64_t size = round_up(fpu_signal_size(), 64);
    if (size <= PAGE_SIZE / 2)
        slab_cache_init(&cache, "fpu_state", size);
    log_write(LOG_INFO, "fpu: %u bytes a thread, features %#lx", cpu_features.xsave_size, cpu_features.xsave_mask);
}

struct fpu_state *fpu_state_create(const struct fpu_state *from)
{
    struct fpu_state *state = cache.size != 0 ? slab_alloc(&cache, 0) : kmalloc(fpu_signal_size());
    if (state == NULL)
        return NULL;
    assert(is_aligned((uint64_t)state, 64));
    if (from != NULL)
        memcpy(state, from, cpu_features.xsave_size);
    else
        fpu_state_reset(state);
    return state;
}

void fpu_state_destroy(struct fpu_state *state)
{
    if (cache.size != 0)
        slab_free(&cache, state);
    else
        kfree(state);
}

/* The last word of a frame's extended state. */
static inline uint32_t *magic2_of(const struct fpu_state *frame)
{
    return (uint32_t *)((uint8_t *)frame + cpu_features.xsave_size);
}

void fpu_signal_save(void *frame)
{
    struct fpu_state *state = frame;
    assert(is_aligned((uint64_t)frame, 64));
    if (cpu_features.xsave) /* XSAVE writes only the bits of the header that stand for parts there are */
        __builtin_memset(&state->xstate_bv, 0, XSAVE_EXTENDED_OFFSET - XSAVE_HEADER_OFFSET);
    fpu_save(state);
    if (!cpu_features.xsave)
        return;
    state->magic = (struct fpu_magic){
        .magic1 = FPU_MAGIC1,
        .extended_size = (uint32_t)fpu_signal_size(),
        .features = cpu_features.xsave_mask,
        .state_size = cpu_features.xsave_size,
    };
    *magic2_of(state) = FPU_MAGIC2;
}

/* Whether the frame holds more than the FXSAVE area, by Linux's rules. */
static bool frame_is_extended(const struct fpu_state *frame, size_t size)
{
    if (!cpu_features.xsave || size < fpu_signal_size())
        return false;
    return frame->magic.magic1 == FPU_MAGIC1 && frame->magic.state_size == cpu_features.xsave_size &&
           *magic2_of(frame) == FPU_MAGIC2;
}

/*
 * What XRSTOR would fault on: unknown parts, the compacted form, reserved words that are not 0 (SDM volume 1, 13.8.1).
 */
static bool header_is_valid(const struct fpu_state *frame)
{
    uint64_t reserved = frame->xcomp_bv;
    for (unsigned i = 0; i < ARRAY_LENGTH(frame->reserved); i++)
        reserved |= frame->reserved[i];
    return (frame->xstate_bv & ~cpu_features.xsave_mask) == 0 && reserved == 0;
}

int fpu_signal_restore(const void *frame, size_t size)
{
    const struct fpu_state *from = frame;
    assert(is_aligned((uint64_t)frame, 64));
    if (size < XSAVE_HEADER_OFFSET || (from->mxcsr & ~mxcsr_mask) != 0)
        return -EINVAL;
    bool extended = frame_is_extended(from, size);
    if (extended && !header_is_valid(from))
        return -EINVAL;
    struct thread *thread = thread_current();
    interrupts_disable();
    if (extended) {
        fpu_load(from);
    } else {
        fpu_state_reset(thread->fpu);
        memcpy(thread->fpu, from, XSAVE_HEADER_OFFSET);
        if (cpu_features.xsave)
            thread->fpu->xstate_bv = XCR0_X87_SSE;
        fpu_load(thread->fpu);
    }
    interrupts_enable();
    return 0;
}
