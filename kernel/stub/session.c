/*
 * The conversation with gdb: see session.h; the packets are those of the gdb manual, appendix E.
 */
#include "kernel/stub/session.h"

#include "kernel/abi/errno.h"
#include "kernel/cpu.h"
#include "kernel/layout.h"
#include "kernel/stub/halt.h"
#include "kernel/stub/link.h"
#include "kernel/stub/memory.h"
#include "kernel/stub/monitor.h"
#include "kernel/stub/points.h"
#include "kernel/stub/target.h"
#include "kernel/stub/threads.h"
#include "kernel/thread.h"
#include "libc/format.h"
#include "libc/string.h"
#include "mm/frame.h"

#define ALL_THREADS UINT64_MAX /* -1 in packets, and 0, any of them */

static bool connected;
static struct {
    const struct session_stop *stop;
    struct thread *selected; /* of g, G, m, M */
    bool over;
    enum session_end end;
    struct thread *stepping;
} session;

bool session_is_connected(void)
{
    return connected;
}

/* --- helpers ------------------------------------------------------------------------------------------------------- */

static void reply_error(int error)
{
    reply_begin();
    reply_format("E%02x", (unsigned)error & 0xff);
    reply_send();
}

static void reply_result(bool good)
{
    reply(good ? "OK" : "E01");
}

static bool skip(const char **cursor, char c)
{
    if (**cursor != c)
        return false;
    ++*cursor;
    return true;
}

static uint64_t thread_number(const char **cursor)
{
    if (skip(cursor, '-')) {
        (void)hex_number(cursor);
        return ALL_THREADS;
    }
    uint64_t number = hex_number(cursor);
    return number == 0 ? ALL_THREADS : number;
}

static const struct pagetable *selected_table(void)
{
    return stub_thread_table(session.selected);
}

static void session_finish(enum session_end end)
{
    session.end = end;
    session.over = true;
}

static void reply_stop(void)
{
    const struct session_stop *stop = session.stop;
    reply_begin();
    reply_format("T%02xthread:%lx;core:%x;", stop->signal, stub_thread_number(thread_current()), cpu_this()->id);
    if (stop->reason != NULL)
        reply_format("%s:", stop->reason);
    if (stop->reason != NULL && stop->address != 0)
        reply_format("%lx", stop->address);
    if (stop->reason != NULL)
        reply_text(";");
    reply_send();
}

/* --- registers, memory, points ------------------------------------------------------------------------------------- */

static void packet_registers(const char *text)
{
    (void)text;
    reply_begin();
    target_reply_all(session.selected);
    reply_send();
}

static void packet_set_registers(const char *text)
{
    reply_result(target_set_all(session.selected, text));
}

static void packet_register(const char *text)
{
    reply_begin();
    if (target_reply_one(session.selected, (unsigned)hex_number(&text)))
        reply_send();
    else
        reply("E01");
}

static void packet_set_register(const char *text)
{
    unsigned number = (unsigned)hex_number(&text);
    reply_result(skip(&text, '=') && target_set_one(session.selected, number, text));
}

static void packet_read(const char *text)
{
    static uint8_t bytes[LINK_PACKET_MAX / 2];
    vaddr_t address = hex_number(&text);
    size_t length = skip(&text, ',') ? hex_number(&text) : 0;
    size_t done = stub_read(selected_table(), address, bytes, (size_t)min_u64(length, sizeof(bytes)));
    if (done == 0 && length > 0) {
        reply_error(EFAULT);
        return;
    }
    reply_begin();
    reply_bytes(bytes, done);
    reply_send();
}

static void packet_write(const char *text)
{
    static uint8_t bytes[LINK_PACKET_MAX / 2];
    vaddr_t address = hex_number(&text);
    size_t length = skip(&text, ',') ? hex_number(&text) : 0;
    bool good = skip(&text, ':') && length <= sizeof(bytes) && hex_bytes(text, bytes, length) == length &&
                stub_write(selected_table(), address, bytes, length) == length;
    reply_result(good);
}

/* The same with the bytes as they are. */
static void packet_write_raw(const char *text)
{
    vaddr_t address = hex_number(&text);
    size_t length = skip(&text, ',') ? hex_number(&text) : 0;
    reply_result(length <= LINK_PACKET_MAX && skip(&text, ':') &&
                 stub_write(selected_table(), address, text, length) == length);
}

