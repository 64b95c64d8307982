"""Reading the kernel's memory by type: structures, lists, radix trees; and physical memory through the direct map."""
import struct

import gdb

DIRECT_MAP = 0xFFFF800000000000
PAGE_SHIFT = 12
PAGE_SIZE = 1 << PAGE_SHIFT


class Command(gdb.Command):
    """A subcommand `ck NAME`: the docstring of the class is its help, run(words) its work."""

    def __init__(self, name):
        super().__init__("ck " + name, gdb.COMMAND_DATA)
        self.name = name

    def invoke(self, argument, from_tty):
        try:
            self.run(gdb.string_to_argv(argument))
        except (gdb.error, ValueError, LookupError) as problem:
            raise gdb.GdbError("ck %s: %s" % (self.name, problem))


def static(file, name):
    """The static variable `name` of a source file."""
    return gdb.parse_and_eval("'%s'::%s" % (file, name))


def value(expression):
    return gdb.parse_and_eval(expression)


def number(argument):
    """A number as gdb writes them, or any expression."""
    result = gdb.parse_and_eval(argument)
    if result.type.code == gdb.TYPE_CODE_FUNC:
        result = result.address
    return int(result) & 0xFFFFFFFFFFFFFFFF


def text(array):
    return array.string(errors="replace")


def structure(name):
    return gdb.lookup_type("struct " + name)


def at(address, name):
    """The struct `name` at an address."""
    return gdb.Value(int(address)).cast(structure(name).pointer()).dereference()


def fetched(thing):
    """The same structure or array, read in one piece: else gdb asks for each member by itself, which takes its time on a serial line."""
    thing.fetch_lazy()
    return thing


def member_place(kind, name):
    """(byte offset, type) of a member, which may lie in a structure or union without a name."""
    for field in kind.fields():
        if field.name == name:
            return field.bitpos // 8, field.type
        if not field.name:
            inner = member_place(field.type, name)
            if inner is not None:
                return field.bitpos // 8 + inner[0], inner[1]
    return None


def offset(name, member):
    """Byte offset of a member, possibly nested with dots."""
    total, kind = 0, structure(name)
    for part in member.split(".") if member else ():
        place = member_place(kind, part)
        if place is None:
            raise LookupError("struct %s has no %s" % (name, member))
        total += place[0]
        kind = place[1]
    return total


def linked(head, name, member, limit=100000):
    """Every structure on a circular list; without a member, every link of it."""
    start, distance = int(head.address), offset(name, member)
    link = int(head["next"])
    for _ in range(limit):
        if link == start:
            return
        if link == 0:
            raise LookupError("the list at %#x is broken: a link is null" % start)
        yield at(link - distance, name)
        link = int(at(link, "list")["next"])
    raise LookupError("the list at %#x goes on behind %d links" % (start, limit))


def reached(things):
    """What a walk finds as far as it gets, and the problem that ended it, or None: where the machine stopped, somebody may be changing the list."""
    found = []
    try:
        for thing in things:
            found.append(thing)
    except (gdb.error, LookupError) as problem:
        return found, problem
    return found, None


def radix_entries(tree):
    """(index, address) of every entry of a radix tree."""

    def below(address):
        node = fetched(at(address, "radix_node"))
        prefix, level = int(node["prefix"]), int(node["level"])
        for i in range(64):
            entry = int(node["slot"][i])
            if entry == 0:
                continue
            if level == 1:
                yield (prefix << 6) | i, entry
            else:
                yield from below(entry)

    if int(tree["root"]) != 0:
        yield from below(int(tree["root"]))


def enum_name(kind, number_):
    for field in gdb.lookup_type("enum " + kind).fields():
        if field.enumval == number_:
            return field.name
    return str(number_)


def flag_names(kind, bits, prefix):
    names = [f.name for f in gdb.lookup_type("enum " + kind).fields() if f.enumval & bits == f.enumval != 0]
    return " ".join(n[len(prefix):] if n.startswith(prefix) else n for n in names) or "-"


def read_u64(address):
    return int.from_bytes(gdb.selected_inferior().read_memory(address, 8).tobytes(), "little")


def read_words(address, count):
    """So many words of 8 bytes."""
    return struct.unpack("<%dQ" % count, gdb.selected_inferior().read_memory(address, 8 * count).tobytes())


def page_frame(page):
    """The frame number of a struct page."""
    return (int(page.address) - int(value("(unsigned long)page_array"))) // structure("page").sizeof


def processes():
    return linked(value("process_all"), "process", "all_link")


def process_of(pid):
    for process in processes():
        if int(process["pid"]) == pid:
            return process
    raise LookupError("there is no process %d" % pid)


def threads():
    for i in range(8):
        cpu = value("cpus[%d]" % i)
        if int(cpu["idle_thread"]) != 0:
            yield cpu["idle_thread"].dereference()
    yield from linked(static("kernel/sched.c", "queue")["all"], "thread", "all_link")


def symbol(address):
    """`function+offset` of a code address."""
    words = gdb.execute("info symbol %#x" % address, to_string=True).split(" in section")[0].strip()
    return words.replace(" + ", "+") if not words.startswith("No symbol") else "?"
