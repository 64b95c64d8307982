"""ck loader: the loader's symbols, at the place that the firmware has chosen for it.

The place is not known before the loader runs. Its first line in the log tells it; where it waits for a debugger then (make debug
LOADER=1), it goes in a circle in debugger_wait (boot/debugger.c) until it is let go.
"""
import os
import re
import signal
import threading

import gdb

from attach import build_folder
from memory import Command

SECONDS = 0.1  # between two looks at the log
FRAMES = 3     # debugger_wait has these at most, itself among them


def place_told(log):
    """The address of the loader's image, or none when it has not come so far."""
    with open(log, errors="replace") as lines:
        told = re.search(r"^loader: at (0x[0-9A-F]+)\n", lines.read(), re.MULTILINE)
    return told and int(told.group(1), 16)


def continue_until_told(log):
    """Goes on, and breaks in as ^C does when the loader has told its place."""
    stopped = threading.Event()

    def look():
        while not stopped.wait(SECONDS):
            if place_told(log):
                os.kill(os.getpid(), signal.SIGINT)
                return

    threading.Thread(target=look, daemon=True).start()
    try:
        gdb.execute("continue", to_string=True)
    finally:
        stopped.set()


def waiting_frame():
    """Selects the processor that waits for a debugger; its frame of debugger_wait, or none."""
    for thread in gdb.selected_inferior().threads():
        thread.switch()
        frame = gdb.newest_frame()
        for _ in range(FRAMES):
            if frame is not None and frame.name() == "debugger_wait":
                return frame
            frame = frame and frame.older()
    return None


class Loader(Command):
    """ck loader LOG: loads the symbols of the loader, which tells its place in the log of the machine, the file LOG.
When it has not come so far, the machine goes on until it has. When it waits for a debugger it is let go, and stops in its efi_main.
make debug says this command; with LOADER=1 before the loader has begun."""

    def run(self, words):
        if len(words) != 1:
            raise ValueError("usage: ck loader LOG")
        is_past = bool(place_told(words[0]))
        if not is_past:
            continue_until_told(words[0])
        place = place_told(words[0])
        if not place:
            raise LookupError("something else stopped the machine before the loader ran")
        gdb.execute("add-symbol-file '%s' -o %#x" % (os.path.join(build_folder(), "loader.so"), place), to_string=True)
        print("symbols of the loader at %#x" % place)
        frame = None if is_past else waiting_frame()
        if frame:
            frame.select()
            gdb.execute("set var debugger_is_here = 1")
            gdb.execute("finish", to_string=True)
            gdb.execute("frame")


Loader("loader")