/* Z and z: kind, address, length. */
static void packet_point(const char *text, bool set)
{
    uint64_t kind = hex_number(&text);
    vaddr_t address = skip(&text, ',') ? hex_number(&text) : 0;
    size_t length = skip(&text, ',') ? hex_number(&text) : 0;
    if (kind >= POINT_KINDS) {
        reply("");
        return;
    }
    if (kind <= POINT_EXECUTE)
        length = 1; /* gdb tells the instruction's kind here */
    int error = set ? point_set(selected_table(), (enum point_kind)kind, address, length)
                    : point_clear((enum point_kind)kind, address, length);
    if (error != 0 && set)
        reply_error(-error);
    else
        reply("OK");
}

static void packet_set_point(const char *text)
{
    packet_point(text, true);
}

static void packet_clear_point(const char *text)
{
    packet_point(text, false);
}

/* --- threads ------------------------------------------------------------------------------------------------------- */

/* Hg, Hc: the thread that the next packets are about. */
static void packet_select(const char *text)
{
    char what = *text != '\0' ? *text++ : '\0';
    uint64_t number = thread_number(&text);
    struct thread *thread = number == ALL_THREADS ? thread_current() : stub_thread_find(number);
    if (thread != NULL && what == 'g')
        session.selected = thread;
    reply_result(thread != NULL);
}

static void packet_thread_is_alive(const char *text)
{
    reply_result(stub_thread_find(thread_number(&text)) != NULL);
}

/* qfThreadInfo begins the list, qsThreadInfo goes on until nothing is left. */
static void reply_threads(bool first)
{
    static struct stub_walk walk; /* from one packet to the next */
    enum { PER_PACKET = 100 };
    bool is_over = !first && walk.thread == NULL;
    unsigned count = 0;
    if (first)
        walk = (struct stub_walk){0};
    reply_begin();
    for (; !is_over && count < PER_PACKET && stub_walk_next(&walk) != NULL; count++)
        reply_format("%c%lx", count == 0 ? 'm' : ',', stub_thread_number(walk.thread));
    if (count == 0)
        reply_text("l");
    reply_send();
}

static void reply_thread_name(const char *text)
{
    char line[80];
    const struct thread *thread = stub_thread_find(hex_number(&text));
    if (thread == NULL) {
        reply("E01");
        return;
    }
    int cpu = stub_thread_cpu(thread);
    if (cpu >= 0)
        snprintf(line, sizeof(line), "%.16s: CPU %d", thread->name, cpu);
    else
        snprintf(line, sizeof(line), "%.16s: %s", thread->name, stub_thread_state(thread));
    reply_begin();
    reply_bytes(line, strlen(line));
    reply_send();
}

/* --- going on ------------------------------------------------------------------------------------------------------ */

static void continue_or_step(struct thread *stepping)
{
    if (stepping == NULL) {
        session_finish(SESSION_CONTINUE);
        return;
    }
    int cpu = stub_thread_cpu(stepping);
    if (cpu < 0 || halt_registers((unsigned)cpu) == NULL) { /* one that does not run has no instruction to step */
        reply("E01");
        return;
    }
    session.stepping = stepping;
    session_finish(SESSION_STEP);
}

static void packet_continue(const char *text)
{
    (void)text;
    continue_or_step(NULL);
}

static void packet_step(const char *text)
{
    (void)text;
    continue_or_step(session.selected);
}

/* ;action[:thread]...: the first action that fits a thread is its; one thread at most is stepped, by its number. */
static void run_actions(const char *text)
{
    struct thread *stepping = NULL;
    while (skip(&text, ';')) {
        char action = *text != '\0' ? *text++ : '\0';
        if (action == 'C' || action == 'S')
            (void)hex_number(&text); /* a signal, which the kernel has no use for */
        uint64_t number = skip(&text, ':') ? thread_number(&text) : ALL_THREADS;
        if ((action == 's' || action == 'S') && stepping == NULL)
            stepping = number == ALL_THREADS ? thread_current() : stub_thread_find(number);
    }
    continue_or_step(stepping);
}

static void packet_detach(const char *text)
{
    (void)text;
    reply("OK");
    session_finish(SESSION_DETACH);
}

static void packet_kill(const char *text)
{
    (void)text;
    session_finish(SESSION_KILL);
}

/* --- q, Q, v ------------------------------------------------------------------------------------------------------- */

/* The part of a document that gdb asks for: OFFSET,LENGTH. */
static void reply_document(const char *document, const char *text)
{
    size_t size = strlen(document);
    uint64_t offset = hex_number(&text);
    uint64_t length = skip(&text, ',') ? hex_number(&text) : 0;
    offset = min_u64(offset, size);
    length = min_u64(length, min_u64(size - offset, LINK_PACKET_MAX / 2));
    reply_begin();
    reply_text(offset + length < size ? "m" : "l");
    reply_raw(document + offset, (size_t)length);
    reply_send();
}

