"""ck clock, trace: the page-replacement clock, and the ring of memory events."""
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


ANSWERS = ("skipped", "idle", "referenced")
CLOCKS = ("one", "two", "adaptive")


def event_text(kind, detail, frame, number_):
    """What an event says behind its kind: as vmtrace_format() in mm/vmtrace.c."""
    low, high = number_ & 0xFFFFFFFF, number_ >> 32
    if kind == "FAULT":
        word = "refused" if detail >= 8 else "major" if detail & 1 else "minor"
        return "%s address %#x" % (word, number_)
    if kind in ("CLEAR", "TEST"):
        return "%s frame %d place %d name %#x" % (ANSWERS[detail % 3], frame, high, low)
    if kind == "EVICT":
        return "%s frame %d place %d name %#x" % ("stays" if detail else "goes", frame, high, low)
    if kind == "RUN":
        return "%s steps %d wanted %d" % (CLOCKS[detail % 3], high, low)
    if kind == "HANDS":
        return "%s front %d evicted %d back %d" % (CLOCKS[detail % 3], frame, high, low)
    if kind == "CLOCK":
        return "%s spread %d frames %d back %d" % (CLOCKS[detail % 3], frame, high, low)
    if kind in ("PROCESS_OUT", "PROCESS_IN"):
        return "%s process %d pages %d" % ("asleep" if detail else "at work", frame, number_)
    what = "pages" if kind == "READ_AHEAD" else "frame"
    return "%s %s %d block %d" % ("anon" if detail else "file", what, frame, number_)


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
        return "%d %.6f pid %d %s %s" % (sequence, time / 1e9, process, name.lower().replace("_", "-"),
                                         event_text(name, detail, frame, number_))


for command, name in ((Clock, "clock"), (Trace, "trace")):
    command(name)
