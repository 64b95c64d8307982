"""Addresses and frames: ck walk, ck maps, ck page, ck frames."""
import gdb

from memory import DIRECT_MAP, PAGE_SHIFT, PAGE_SIZE, Command, at, enum_name, fetched, flag_names, linked, number, page_frame, process_of
from memory import offset, processes, reached, read_u64, static, structure, text, value

LEVELS = {4: "PML4", 3: "PDPT", 2: "PD", 1: "PT"}
SIZES = {3: "1 GB", 2: "2 MB", 1: "4 KB"}
BITS = ((0, "P"), (1, "RW"), (2, "US"), (3, "PWT"), (4, "PCD"), (5, "A"), (6, "D"), (7, "PS"), (8, "G"), (63, "XD"))
ADDRESS = 0x000FFFFFFFFFF000


def bit_names(entry, level):
    return " ".join(name for bit, name in BITS if entry >> bit & 1 and not (bit == 7 and level == 1)) or "not present"


def walk(top, address):
    """(level, index, entry) from the top to where the walk ends; `top` is the kernel's pointer to the PML4."""
    table = top
    for level in (4, 3, 2, 1):
        index = address >> (PAGE_SHIFT + 9 * (level - 1)) & 511
        entry = read_u64(table + 8 * index)
        yield level, index, entry
        if not entry & 1 or level == 1 or (level < 4 and entry >> 7 & 1):
            return
        table = DIRECT_MAP + (entry & ADDRESS)


def top_of(words):
    """The top-level table that `[PID]` names: a process's, or the one the selected CPU uses."""
    if len(words) == 2:
        process = process_of(number(words[0]))
        if int(process["aspace"]) == 0:
            raise LookupError("process %s has no address space" % words[0])
        return int(process["aspace"]["table"]["top"])
    try:
        return DIRECT_MAP + (int(gdb.parse_and_eval("$cr3")) & ADDRESS)
    except gdb.error:
        return int(value("kernel_table.top"))


class Walk(Command):
    """ck walk [PID] ADDRESS: the page walk level by level, with every bit by name, and the page size it ends with."""

    def run(self, words):
        if len(words) not in (1, 2):
            raise ValueError("usage: ck walk [PID] ADDRESS")
        address = number(words[-1])
        if address >> 47 not in (0, 0x1FFFF):
            print("%#018x is not canonical: bits 48 to 63 differ from bit 47" % address)
            return
        level, entry = 4, 0
        for level, index, entry in walk(top_of(words), address):
            print("%-4s [%3d] = %#018x  %s" % (LEVELS[level], index, entry, bit_names(entry, level)))
        if not entry & 1:
            print("%#x is not mapped" % address)
            return
        size = PAGE_SIZE << 9 * (level - 1)
        physical = (entry & ADDRESS & ~(size - 1)) + (address & (size - 1))
        print("%#x is physical %#x, frame %#x, in a page of %s" % (address, physical, physical >> PAGE_SHIFT, SIZES[level]))


def areas_below(area):
    if int(area) == 0:
        return
    yield from areas_below(area["left"])
    yield area.dereference()
    yield from areas_below(area["right"])


def path_of(dentry):
    names = []
    for _ in range(64):
        if int(dentry["covers"]) != 0:
            dentry = dentry["covers"].dereference()
        elif int(dentry["parent"]) == int(dentry.address):
            break
        names.append(dentry["name"].string(errors="replace"))
        dentry = dentry["parent"].dereference()
    return "/" + "/".join(reversed([n for n in names if n and n != "/"]))


class Maps(Command):
    """ck maps PID: the areas of a process: addresses, rights, shared or private, object, file."""

    def run(self, words):
        if len(words) != 1:
            raise ValueError("usage: ck maps PID")
        process = process_of(number(words[0]))
        if int(process["aspace"]) == 0:
            print("process %s has no address space any more" % words[0])
            return
        for area in areas_below(process["aspace"]["areas"]["root"]):
            flags = int(area["flags"])
            rights = "".join(letter if flags >> bit & 1 else "-" for bit, letter in enumerate("rwx"))
            kind = "s" if flags >> 4 & 1 else "p"
            name = ""
            if int(area["file"]) != 0 and int(area["file"]["dentry"]) != 0:
                name = path_of(area["file"]["dentry"].dereference())
            print("%012x-%012x %s%s  first %-6d object %-18s %s" % (
                area["start"], area["end"], rights, kind, area["first"],
                "%#x" % int(area["object"]) if int(area["object"]) else "zero fill", name))


