/*
 * Making and unmaking threads. The picture of a thread's life is in thread.h; the switch is in sched.c.
 *
 * A new thread's kernel stack is written as if the thread had been switched away from just before its first instruction:
 *
 *     top   struct registers            user threads: what the way back to user mode loads
 *           struct switch_frame         return address: thread_return_to_user or thread_enter_kernel
 *     saved_rsp
 */
#include "kernel/thread.h"

#include "kernel/cpu.h"
#include "kernel/fpu.h"
#include "kernel/panic.h"
#include "kernel/registers.h"
#include "kernel/sched.h"
#include "kernel/switch.h"
#include "kernel/trap.h"
#include "libc/string.h"
#include "mm/frame.h"
#include "mm/kmap.h"
#include "mm/slab.h"

static struct slab_cache thread_cache;

void threads_init(void)
{
    slab_cache_init(&thread_cache, "thread", sizeof(struct thread));
}

static void thread_free(struct thread *thread)
{
    if (thread->fpu != NULL)
        fpu_state_destroy(thread->fpu);
    kstack_free(thread->stack);
    slab_free(&thread_cache, thread);
}

void threads_reap(void)
{
    struct thread *thread;
    while ((thread = sched_take_dead()) != NULL)
        thread_free(thread);
}

/* A thread with a stack and nothing on it, or null. */
static struct thread *thread_allocate(const char *name)
{
    threads_reap();
    struct thread *thread = slab_alloc(&thread_cache, FRAME_ZERO);
    if (thread == NULL)
        return NULL;
    thread->stack = kstack_alloc();
    if (thread->stack == 0) {
        slab_free(&thread_cache, thread);
        return NULL;
    }
    thread->state = THREAD_NEW;
    for (size_t i = 0; i + 1 < sizeof(thread->name) && name[i] != '\0'; i++)
        thread->name[i] = name[i];
    sched_new_thread(thread);
    return thread;
}

static vaddr_t stack_top(const struct thread *thread)
{
    return thread->stack + KERNEL_STACK_SIZE;
}

struct thread *thread_create_kernel(const char *name, void (*function)(void *), void *argument)
{
    struct thread *thread = thread_allocate(name);
    if (thread == NULL)
        return NULL;
    thread->function = function;
    thread->argument = argument;
    /* 16 bytes stay free above the frame, so that the function starts with the stack aligned as the ABI wants it. */
    struct switch_frame *frame = (struct switch_frame *)(stack_top(thread) - 16) - 1;
    *frame = (struct switch_frame){
        .rbx = (uint64_t)function, .r12 = (uint64_t)argument, .rip = (uint64_t)thread_enter_kernel};
    thread->saved_rsp = (uint64_t)frame;
    sched_adopt(thread);
    thread_start(thread);
    return thread;
}

struct thread *thread_create_user(const char *name, const struct registers *regs)
{
    struct thread *thread = thread_allocate(name);
    if (thread == NULL)
        return NULL;
    thread->fpu = fpu_state_create(NULL);
    if (thread->fpu == NULL) {
        thread_free(thread);
        return NULL;
    }
    thread->user_registers = (struct registers *)stack_top(thread) - 1;
    *thread->user_registers = *regs;
    struct switch_frame *frame = (struct switch_frame *)thread->user_registers - 1;
    *frame = (struct switch_frame){.rip = (uint64_t)thread_return_to_user};
    thread->saved_rsp = (uint64_t)frame;
    sched_adopt(thread);
    return thread;
}

void thread_destroy_new(struct thread *thread)
{
    assert(thread->state == THREAD_NEW);
    sched_disown(thread);
    thread_free(thread);
}
