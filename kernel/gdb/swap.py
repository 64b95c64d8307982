"""ck swap: the swap areas, what is in them, and whether owners and anons agree (S1 of mm/swap.h)."""
from memory import Command, at, enum_name, number, read_words, value

OWNERS_PER_FRAME = 512
SLOT_BITS = 28


def owners(area):
    """(slot, address of the anon) of every slot that has an owner."""
    if int(area["owners"]) == 0:
        return
    frames = read_words(int(area["owners"]), (int(area["pages"]) + OWNERS_PER_FRAME - 1) // OWNERS_PER_FRAME)
    for stretch, frame in enumerate(frames):
        for i, owner in enumerate(read_words(frame, OWNERS_PER_FRAME) if frame else ()):
            if owner != 0:
                yield stretch * OWNERS_PER_FRAME + i, owner


def area_line(index, area):
    path = area["path"].string() if int(area["path"]) != 0 else "?"
    state = enum_name("swap_state", int(area["state"])).replace("SWAP_", "").lower()
    return "area %d  %s  %s  priority %d  %d of %d pages used" % (
        index, path, state, area["priority"], area["used"], area["pages"])


class Swap(Command):
    """ck swap [AREA]: the swap areas; with a number the slots of that one: owner, references, whether its page is in memory, too."""

    def run(self, words):
        areas = value("swap_areas")
        wrong = shown = 0
        for index in range(areas.type.range()[1] + 1):
            area = areas[index]
            if enum_name("swap_state", int(area["state"])) == "SWAP_ABSENT":
                continue
            shown += 1
            print(area_line(index, area))
            for slot, address in owners(area):
                anon = at(address, "anon")
                if int(anon["block"]) != (index << SLOT_BITS | slot):
                    wrong += 1
                    print("  slot %d: its owner %#x believes to have block %#x" % (slot, address, anon["block"]))
                elif words and number(words[0]) == index:
                    print("  slot %-6d anon %#x  references %d  %s" % (
                        slot, address, anon["references"], "in memory, too" if int(anon["page"]) else "only here"))
        print("%d areas, %d violations" % (shown, wrong))


Swap("swap")