def rmap_entries(page):
    """(address space, address) of every mapping of a page."""
    rmap = int(page["rmap"])
    if rmap == 0:
        return
    if rmap & 1 == 0:
        yield rmap, int(page["rmap_address"])
        return
    node = rmap & ~1
    while node != 0:
        entries = fetched(at(node, "rmap_node"))
        for place in range(3):
            if int(entries["places"][place]["aspace"]) != 0:
                yield int(entries["places"][place]["aspace"]), int(entries["places"][place]["address"])
        node = int(entries["next"])


def owner_of(aspace):
    for process in processes():
        if int(process["aspace"]) == aspace:
            return "%d (%s)" % (process["pid"], text(process["name"]))
    return "address space %#x" % aspace


def name_of(page):
    flags = int(page["flags"])
    if flags & int(value("(int)PAGE_ANON")):
        anon = page["anon"].dereference()
        return "anonymous, anon %#x, %d references, swap block %d" % (
            int(page["anon"]), anon["references"], anon["block"])
    return "page %d of object %#x" % (page["index"], int(page["object"]))


class Page(Command):
    """ck page FRAME: a frame's state, name, flags, pins, and every mapping of it. The argument is a frame number."""

    def run(self, words):
        if len(words) != 1:
            raise ValueError("usage: ck page FRAME")
        frame = number(words[0])
        if frame >= int(value("frame_limit")):
            raise LookupError("there are frames 0 to %#x" % (int(value("frame_limit")) - 1))
        page = value("page_array")[frame]
        state = enum_name("page_state", int(page["state"]))
        print("frame %#x  physical %#x  struct page %#x" % (frame, frame << PAGE_SHIFT, int(page.address)))
        print("  state   %s" % state)
        print("  flags   %s" % flag_names("page_flag", int(page["flags"]), "PAGE_"))
        print("  pins    %d" % page["pins"])
        if state in ("PAGE_ACTIVE", "PAGE_STANDBY"):
            print("  name    %s" % name_of(page))
            for aspace, address in rmap_entries(page):
                print("  mapped  at %#x by %s" % (address, owner_of(aspace)))


def states():
    """How many frames are in each state: the frame array read in large pieces."""
    size, limit = structure("page").sizeof, int(value("frame_limit"))
    state_at, base = offset("page", "state"), int(value("(unsigned long)page_array"))
    counts = {}
    for start in range(0, limit, PAGE_SIZE // size):
        count = min(PAGE_SIZE // size, limit - start)
        try:
            block = gdb.selected_inferior().read_memory(base + start * size, count * size).tobytes()
        except gdb.MemoryError:
            continue  # a hole in physical memory has no array
        for i in range(count):
            state = block[i * size + state_at]
            counts[state] = counts.get(state, 0) + 1
    return counts


class Frames(Command):
    """ck frames: how many frames are in each state, the runs on the buddy allocator's free lists, what each CPU keeps of them, and
the standby list with its oldest page."""

    def run(self, words):
        for state, count in sorted(states().items()):
            name = enum_name("page_state", state).replace("PAGE_", "")
            print("%-9s %8d frames  %8d KB" % (name, count, count * 4))
        buddy = static("mm/frame.c", "pool")["buddy"]
        for order in range(19):
            runs = int(buddy["runs"][order])
            if runs:
                print("free runs of %6d frames: %d" % (1 << order, runs))
        fronts = static("mm/frame.c", "frame_cpus")
        print("free in front lists: %s" % " ".join(
            "CPU %d: %d" % (i, fronts[i]["front"]["count"]) for i in range(8) if int(value("cpus[%d].started" % i))))
        standby, problem = reached(linked(static("mm/standby.c", "standby")["pages"], "page", "link"))
        print("standby list: %d pages%s" % (len(standby), "" if problem is None else ", then %s" % problem))
        if standby:
            print("  the oldest is frame %#x, %s" % (page_frame(standby[0]), name_of(standby[0])))


for command, name in ((Walk, "walk"), (Maps, "maps"), (Page, "page"), (Frames, "frames")):
    command(name)
