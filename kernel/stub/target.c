/*
 * The processor as gdb sees it: see target.h.
 */
#include "kernel/stub/target.h"

#include "kernel/cpu.h"
#include "kernel/registers.h"
#include "kernel/stub/halt.h"
#include "kernel/stub/link.h"
#include "kernel/stub/memory.h"
#include "kernel/stub/threads.h"
#include "kernel/switch.h"
#include "kernel/thread.h"
#include "kernel/x86.h"
#include "libc/string.h"

/* Where a register's value is. */
enum source { SAVED, SEGMENT_FS_GS, X87, BASE, CONTROL };

static const struct target_register {
    const char *name;
    uint8_t size; /* bytes */
    uint8_t source;
    uint8_t offset; /* SAVED: in struct registers; others: which */
} target_registers[] = {
    {"rax", 8, SAVED, offsetof(struct registers, rax)},
    {"rbx", 8, SAVED, offsetof(struct registers, rbx)},
    {"rcx", 8, SAVED, offsetof(struct registers, rcx)},
    {"rdx", 8, SAVED, offsetof(struct registers, rdx)},
    {"rsi", 8, SAVED, offsetof(struct registers, rsi)},
    {"rdi", 8, SAVED, offsetof(struct registers, rdi)},
    {"rbp", 8, SAVED, offsetof(struct registers, rbp)},
    {"rsp", 8, SAVED, offsetof(struct registers, rsp)},
    {"r8", 8, SAVED, offsetof(struct registers, r8)},
    {"r9", 8, SAVED, offsetof(struct registers, r9)},
    {"r10", 8, SAVED, offsetof(struct registers, r10)},
    {"r11", 8, SAVED, offsetof(struct registers, r11)},
    {"r12", 8, SAVED, offsetof(struct registers, r12)},
    {"r13", 8, SAVED, offsetof(struct registers, r13)},
    {"r14", 8, SAVED, offsetof(struct registers, r14)},
    {"r15", 8, SAVED, offsetof(struct registers, r15)},
    {"rip", 8, SAVED, offsetof(struct registers, rip)},
    {"eflags", 4, SAVED, offsetof(struct registers, rflags)},
    {"cs", 4, SAVED, offsetof(struct registers, cs)},
    {"ss", 4, SAVED, offsetof(struct registers, ss)},
    {"ds", 4, SEGMENT_FS_GS, 0},
    {"es", 4, SEGMENT_FS_GS, 0},
    {"fs", 4, SEGMENT_FS_GS, 0},
    {"gs", 4, SEGMENT_FS_GS, 0},
    {"st0", 10, X87, 0},
    {"st1", 10, X87, 0},
    {"st2", 10, X87, 0},
    {"st3", 10, X87, 0},
    {"st4", 10, X87, 0},
    {"st5", 10, X87, 0},
    {"st6", 10, X87, 0},
    {"st7", 10, X87, 0},
    {"fctrl", 4, X87, 0},
    {"fstat", 4, X87, 0},
    {"ftag", 4, X87, 0},
    {"fiseg", 4, X87, 0},
    {"fioff", 4, X87, 0},
    {"foseg", 4, X87, 0},
    {"fooff", 4, X87, 0},
    {"fop", 4, X87, 0},
    {"fs_base", 8, BASE, 0},
    {"gs_base", 8, BASE, 1},
    {"cr0", 8, CONTROL, 0},
    {"cr2", 8, CONTROL, 2},
    {"cr3", 8, CONTROL, 3},
    {"cr4", 8, CONTROL, 4},
    {"efer", 8, CONTROL, 5},
};

#define FLAGS_TYPE                                                                                                     \
    "<flags id=\"i386_eflags\" size=\"4\"><field name=\"CF\" start=\"0\" end=\"0\"/><field name=\"\" start=\"1\" "     \
    "end=\"1\"/><field name=\"PF\" start=\"2\" end=\"2\"/><field name=\"AF\" start=\"4\" end=\"4\"/><field "           \
    "name=\"ZF\" start=\"6\" end=\"6\"/><field name=\"SF\" start=\"7\" end=\"7\"/><field name=\"TF\" start=\"8\" "     \
    "end=\"8\"/><field name=\"IF\" start=\"9\" end=\"9\"/><field name=\"DF\" start=\"10\" end=\"10\"/><field "         \
    "name=\"OF\" start=\"11\" end=\"11\"/></flags>"
