"""ck heap: the malloc heap of a process, block by block, read through its page table.

The boundary tags tell all there is to know (libc/malloc_block.h), so no symbols of the program are needed: the heap begins
at the first multiple of 16 of the break area with a prolog, whose payload has the heads of the free lists, and ends with a
block of size 0. Large blocks are found by their headers (libc/malloc_large.h).
"""
from memory import DIRECT_MAP, PAGE_SIZE, Command, number, process_of
from paging import ADDRESS, areas_below, walk
import gdb

ALLOCATED, PREVIOUS_ALLOCATED, GIVEN_BACK = 1, 2, 8
ALIGNMENT, TAG, HEADS, UNIT = 16, 4, 64, 8
HEADER = 48  # of a large block


class Memory:
    """User memory of one process. A page that is not mapped is a LookupError."""

    def __init__(self, process):
        self.top = int(process["aspace"]["table"]["top"])
        self.pages = {}

    def page(self, address):
        start = address & ~(PAGE_SIZE - 1)
        if start not in self.pages:
            level, entry = 4, 0
            for level, _, entry in walk(self.top, start):
                pass
            if not entry & 1:
                raise LookupError("%#x is not in memory" % start)
            size = PAGE_SIZE << 9 * (level - 1)
            physical = (entry & ADDRESS & ~(size - 1)) + (start & (size - 1))
            self.pages[start] = gdb.selected_inferior().read_memory(DIRECT_MAP + physical, PAGE_SIZE).tobytes()
        return self.pages[start]

    def word(self, address, length=4):
        """A number of 4 or 8 bytes, which lies within one page as malloc's all do."""
        at = address & (PAGE_SIZE - 1)
        return int.from_bytes(self.page(address)[at:at + length], "little")


def blocks(memory, prolog):
    """(address, size, flags) of every block from a prolog to its epilog, which has size 0."""
    at = prolog
    while True:
        tag = memory.word(at)
        yield at, tag & ~15, tag & 15
        if tag & ~15 == 0:
            return
        at += tag & ~15


def free_text(memory, prolog, at, size, last):
    """What a free block says of itself: its links, and whether its second tag agrees with the first."""
    words = "wrong: tags differ" if memory.word(at + size - TAG) != size else ""
    if at + size == last:
        return words or "at the end, in no list"
    links = [prolog + UNIT * memory.word(at + field) for field in (4, 8)]
    names = ["list %d" % ((link - prolog) // UNIT - 1) if link <= prolog + UNIT * HEADS else "%#x" % (link + TAG)
             for link in links]
    return "%s  next %s  previous %s" % (words, names[0], names[1])


def show_stretch(memory, prolog, totals):
    found = list(blocks(memory, prolog))
    last, previous = found[-1][0], ALLOCATED
    for at, size, flags in found:
        kind = "allocated" if flags & ALLOCATED else "free"
        note = "prolog, with the heads of the lists" if at == prolog else "epilog" if size == 0 else ""
        if not flags & ALLOCATED:
            note = free_text(memory, prolog, at, size, last) + ("  given back" if flags & GIVEN_BACK else "")
        if bool(flags & PREVIOUS_ALLOCATED) != bool(previous & ALLOCATED):
            note += "  wrong: what is said of the block before"
        print("%#014x  %8d  %-9s  %s" % (at + TAG, size, kind, note))
        totals[kind] = totals.get(kind, 0) + size
        totals["wrong"] = totals.get("wrong", 0) + note.count("wrong")
        previous = flags


def large_length(memory, at):
    """The length of the large block whose mapping begins there, or 0 if there is none."""
    try:
        mark = memory.word(at + HEADER - 8)
        hashed = (at // ALIGNMENT * 0x9E3779B1 & 0xFFFFFFFF) ^ 0x6D61700A
        return memory.word(at + 24, 8) if memory.word(at + 16, 8) == at and mark == hashed else 0
    except LookupError:
        return 0


def show_large(memory, process, totals):
    for area in areas_below(process["aspace"]["areas"]["root"]):
        at = int(area["start"])
        while at < int(area["end"]):
            length = large_length(memory, at)
            if length:
                print("%#014x  %8d  large" % (at + HEADER, length))
                totals["large"] = totals.get("large", 0) + length
            at += length or PAGE_SIZE * 1024


class Heap(Command):
    """ck heap PID: the malloc heap of a process block by block: payload's address, size, allocated or free, its links."""

    def run(self, words):
        if len(words) != 1:
            raise ValueError("usage: ck heap PID")
        process = process_of(number(words[0]))
        if int(process["aspace"]) == 0:
            raise LookupError("process %s has no address space" % words[0])
        memory, totals = Memory(process), {}
        start, end = int(process["aspace"]["brk_start"]), int(process["aspace"]["brk"])
        prolog = (start + ALIGNMENT - 1 & ~(ALIGNMENT - 1)) + ALIGNMENT - TAG
        if start == end or memory.word(prolog) != (HEADS * UNIT + ALIGNMENT | ALLOCATED | PREVIOUS_ALLOCATED):
            print("process %s has no heap of libc's malloc" % words[0])
        else:
            show_stretch(memory, prolog, totals)
        show_large(memory, process, totals)
        print("%d bytes allocated, %d free, %d in large blocks; %d contradictions" % tuple(
            totals.get(kind, 0) for kind in ("allocated", "free", "large", "wrong")))


Heap("heap")
