"""The `ck` commands of gdb: what the kernel's structures say, read from memory without running any of its code.

`make debug` loads this file; by hand: `source kernel/gdb/ck.py`. `ck` alone lists the commands, `help ck NAME` explains one.

    memory.py   reading structures, lists, radix trees, physical memory
    threads.py  ck ps, threads, bt, locks
    paging.py   ck walk, maps, page, frames
    cache.py    ck object, cache, log
    clock.py    ck clock, trace
    swap.py     ck swap
    heap.py     ck heap
    attach.py   ck attach
    main.py     ck main
    loader.py   ck loader
    check.py    ck check: the invariants, computed here
    printers.py what print shows of the main structures
    unwind.py   backtraces through traps, into what was interrupted

A command prints what it finds and says so when a structure looks broken; it writes nothing to the machine, but for the
word that lets a waiting loader go.
"""
import os
import sys

import gdb

sys.dont_write_bytecode = True  # the source tree stays as it is
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import memory  # noqa: E402


class Ck(gdb.Command):
    """Look at Clockhand's structures: processes, threads, mappings, pages, caches, locks."""

    def __init__(self):
        super().__init__("ck", gdb.COMMAND_DATA, gdb.COMPLETE_NONE, True)

    def invoke(self, argument, from_tty):
        gdb.execute("help ck")


Ck()
for name in ("threads", "paging", "cache", "clock", "swap", "heap", "attach", "main", "loader", "check", "unwind", "printers"):
    __import__(name)
