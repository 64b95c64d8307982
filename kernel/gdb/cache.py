"""The page cache and the log: ck object, ck cache, ck log."""
import gdb

from memory import Command, at, enum_name, flag_names, linked, number, page_frame, processes
from memory import radix_entries, static


def print_page(index, page):
    print("  page %-8d frame %#-8x %-8s %s" % (
        index, page_frame(page), enum_name("page_state", int(page["state"])).replace("PAGE_", ""),
        flag_names("page_flag", int(page["flags"]), "PAGE_")))


def print_object(address):
    thing = at(address, "object")
    print("object %#x  %s  size %d bytes  %d references  %d pages in memory, %d dirty" % (
        address, enum_name("object_kind", int(thing["kind"])).replace("OBJECT_", "").lower(), thing["size"],
        thing["references"], thing["pages"]["count"], thing["dirty_pages"]))
    for index, page in radix_entries(thing["pages"]):
        print_page(index, at(page, "page"))
    for index, anon in radix_entries(thing["overlay"]):  # of shared memory
        anon = at(anon, "anon")
        if int(anon["page"]) != 0:
            print_page(index, anon["page"].dereference())
        else:
            print("  page %-8d on swap, block %d" % (index, anon["block"]))


class Object(Command):
    """ck object ADDRESS: an object (file, device, shared memory) and its pages in memory; of shared memory those on swap, too."""

    def run(self, words):
        if len(words) != 1:
            raise ValueError("usage: ck object ADDRESS")
        print_object(number(words[0]))


def dentry_found(path):
    """The cached dentry of an absolute path, from the root on, across mounts."""
    dentry = next(iter(processes()))["fs"]["root"].dereference()
    for name in [n for n in path.split("/") if n]:
        for child in linked(dentry["children"], "dentry", "sibling"):
            if child["name"].string(errors="replace") == name:
                dentry = child
                break
        else:
            raise LookupError("%s is not in the name cache" % path)
        while int(dentry["mounted"]) != 0:
            dentry = dentry["mounted"].dereference()
    return dentry


class Cache(Command):
    """ck cache PATH: the pages of a file that are in memory. The path must be absolute and in the name cache."""

    def run(self, words):
        if len(words) != 1:
            raise ValueError("usage: ck cache PATH")
        dentry = dentry_found(words[0])
        if int(dentry["inode"]) == 0:
            raise LookupError("%s does not exist (the cache remembers that)" % words[0])
        print_object(int(dentry["inode"]["object"].address))


class Log(Command):
    """ck log [LINES]: the end of the kernel's log (40 lines without an argument)."""

    def run(self, words):
        lines = number(words[0]) if words else 40
        ring = static("kernel/log.c", "ring")
        size, end = ring.type.sizeof, int(static("kernel/log.c", "ring_end"))
        memory = gdb.selected_inferior().read_memory(int(ring.address), size).tobytes()
        start = max(0, end - size)
        whole = bytes(memory[i % size] for i in range(start, end))
        for line in whole.decode(errors="replace").splitlines()[-lines:]:
            print(line)


for command, name in ((Object, "object"), (Cache, "cache"), (Log, "log")):
    command(name)
