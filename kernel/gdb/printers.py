"""Pretty-printers: what `print`, `info locals` and backtraces show of the main structures: one line that says what they are.

`print/r` shows the members, as ever. Pointers stay pointers: `print *page`.
"""
import gdb
import gdb.printing

from memory import enum_name, flag_names, linked, page_frame, static, text
from paging import name_of, path_of

LIST_SHOWN = 1000


def lock_name(rank):
    names = static("kernel/lock.c", "rank_names")
    return names[rank].string() if rank < names.type.range()[1] + 1 and int(names[rank]) != 0 else "rank %d" % rank


def lower(kind, number, prefix):
    return enum_name(kind, number).replace(prefix, "").lower()


def page_text(page):
    state = enum_name("page_state", int(page["state"]))
    name = name_of(page) if state in ("PAGE_ACTIVE", "PAGE_STANDBY") else "no name"
    return "frame %#x %s, %s, flags %s, %d pins" % (
        page_frame(page), state.replace("PAGE_", ""), name, flag_names("page_flag", int(page["flags"]), "PAGE_"), page["pins"])


def anon_text(anon):
    page = int(anon["page"])
    where = "in frame %#x" % page_frame(anon["page"].dereference()) if page else "not in memory"
    block = int(anon["block"])
    return "anonymous page, %d references, %s, %s" % (
        anon["references"], where, "swap block %d" % block if block else "no swap block")


def object_text(thing):
    return "%s object, %d bytes, %d references, %d pages in memory, %d of them dirty" % (
        lower("object_kind", int(thing["kind"]), "OBJECT_"), thing["size"], thing["references"], thing["pages"]["count"],
        thing["dirty_pages"])


def area_text(area):
    flags = int(area["flags"])
    rights = "".join(letter if flags >> bit & 1 else "-" for bit, letter in enumerate("rwx"))
    what = "zero fill"
    if int(area["object"]) != 0:
        what = "object %#x from page %d" % (int(area["object"]), area["first"])
    return "area %#x-%#x %s%s, %s" % (area["start"], area["end"], rights, "s" if flags >> 4 & 1 else "p", what)


def aspace_text(aspace):
    program = "no program"
    if int(aspace["program"]) != 0:
        program = path_of(aspace["program"]["dentry"].dereference())
    return "address space of %s, %d areas, %d pages resident, %d references, top table %#x" % (
        program, aspace["areas"]["count"], sum(int(aspace["resident_" + kind]) for kind in ("anon", "file", "shm")),
        aspace["references"], int(aspace["table"]["top"]))


def process_text(process):
    return "process %d (%s), parent %d, %s, %d threads" % (
        process["pid"], text(process["name"]), process["parent_pid"],
        lower("process_state", int(process["state"]), "PROCESS_"), process["thread_count"])


def thread_text(thread):
    waits = ", waits for %#x" % int(thread["waiting_for"]) if int(thread["waiting_for"]) else ""
    return "thread %d (%s), %s, CPU %d, %d locks%s" % (
        thread["tid"], text(thread["name"]), lower("thread_state", int(thread["state"]), "THREAD_"), thread["cpu"],
        thread["held_count"], waits)


def spinlock_text(lock):
    cpu = int(lock["cpu"])
    return "spin lock %s, %s" % (lock_name(int(lock["rank"])), "held by CPU %d" % (cpu - 1) if cpu else "free")


def mutex_text(mutex):
    owner = mutex["owner"]
    held = "free"
    if int(owner) != 0:
        held = "held by thread %d (%s)" % (owner["tid"], text(owner["name"]))
    return "mutex %s, %s%s" % (lock_name(int(mutex["rank"])), held, ", wanted" if int(mutex["wanted"]) else "")


def list_text(head):
    if int(head["next"]) == 0:
        return "list link, not in a list"
    count = sum(1 for _, _ in zip(linked(head, "list", ""), range(LIST_SHOWN)))
    return "list, empty" if count == 0 else "list of %s%d, first %#x" % (
        "more than " if count == LIST_SHOWN else "", count, int(head["next"]))


class Printer:
    """One line; where memory is not as it should be the reason why there is none."""

    def __init__(self, value, describe):
        self.value, self.describe = value, describe

    def to_string(self):
        try:
            return self.describe(self.value)
        except (gdb.error, LookupError) as problem:
            return "broken %s: %s" % (self.value.type, problem)


def collection():
    printers = gdb.printing.RegexpCollectionPrettyPrinter("clockhand")
    for name, describe in (
            ("page", page_text), ("anon", anon_text), ("object", object_text), ("area", area_text),
            ("aspace", aspace_text), ("process", process_text), ("thread", thread_text), ("spinlock", spinlock_text),
            ("mutex", mutex_text), ("list", list_text)):
        printers.add_printer(name, "^%s$" % name, lambda value, describe=describe: Printer(value, describe))
    return printers


gdb.printing.register_pretty_printer(None, collection(), replace=True)
