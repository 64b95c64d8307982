"""ck attach: the symbols of a process's program, and its address space."""
import os

import gdb

from memory import Command, number, process_of
from paging import path_of

loaded = None  # the file whose symbols gdb has: all programs are linked to the same addresses


def build_folder():
    """Where the kernel's ELF file is, and the programs with their debug information beside it."""
    return os.path.dirname(gdb.current_progspace().filename)


def symbols_load(path):
    global loaded
    file = os.path.join(build_folder(), "programs", path.lstrip("/"))
    if not os.path.exists(file):
        raise LookupError("%s is not one of our programs: no symbols" % path)
    if loaded not in (None, file):
        gdb.execute("remove-symbol-file %s" % loaded, to_string=True)
    if loaded != file:
        gdb.execute("add-symbol-file %s" % file, to_string=True)
        loaded = file
    print("symbols of %s" % path)


def thread_select(tid):
    """Selects gdb's thread `tid`. False with QEMU's stub, whose threads are processors."""
    for thread in gdb.selected_inferior().threads():
        if tid in thread.ptid[1:]:
            thread.switch()
            return True
    return False


class Attach(Command):
    """ck attach PID: loads the symbols of the program that the process runs, and selects its first thread.
With the kernel's own stub (STUB=own) addresses of user space are then the process's, backtraces go on into the program, and breakpoints
can be set in it. QEMU's stub knows processors only: the process's memory is seen while one of them runs it."""

    def run(self, words):
        if len(words) != 1:
            raise ValueError("usage: ck attach PID")
        process = process_of(number(words[0]))
        aspace = process["aspace"]
        if int(aspace) == 0 or int(aspace["program"]) == 0:
            raise LookupError("process %s runs no program" % words[0])
        symbols_load(path_of(aspace["program"]["dentry"].dereference()))
        if thread_select(int(process["pid"])):
            return
        top = int(aspace["table"]["top"]) - 0xFFFF800000000000
        try:
            now = int(gdb.parse_and_eval("(unsigned long)$cr3")) & ~0xFFF
        except gdb.error:
            now = 0
        print("this processor runs %s address space" % ("its" if now == top else "another"))


Attach("attach")
