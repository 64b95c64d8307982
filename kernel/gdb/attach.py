"""ck attach: the symbols of a process's program, and its address space; and backtraces in it."""
import os

import gdb

from heap import Memory
from memory import DIRECT_MAP, Command, number, process_of
from paging import ADDRESS, path_of

loaded = None  # the file whose symbols gdb has: all programs are linked to the same addresses


def build_folder():
    """Where the kernel's ELF file is, and the programs with their debug information beside it."""
    return os.path.dirname(gdb.current_progspace().filename)


def symbol_file(path):
    return os.path.join(build_folder(), "programs", path.lstrip("/"))


def program_of(process):
    """The path of the program that a process runs, or none."""
    aspace = process["aspace"]
    if int(aspace) == 0 or int(aspace["program"]) == 0:
        return None
    return path_of(aspace["program"]["dentry"].dereference())


def symbols_load(path):
    global loaded
    file = symbol_file(path)
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


def processor_select(top):
    """Selects the processor, a thread of QEMU's stub, that uses these page tables. False if none does, or it cannot be known (a dump)."""
    before = gdb.selected_thread()
    try:
        for thread in gdb.selected_inferior().threads():
            thread.switch()
            if DIRECT_MAP + (int(gdb.parse_and_eval("(unsigned long)$cr3")) & ADDRESS) == top:
                return True
    except gdb.error:
        pass
    if before is not None:
        before.switch()
    return False


def user_backtrace(process, registers):
    """The addresses of code that a thread of a process goes back through, from where it entered the kernel; through the page table.
Empty without the symbols of just this program."""
    program = program_of(process)
    if program is None or symbol_file(program) != loaded:
        return
    memory = Memory(process)
    rip, rbp = int(registers["rip"]), int(registers["rbp"])
    line = gdb.find_pc_line(rip)
    try:
        yield rip
        if line.symtab is not None and line.symtab.filename.endswith(".asm"):  # it keeps no frame pointer: its caller is on the stack
            yield memory.word(int(registers["rsp"]), 8)
        while rbp % 8 == 0:
            rip, above = memory.word(rbp + 8, 8), memory.word(rbp, 8)
            if rip == 0:
                return
            yield rip
            if above <= rbp:
                return
            rbp = above
    except LookupError:
        return  # that far the stack is in memory


class Attach(Command):
    """ck attach PID: loads the symbols of the program that the process runs, and selects its first thread.
With the kernel's own stub (STUB=own) addresses of user space are then the process's, and bt goes on into the program. QEMU's stub knows
processors only: the one that runs the process is selected; if none does, ck bt PID goes on into the program. Breakpoints in it stop
either way."""

    def run(self, words):
        if len(words) != 1:
            raise ValueError("usage: ck attach PID")
        process = process_of(number(words[0]))
        program = program_of(process)
        if program is None:
            raise LookupError("process %s runs no program" % words[0])
        symbols_load(program)
        if thread_select(int(process["pid"])):
            return
        if processor_select(int(process["aspace"]["table"]["top"])):
            print("this processor runs it")
        else:
            print("no processor runs it now: ck bt %s, ck heap %s, ck maps %s read its memory" % ((words[0],) * 3))


Attach("attach")
