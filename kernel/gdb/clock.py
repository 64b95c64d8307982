"""ck clock, trace: the page-replacement clock, and the ring of memory events."""
import re
import struct

import gdb
from memory import Command, enum_name, number, static, structure, value


class Clock(Command):
    """ck clock: the hands, their spread, the watermarks by name, and what the hands have done."""

    def run(self, words):
        hands = static("mm/hands.c", "hands")
        clock, marks = hands["clock"], hands["marks"]
        if int(clock["frames"]) == 0:
            print("there is no clock yet")
            return
        kind = enum_name("clock_kind", int(clock["kind"])).replace("CLOCK_", "").lower().replace("_", " ")
        print("clock %s over %d frames" % (kind, clock["frames"]))
        print("  front hand at place %#x, back hand at %#x, spread %d" % (clock["front"], clock["back"], clock["spread"]))
        print("  lotsfree %d  desfree %d  minfree %d frames" % (marks["lotsfree"], marks["desfree"], marks["minfree"]))
        print("  scan_max %d frames a second with nothing free" % marks["scan_max"])
        if int(clock["adaptive"]) != 0:
            adaptive = clock["adaptive"].dereference()
            print("  hot %d, cold %d frames, hot hand at %#x" % (adaptive["hot"], adaptive["cold"], adaptive["hot_hand"]))
        counts = clock["counts"]
        print("  " + "  ".join("%s %d" % (field.name, counts[field.name]) for field in counts.type.fields()))


ANSWERS = ("skipped", "idle", "referenced", "streamed")
CLOCKS = ("one", "two", "adaptive")

# What kinds of events say behind their word: their frame, their value in full, its upper and its lower half.
FORMS = {
    "NONE": "",
    "FAULT": " address {value:#x}",
    "CLEAR": " frame {frame} place {high} name {low:#x}",
    "TEST": " frame {frame} place {high} name {low:#x}",
    "EVICT": " frame {frame} place {high} name {low:#x}",
    "RESCUE": " frame {frame} name {value:#x}",
    "PAGE_IN": " frame {frame} block {value}",
    "PAGE_OUT": " frame {frame} block {value}",
    "READ_AHEAD": " pages {frame} index {value}",
    "RUN": " spread {frame} steps {high} wanted {low}",
    "HANDS": " front {frame} evicted {high} back {low}",
    "CLOCK": " spread {frame} frames {high} back {low}",
    "PROCESS_OUT": " process {frame} pages {value}",
    "PROCESS_IN": " process {frame} pages {value}",
}


def event_word(kind, detail):
    """What an event's detail says."""
    if kind == "FAULT":
        return "refused" if detail >= 8 else "major" if detail & 1 else "minor"
    if kind in ("CLEAR", "TEST"):
        return ANSWERS[detail] if detail < len(ANSWERS) else "?"
    if kind in ("RUN", "HANDS", "CLOCK"):
        return CLOCKS[detail] if detail < len(CLOCKS) else "?"
    if kind in ("PROCESS_OUT", "PROCESS_IN"):
        return "asleep" if detail else "at work"
    if kind == "EVICT":
        return "stays" if detail else "goes"
    return "anon" if detail else "file"


def event_text(kind, detail, frame, number_):
    """What an event says behind its kind, in the words of vmtrace_format() in mm/vmtrace.c."""
    form = FORMS[kind].format(frame=frame, value=number_, high=number_ >> 32, low=number_ & 0xFFFFFFFF)
    return event_word(kind, detail) + re.sub(r"\b0x0\b", "0", form)


class Trace(Command):
    """ck trace [COUNT [KIND]]: the last events of memory management (20), or of one kind such as fault, evict, rescue, page-in."""

    def run(self, words):
        ring = value("vmtrace_ring")
        size, end, slots = int(ring["size"]), int(ring["next"]), int(ring["slots"])
        if slots == 0:
            print("the event ring is off (option vmtrace=)")
            return
        count = number(words[0]) if words else 20
        wanted = words[1].upper().replace("-", "_") if len(words) > 1 else None
        lines = []
        for sequence in range(end - 1, max(end - size, 0) - 1, -1):
            line = self.event(slots, sequence, size, wanted)
            if line is not None:
                lines.append(line)
            if len(lines) == count:
                break
        for line in reversed(lines):
            print(line)

    @staticmethod
    def event(slots, sequence, size, wanted):
        length = structure("vmtrace_slot").sizeof
        memory = gdb.selected_inferior().read_memory(slots + sequence % size * length, length).tobytes()
        stored, time, kind, detail, process, frame, number_ = struct.unpack("<QQBBHIQ", memory)
        name = enum_name("vmtrace_kind", kind).replace("VMTRACE_", "")
        if stored != sequence + 1 or wanted not in (None, name):
            return None
        return "%d %d.%06d pid %d %s %s" % (sequence, time // 10**9, time % 10**9 // 1000, process,
                                            name.lower().replace("_", "-"), event_text(name, detail, frame, number_))


for command, name in ((Clock, "clock"), (Trace, "trace")):
    command(name)