#define GENERAL(name, type) "<reg name=\"" name "\" bitsize=\"64\" type=\"" type "\"/>"
#define NARROW(name, type) "<reg name=\"" name "\" bitsize=\"32\" type=\"" type "\"/>"
#define STACKED(name) "<reg name=\"" name "\" bitsize=\"80\" type=\"i387_ext\"/>"
#define X87_CONTROL(name) "<reg name=\"" name "\" bitsize=\"32\" type=\"int\" group=\"float\"/>"
#define SYSTEM(name) "<reg name=\"" name "\" bitsize=\"64\" type=\"uint64\" group=\"system\"/>"

const char target_description[] =
    "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target><architecture>i386:x86-64</architecture>"
    "<feature name=\"org.gnu.gdb.i386.core\">" FLAGS_TYPE GENERAL("rax", "int64") GENERAL("rbx", "int64")
        GENERAL("rcx", "int64") GENERAL("rdx", "int64") GENERAL("rsi", "int64") GENERAL("rdi", "int64")
            GENERAL("rbp", "data_ptr") GENERAL("rsp", "data_ptr") GENERAL("r8", "int64") GENERAL("r9", "int64")
                GENERAL("r10", "int64") GENERAL("r11", "int64") GENERAL("r12", "int64") GENERAL("r13", "int64") GENERAL(
                    "r14", "int64") GENERAL("r15", "int64") GENERAL("rip", "code_ptr") NARROW("eflags", "i386_eflags")
                    NARROW("cs", "int32") NARROW("ss", "int32") NARROW("ds", "int32") NARROW("es", "int32") NARROW(
                        "fs", "int32") NARROW("gs", "int32") STACKED("st0") STACKED("st1") STACKED("st2") STACKED("st3")
                        STACKED("st4") STACKED("st5") STACKED("st6") STACKED("st7") X87_CONTROL("fctrl")
                            X87_CONTROL("fstat") X87_CONTROL("ftag") X87_CONTROL("fiseg") X87_CONTROL("fioff")
                                X87_CONTROL("foseg") X87_CONTROL("fooff") X87_CONTROL(
                                    "fop") "</feature><feature name=\"org.gnu.gdb.i386.segments\">" GENERAL("fs_base",
                                                                                                            "int64")
                                    GENERAL("gs_base",
                                            "int64") "</feature><feature name=\"org.clockhand.control\">" SYSTEM("cr0")
                                        SYSTEM("cr2") SYSTEM("cr3") SYSTEM("cr4") SYSTEM("efer") "</feature></target>";

/* --- values -------------------------------------------------------------------------------------------------------- */

/* Registers of a thread: where they are changed, or null; and a copy, of which only the bits of `known` (by offset / 8) mean anything. */
struct view {
    struct registers *live;
    struct registers copy;
    uint32_t known;
};

static inline uint32_t known_bit(size_t offset)
{
    return 1u << (offset / 8);
}

/* What thread_switch() has left on the stack of a thread that does not run. */
static void view_switched(struct view *view, const struct thread *thread)
{
    struct switch_frame frame;
    if (stub_read(NULL, thread->saved_rsp, &frame, sizeof(frame)) != sizeof(frame))
        return;
    struct registers *copy = &view->copy;
    *copy = (struct registers){
        .r15 = frame.r15, .r14 = frame.r14, .r13 = frame.r13, .r12 = frame.r12, .rbx = frame.rbx};
    copy->rbp = frame.rbp;
    copy->rip = frame.rip;
    copy->rsp = thread->saved_rsp + sizeof(frame);
    view->known = known_bit(offsetof(struct registers, r15)) | known_bit(offsetof(struct registers, r14)) |
                  known_bit(offsetof(struct registers, r13)) | known_bit(offsetof(struct registers, r12)) |
                  known_bit(offsetof(struct registers, rbx)) | known_bit(offsetof(struct registers, rbp)) |
                  known_bit(offsetof(struct registers, rip)) | known_bit(offsetof(struct registers, rsp));
}