/* Where memory is, so that gdb tries nothing else: user space, the direct map, the kernel's areas and image. */
static void reply_memory_map(const char *text)
{
    static char map[600];
    snprintf(map, sizeof(map),
             "<?xml version=\"1.0\"?><memory-map>"
             "<memory type=\"ram\" start=\"0\" length=\"%#llx\"/><memory type=\"ram\" start=\"%#llx\" length=\"%#lx\"/>"
             "<memory type=\"ram\" start=\"%#llx\" length=\"%#llx\"/></memory-map>",
             USER_END, DIRECT_MAP_BASE, frame_limit << PAGE_SHIFT, KERNEL_AREA_BASE, 0ULL - KERNEL_AREA_BASE);
    reply_document(map, text);
}

static void query_supported(const char *text)
{
    (void)text;
    connected = true;
    link_reset();
    reply_begin();
    reply_format("PacketSize=%x;QStartNoAckMode+;qXfer:features:read+;qXfer:memory-map:read+;vContSupported+;"
                 "swbreak+;hwbreak+",
                 LINK_PACKET_MAX);
    reply_send();
}

static void query_command(const char *text)
{
    char line[128];
    size_t length = hex_bytes(text, (uint8_t *)line, sizeof(line) - 1);
    line[length] = '\0';
    if (!monitor_run(line, session.selected))
        link_print("there is no such command; monitor help lists them\n");
    reply("OK");
}

static void query_current(const char *text)
{
    (void)text;
    reply_begin();
    reply_format("QC%lx", stub_thread_number(thread_current()));
    reply_send();
}

static void query_first_threads(const char *text)
{
    (void)text;
    reply_threads(true);
}

static void query_next_threads(const char *text)
{
    (void)text;
    reply_threads(false);
}

static void query_attached(const char *text)
{
    (void)text;
    reply("1");
}

static void query_features(const char *text)
{
    reply_document(target_description, text);
}

static void query_no_acknowledgements(const char *text)
{
    (void)text;
    reply("OK");
    link_acknowledge_no_more();
}

static void query_actions(const char *text)
{
    (void)text;
    reply("vCont;c;C;s;S");
}

static void packet_why(const char *text)
{
    (void)text;
    connected = true;
    reply_stop();
}

static const struct {
    const char *name; /* a packet begins with it; longer names before their beginnings */
    void (*serve)(const char *text);
} packets[] = {
    {"?", packet_why},
    {"g", packet_registers},
    {"G", packet_set_registers},
    {"p", packet_register},
    {"P", packet_set_register},
    {"m", packet_read},
    {"M", packet_write},
    {"X", packet_write_raw},
    {"Z", packet_set_point},
    {"z", packet_clear_point},
    {"H", packet_select},
    {"T", packet_thread_is_alive},
    {"c", packet_continue},
    {"s", packet_step},
    {"D", packet_detach},
    {"k", packet_kill},
    {"vCont?", query_actions},
    {"vCont", run_actions},
    {"vKill", packet_kill},
    {"qSupported", query_supported},
    {"qRcmd,", query_command},
    {"qC", query_current},
    {"qfThreadInfo", query_first_threads},
    {"qsThreadInfo", query_next_threads},
    {"qThreadExtraInfo,", reply_thread_name},
    {"qAttached", query_attached},
    {"qXfer:features:read:target.xml:", query_features},
    {"qXfer:memory-map:read::", reply_memory_map},
    {"QStartNoAckMode", query_no_acknowledgements},
};

/* An empty reply says that a packet is not known. */
static void packet_serve(const char *packet)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(packets); i++) {
        size_t length = strlen(packets[i].name);
        if (strncmp(packet, packets[i].name, length) != 0)
            continue;
        packets[i].serve(packet + length);
        return;
    }
    reply("");
}

enum session_end session_run(const struct session_stop *stop, struct thread **stepping)
{
    size_t length;
    session.stop = stop;
    session.selected = thread_current();
    session.stepping = NULL;
    session.over = false;
    if (connected)
        reply_stop();
    while (!session.over)
        packet_serve(link_receive(&length));
    if (session.end == SESSION_DETACH || session.end == SESSION_KILL)
        connected = false;
    *stepping = session.stepping;
    return session.end;
}
