/*
 * Pending signals: what is kept of them and in which order they are taken; tables of handlers; siginfo_t in Linux's
 * form.
 */
#include "kernel/abi/errno.h"
#include "kernel/ktest.h"
#include "kernel/signal.h"
#include "libc/string.h"
#include "mm/slab.h"

static void add(struct pending *pending, int signal, uint64_t value)
{
    struct signal_info info = {.signal = signal, .code = SI_QUEUE, .address = value};
    pending_add(pending, &info);
}

/* Takes one of all; expects it to be `signal` with `value`. */
static void take(struct pending *pending, int signal, uint64_t value)
{
    struct signal_info info = {0};
    KTEST_EXPECT(pending_take(pending, UINT64_MAX, &info) == signal);
    KTEST_EXPECT(signal == 0 || (info.signal == signal && info.address == value));
}

KTEST(signal, standard_signals_are_kept_once)
{
    struct pending pending;
    pending_init(&pending);
    take(&pending, 0, 0);
    add(&pending, SIGUSR2, 1);
    add(&pending, SIGUSR2, 2);
    add(&pending, SIGUSR1, 3);
    add(&pending, SIGUSR1, 4);
    take(&pending, SIGUSR1, 3);
    take(&pending, SIGUSR2, 1);
    take(&pending, 0, 0);
}

static void add_of_timer(struct pending *pending, int signal, int timer, uint64_t value)
{
    struct signal_info info = {.signal = signal, .code = SI_TIMER, .pid = timer, .address = value, .from_timer = true};
    pending_add(pending, &info);
}

/* Every allocation of the running thread fails. */
KTEST(signal, without_memory_what_a_program_queues_is_refused)
{
    struct signal_info queued = {.signal = SIGRTMIN, .code = SI_QUEUE}, sent = {.signal = SIGRTMIN, .code = SI_USER};
    struct signal_info cancel = {.signal = SIGRTMIN + 1, .code = SI_TKILL};
    struct pending pending;
    pending_init(&pending);
    slab_fail_every(1);
    int refused = pending_add(&pending, &queued);
    uint64_t set = pending.set;
    int kept = pending_add(&pending, &sent), kept_too = pending_add(&pending, &cancel);
    slab_fail_every(0);
    KTEST_EXPECT(refused == -EAGAIN && set == 0);
    KTEST_EXPECT(kept == 0 && kept_too == 0 && list_is_empty(&pending.queue));
    KTEST_EXPECT(pending.set == (signal_bit(SIGRTMIN) | signal_bit(SIGRTMIN + 1)));
    take(&pending, SIGRTMIN, 0);
    take(&pending, SIGRTMIN + 1, 0);
    take(&pending, 0, 0);
}

KTEST(signal, each_timer_has_one_pending)
{
    struct pending pending;
    pending_init(&pending);
    add_of_timer(&pending, SIGUSR1, 0, 1);
    add_of_timer(&pending, SIGUSR1, 1, 2);
    add(&pending, SIGUSR1, 3);
    add_of_timer(&pending, SIGUSR2, 2, 4);
    take(&pending, SIGUSR1, 1);
    take(&pending, SIGUSR1, 2);
    take(&pending, SIGUSR2, 4);
    take(&pending, 0, 0);
    add(&pending, SIGUSR1, 5);
    add_of_timer(&pending, SIGUSR1, 0, 6);
    take(&pending, SIGUSR1, 5);
    take(&pending, SIGUSR1, 6);
    take(&pending, 0, 0);
}

KTEST(signal, what_a_timer_sent_is_discarded)
{
    struct signal_info forged = {.signal = SIGUSR1, .code = SI_TIMER, .pid = 1, .address = 2};
    struct pending pending;
    pending_init(&pending);
    add_of_timer(&pending, SIGUSR1, 0, 1);
    add_of_timer(&pending, SIGUSR1, 1, 3);
    pending_discard_timer(&pending, SIGUSR1, 0);
    KTEST_EXPECT(pending.set == signal_bit(SIGUSR1));
    pending_add(&pending, &forged);
    pending_discard_timer(&pending, SIGUSR2, 1);
    take(&pending, SIGUSR1, 3);
    take(&pending, 0, 0);
    pending_add(&pending, &forged);
    KTEST_EXPECT(pending_find_timer(&pending, SIGUSR1, 1) == NULL);
    add_of_timer(&pending, SIGUSR1, 1, 4);
    pending_discard_timer(&pending, SIGUSR1, 1);
    take(&pending, SIGUSR1, 2);
    add_of_timer(&pending, SIGUSR1, 0, 5);
    pending_discard_timer(&pending, SIGUSR1, 0);
    KTEST_EXPECT(pending.set == 0 && list_is_empty(&pending.queue));
    take(&pending, 0, 0);
}