static struct view view_of(const struct thread *thread)
{
    struct view view = {0};
    int cpu = stub_thread_cpu(thread);
    if (cpu < 0) {
        view_switched(&view, thread);
        return view;
    }
    view.live = halt_registers((unsigned)cpu);
    if (view.live != NULL) {
        view.copy = *view.live;
        view.known = UINT32_MAX;
    }
    return view;
}

static uint64_t control_value(unsigned which)
{
    switch (which) {
    case 0:
        return cr0_read();
    case 2:
        return cr2_read();
    case 3:
        return cr3_read();
    case 4:
        return cr4_read();
    default:
        return msr_read(MSR_EFER);
    }
}

/* The base that user mode has, except of a thread that is halted in the kernel, where GS is the CPU's. */
static uint64_t base_value(const struct thread *thread, const struct view *view, bool gs)
{
    int cpu = stub_thread_cpu(thread);
    if (gs && cpu >= 0 && view->live != NULL && !registers_from_user(view->live))
        return (uint64_t)&cpus[cpu];
    return gs ? thread->gs_base : thread->fs_base;
}

static void reply_register(const struct thread *thread, const struct view *view, const struct target_register *reg)
{
    uint64_t value = 0;
    switch (reg->source) {
    case SAVED:
        if ((view->known & known_bit(reg->offset)) == 0) {
            reply_unknown(reg->size);
            return;
        }
        memcpy(&value, (const uint8_t *)&view->copy + reg->offset, sizeof(value));
        break;
    case X87:
        reply_unknown(reg->size);
        return;
    case BASE:
        value = base_value(thread, view, reg->offset == 1);
        break;
    case CONTROL:
        value = control_value(reg->offset);
        break;
    default:
        break; /* selectors that mean nothing in long mode: 0 */
    }
    reply_bytes(&value, reg->size);
}

void target_reply_all(const struct thread *thread)
{
    struct view view = view_of(thread);
    for (unsigned i = 0; i < ARRAY_LENGTH(target_registers); i++)
        reply_register(thread, &view, &target_registers[i]);
}

bool target_reply_one(const struct thread *thread, unsigned number)
{
    struct view view = view_of(thread);
    if (number >= ARRAY_LENGTH(target_registers))
        return false;
    reply_register(thread, &view, &target_registers[number]);
    return true;
}

/* --- changes ------------------------------------------------------------------------------------------------------- */

/* Digits that are x leave the register alone. */
static bool register_set(struct registers *live, const struct target_register *reg, const char *digits)
{
    uint64_t value = 0;
    if (hex_bytes(digits, (uint8_t *)&value, reg->size) != reg->size)
        return digits[0] == 'x';
    if (reg->source != SAVED)
        return reg->source == SEGMENT_FS_GS;
    memcpy((uint8_t *)live + reg->offset, &value, sizeof(value));
    return true;
}

bool target_set_one(const struct thread *thread, unsigned number, const char *digits)
{
    struct registers *live = view_of(thread).live;
    return live != NULL && number < ARRAY_LENGTH(target_registers) &&
           register_set(live, &target_registers[number], digits);
}

bool target_set_all(const struct thread *thread, const char *digits)
{
    struct registers *live = view_of(thread).live;
    if (live == NULL)
        return false;
    size_t left = strlen(digits);
    for (unsigned i = 0; i < ARRAY_LENGTH(target_registers); i++) {
        size_t length = 2 * (size_t)target_registers[i].size;
        if (left < length)
            break;
        if (target_registers[i].source == SAVED)
            (void)register_set(live, &target_registers[i], digits);
        digits += length;
        left -= length;
    }
    return true;
}
