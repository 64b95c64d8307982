"""ck check: the invariants of mm/check.h, computed by gdb itself from memory.

The machine must be quiet: a CPU stopped in the middle of a change shows as a violation that is none.
"""
import gdb

from memory import DIRECT_MAP, PAGE_SHIFT, Command, at, fetched, linked, radix_entries, static, value
from paging import ADDRESS, rmap_entries


def leaves(table, level=4, base=0):
    """(address, level, entry) of every leaf in the lower half, table pages read whole."""
    data = gdb.selected_inferior().read_memory(table, 4096).tobytes()
    for index in range(256 if level == 4 else 512):
        entry = int.from_bytes(data[8 * index:8 * index + 8], "little")
        if not entry & 1:
            continue
        address = base + (index << (PAGE_SHIFT + 9 * (level - 1)))
        if level == 1 or (level < 4 and entry >> 7 & 1):
            yield address, level, entry
        else:
            yield from leaves(DIRECT_MAP + (entry & ADDRESS), level - 1, address)


class Check(Command):
    """ck check: asserts I1 to I6 over all address spaces and caches, and says which object broke which."""

    def run(self, words):
        self.wrong, self.seen = 0, 0
        self.active, self.free = int(value("(int)PAGE_ACTIVE")), int(value("(int)PAGE_FREE"))
        self.dirty = int(value("(int)PAGE_DIRTY"))
        self.zero = int(value("(unsigned long)zero_page"))
        self.pages = fetched(value("page_array"))
        for aspace in linked(static("mm/aspace.c", "all"), "aspace", "all_link"):
            self.check_overlay(aspace)
            self.check_table(aspace)
        print("%d pages and mappings looked at, %d violations" % (self.seen, self.wrong))

    def expect(self, holds, invariant, what):
        self.seen += 1
        if not holds:
            self.wrong += 1
            print("%s violated: %s" % (invariant, what))

    def check_overlay(self, aspace):
        for index, anon in radix_entries(aspace["overlay"]):
            anon_value = fetched(at(anon, "anon"))
            page = int(anon_value["page"])
            self.expect(int(anon_value["references"]) > 0, "I8", "anon %#x at page %#x has no reference" % (anon, index))
            if page != 0:
                self.expect(int(at(page, "page")["anon"]) == anon, "I1", "page %#x is not the page of its anon %#x" % (page, anon))

    def check_table(self, aspace):
        space = int(aspace.address)
        for address, level, entry in leaves(int(aspace["table"]["top"])):
            first = (entry & ADDRESS) >> PAGE_SHIFT
            for i in range(1 << 9 * (level - 1)):
                self.check_leaf(space, address + (i << PAGE_SHIFT), first + i, entry)

    def check_leaf(self, space, address, frame, entry):
        page = fetched(self.pages[frame])
        where = "frame %#x at %#x" % (frame, address)
        if int(page.address) == self.zero:
            return  # the page of zeros, mapped read-only by all, has no reverse map
        self.expect(int(page["state"]) == self.active, "I4", where + " is mapped but not active")
        self.expect((space, address) in list(rmap_entries(page)), "I2", where + " is not in the reverse map")
        if entry >> 1 & 1:
            self.expect(int(page["flags"]) & self.dirty, "I3", where + " is writable but not dirty")


Check("check")