KTEST(signal, real_time_signals_are_kept_each)
{
    struct pending pending;
    pending_init(&pending);
    for (uint64_t i = 0; i < 20; i++)
        add(&pending, SIGRTMIN + (int)(i % 2), i);
    for (uint64_t i = 0; i < 20; i += 2)
        take(&pending, SIGRTMIN, i);
    for (uint64_t i = 1; i < 20; i += 2)
        take(&pending, SIGRTMIN + 1, i);
    take(&pending, 0, 0);
}

KTEST(signal, synchronous_signals_come_first)
{
    struct pending pending;
    pending_init(&pending);
    add(&pending, SIGHUP, 1);
    add(&pending, SIGSEGV, 2);
    add(&pending, SIGFPE, 3);
    take(&pending, SIGFPE, 3);
    take(&pending, SIGSEGV, 2);
    take(&pending, SIGHUP, 1);
}

KTEST(signal, only_wanted_signals_are_taken)
{
    struct pending pending;
    struct signal_info info;
    pending_init(&pending);
    add(&pending, SIGTERM, 1);
    add(&pending, SIGNALS, 2);
    KTEST_EXPECT(pending_take(&pending, signal_bit(SIGINT), &info) == 0);
    KTEST_EXPECT(pending_take(&pending, signal_bit(SIGNALS), &info) == SIGNALS);
    pending_discard(&pending, signal_bit(SIGTERM));
    KTEST_EXPECT(pending.set == 0 && list_is_empty(&pending.queue));
    add(&pending, SIGINT, 3);
    add(&pending, SIGRTMIN, 4);
    pending_discard(&pending, UINT64_MAX);
    KTEST_EXPECT(pending.set == 0 && list_is_empty(&pending.queue));
    take(&pending, 0, 0);
}

KTEST(signal, handlers_start_as_default_and_are_copied)
{
    struct sighand *sighand = sighand_create();
    bool all_default = true;
    for (unsigned i = 0; i < SIGNALS; i++)
        all_default &= sighand->handlers[i] == SIG_DFL && sighand->flags[i] == 0 && sighand->masks[i] == 0;
    KTEST_EXPECT(all_default);
    sighand->handlers[SIGNALS - 1] = 0x1234;
    sighand->masks[0] = 77;
    struct sighand *copy = sighand_copy(sighand);
    sighand_put(sighand);
    KTEST_EXPECT(copy->handlers[SIGNALS - 1] == 0x1234 && copy->masks[0] == 77 && copy->references == 1);
    sighand_put(copy);
}

KTEST(signal, siginfo_has_the_fields_of_its_signal)
{
    struct linux_siginfo out = {0};
    signal_info_to_linux(&out, &(struct signal_info){.signal = SIGSEGV, .code = SEGV_MAPERR, .address = 0x123456789});
    KTEST_EXPECT(out.signal == SIGSEGV && out.code == SEGV_MAPERR && out.fault.address == 0x123456789);
    memset(&out, 0, sizeof(out));
    signal_info_to_linux(&out, &(struct signal_info){.signal = SIGSEGV, .code = SI_USER, .pid = 5, .uid = 6});
    KTEST_EXPECT(out.sender.pid == 5 && out.sender.uid == 6);
    memset(&out, 0, sizeof(out));
    signal_info_to_linux(
        &out, &(struct signal_info){.signal = SIGCHLD, .code = CLD_EXITED, .pid = 5, .status = 3, .user_time = 9});
    KTEST_EXPECT(out.child.pid == 5 && out.child.status == 3 && out.child.user_time == 9);
}

KTEST(signal, default_actions_are_posix)
{
    static const int ignored[] = {SIGCHLD, SIGURG, SIGWINCH}, stopping[] = {SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};
    unsigned ending = 0;
    for (unsigned i = 0; i < ARRAY_LENGTH(ignored); i++)
        KTEST_EXPECT(signal_default_action(ignored[i]) == SIGNAL_IGNORED);
    for (unsigned i = 0; i < ARRAY_LENGTH(stopping); i++)
        KTEST_EXPECT(signal_default_action(stopping[i]) == SIGNAL_STOPS);
    KTEST_EXPECT(signal_default_action(SIGCONT) == SIGNAL_CONTINUES);
    for (int signal = 1; signal <= SIGNALS; signal++)
        ending += signal_default_action(signal) == SIGNAL_ENDS;
    KTEST_EXPECT(ending == SIGNALS - 8);
}
