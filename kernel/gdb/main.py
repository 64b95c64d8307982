"""ck main: from wherever the machine stands to `main` of a program.

    1. the program's symbols are loaded
    2. a breakpoint in the kernel, where an execve has made its new address space: the program's, or another's and on it goes
    3. a hardware breakpoint at the program's main: its page may not be in memory yet, and all programs share their addresses, so that
       it counts in that program only
"""
import os
import re

import gdb

from attach import build_folder, symbols_load
from memory import DIRECT_MAP, Command, processes
from paging import ADDRESS, path_of

EXECUTED = "sighand_reset"  # called by execve with the new address space in use
FOLDERS = ("/bin", "/tests")


def path_given(command):
    """The path of the program that a command line begins with."""
    words = [word for word in command.split() if not re.match(r"\w+=", word)]
    if not words:
        raise ValueError("usage: ck main PROGRAM [ARGUMENT...]")
    paths = [words[0]] if "/" in words[0] else ["%s/%s" % (folder, words[0]) for folder in FOLDERS]
    for path in paths:
        if os.path.exists(os.path.join(build_folder(), "programs", path.lstrip("/"))):
            return path
    raise LookupError("%s is not one of our programs: no symbols" % words[0])


def path_running():
    """The path of the program whose address space the selected processor uses, or none."""
    top = DIRECT_MAP + (int(gdb.parse_and_eval("$cr3")) & ADDRESS)
    for process in processes():
        aspace = process["aspace"]
        if int(aspace) != 0 and int(aspace["table"]["top"]) == top and int(aspace["program"]) != 0:
            return path_of(aspace["program"]["dentry"].dereference())
    return None


class InProgram(gdb.Breakpoint):
    """A breakpoint that stops where one program runs."""

    def __init__(self, place, kind, path):
        super().__init__(place, type=kind, internal=True)
        self.silent = True
        self.path = path

    def stop(self):
        return path_running() == self.path


def continue_to(place, kind, path):
    breakpoint = InProgram(place, kind, path)
    gdb.execute("continue", to_string=True)
    hits = breakpoint.hit_count
    breakpoint.delete()
    if hits == 0 or path_running() != path:
        raise LookupError("something else stopped the machine before %s ran" % path)


class Main(Command):
    """ck main PROGRAM [ARGUMENT...]: goes on until PROGRAM is executed, and stops at its main, with its symbols.
PROGRAM is a path in the guest, or the name of one of /bin or /tests. Somebody has to execute it: make debug EXEC='PROGRAM ...' sees to that."""

    def run(self, words):
        path = path_given(" ".join(words))
        continue_to(EXECUTED, gdb.BP_BREAKPOINT, path)
        symbols_load(path)
        continue_to("main", gdb.BP_HARDWARE_BREAKPOINT, path)
        gdb.execute("frame")


Main("main")
