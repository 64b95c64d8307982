"""Backtraces through traps: from the C function that entry.asm calls to the code that was interrupted.

gdb knows nothing of the frames that entry.asm builds. Behind the call of a C function the stack pointer stands at a struct registers
(kernel/registers.h), which has everything there is to know about the caller.
"""
import gdb
from gdb.unwinder import Unwinder, register_unwinder

from memory import at, fetched, value

REGISTERS = ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "rip", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15")
CALL = 0xE8
CALL_LENGTH = 5


class FrameId:
    def __init__(self, sp, pc):
        self.sp, self.pc = sp, pc


def follows_call(pc):
    """Whether `pc` is a return address in entry.asm: elsewhere in it the stack pointer may be anywhere."""
    if not int(value("(unsigned long)&trap_text_start")) <= pc < int(value("(unsigned long)&trap_text_end")):
        return False
    return gdb.selected_inferior().read_memory(pc - CALL_LENGTH, 1)[0][0] == CALL


class TrapUnwinder(Unwinder):
    def __init__(self):
        super().__init__("traps")

    def __call__(self, pending):
        pc, sp = pending.read_register("rip"), pending.read_register("rsp")
        try:
            if not follows_call(int(pc) & 0xFFFFFFFFFFFFFFFF):
                return None
            saved = fetched(at(int(sp), "registers"))
            info = pending.create_unwind_info(FrameId(sp, pc))
            for name in REGISTERS:
                info.add_saved_register(name, saved[name].cast(pending.read_register(name).type))
            return info
        except gdb.error:
            return None


register_unwinder(None, TrapUnwinder(), replace=True)
