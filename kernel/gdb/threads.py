"""Processes and threads: ck ps, ck threads, ck bt, ck locks."""
import gdb

from attach import user_backtrace
from memory import Command, at, enum_name, linked, number, process_of, processes, read_u64, static, symbol, text
from memory import threads, value
from unwind import follows_call


class Ps(Command):
    """ck ps: every process with its parent, threads, state (swapped: out, whole) and resident pages."""

    def run(self, words):
        print("%6s %6s %8s %7s %9s %-10s %s" % ("PID", "PPID", "THREADS", "AREAS", "RESIDENT", "STATE", "NAME"))
        for process in processes():
            areas, resident = "-", "-"
            if int(process["aspace"]) != 0:
                aspace = process["aspace"].dereference()
                areas = int(aspace["areas"]["count"])
                resident = sum(int(aspace["resident_" + kind]) for kind in ("anon", "file", "shm"))
            state = enum_name("process_state", int(process["state"])).replace("PROCESS_", "").lower()
            if int(process["residence"]["out"]) and state == "running":
                state = "swapped"
            print("%6d %6d %8d %7s %9s %-10s %s" % (
                process["pid"], process["parent_pid"], process["thread_count"], areas, resident, state,
                text(process["name"])))


def thread_line(thread):
    state = enum_name("thread_state", int(thread["state"])).replace("THREAD_", "").lower()
    waits = ""
    if int(thread["waiting_for"]) != 0:
        waits = "  waits for %s" % symbol_or_address(int(thread["waiting_for"]))
    return "%6d  cpu %d  %-9s %-16s%s" % (thread["tid"], thread["cpu"], state, text(thread["name"]), waits)


def symbol_or_address(address):
    name = symbol(address)
    return "%#x" % address if name == "?" else name


class Threads(Command):
    """ck threads: every thread, the idle ones included, with its CPU, state and what it waits for."""

    def run(self, words):
        for thread in threads():
            print(thread_line(thread))


# The stacks of a kernel with the compiler's checks; others have half of it (kernel/thread.h), and a return address of 0 ends the walk.
STACK_LARGEST = 32 * 1024


def backtrace(rip, rbp, stack_low, stack_high):
    """Follows frame pointers as long as they stay on the stack and rise: addresses of code, and with one in entry.asm the registers of
what was interrupted."""
    yield rip, None
    while stack_low <= rbp < stack_high - 8:
        rip, next_rbp = read_u64(rbp + 8), read_u64(rbp)
        if rip == 0:
            return
        entered = at(rbp + 16, "registers") if follows_call(rip) else None
        yield rip, entered
        if entered is not None:
            if int(entered["cs"]) & 3:
                return
            yield int(entered["rip"]), None
            next_rbp = int(entered["rbp"])
        if next_rbp <= rbp:
            return
        rbp = next_rbp


def thread_found(tid):
    for thread in threads():
        if int(thread["tid"]) == tid and int(thread["process"]) != 0:
            return thread
    raise LookupError("there is no thread %d of a process" % tid)


class Bt(Command):
    """ck bt TID: the backtrace of a thread of a process in the kernel, whether it runs or not (a process's first thread has its pid); and in
its program, after ck attach PID. With `*ADDRESS` instead of a number: of the struct thread at that address (kernel threads)."""

    def run(self, words):
        if len(words) != 1:
            raise ValueError("usage: ck bt TID, or ck bt *ADDRESS")
        thread = at(number(words[0][1:]), "thread") if words[0][0] == "*" else thread_found(number(words[0]))
        print(thread_line(thread))
        if enum_name("thread_state", int(thread["state"])) == "THREAD_RUNNING":
            print("  it runs on CPU %d: select gdb's thread %d and use bt" % (thread["cpu"], int(thread["cpu"]) + 1))
            return
        frame = at(int(thread["saved_rsp"]), "switch_frame")
        low = int(thread["stack"])
        for address, entered in backtrace(int(frame["rip"]), int(frame["rbp"]), low, low + STACK_LARGEST):
            print("  %#x  %s" % (address, symbol(address)))
            if entered is not None and int(entered["cs"]) & 3:
                for user in user_backtrace(thread["process"].dereference(), entered):
                    print("  %#x  %s" % (user, symbol(user)))


class Locks(Command):
    """ck locks: who holds which locks, by rank, and who waits for what."""

    def run(self, words):
        names = static("kernel/lock.c", "rank_names")
        none = True
        for thread in threads():
            held = int(thread["held_count"])
            # A thread that was switched away from holds the run queue's lock on behalf of its successor: no news.
            entries = [(int(thread["held_rank"][i]), int(thread["held"][i])) for i in range(1, held + 1)]
            running = enum_name("thread_state", int(thread["state"])) == "THREAD_RUNNING"
            queue = int(static("kernel/sched.c", "queue")["lock"].address)
            entries = [e for e in entries if running or e[1] != queue]
            if not entries and int(thread["waiting_for"]) == 0:
                continue
            none = False
            print(thread_line(thread))
            for rank, lock in entries:
                name = names[rank].string() if int(names[rank]) != 0 else "?"
                print("        holds %#x  %s (rank %d)" % (lock, name, rank))
        if none:
            print("no lock is held, nobody waits")


for command, name in ((Ps, "ps"), (Threads, "threads"), (Bt, "bt"), (Locks, "locks")):
    command(name)
