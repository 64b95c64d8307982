/*
 * The system call instruction.  A call returns -4095..-1 for an error; call_result() turns that into errno and -1.
 * syscall clobbers rcx and r11; the fourth argument goes in r10.  (System V ABI, AMD64 supplement, A.2)
 */
#ifndef CLOCKHAND_LIBC_SYSCALL_H
#define CLOCKHAND_LIBC_SYSCALL_H

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>

static inline long call_raw6(long number, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

static inline long call_raw4(long number, long a, long b, long c, long d)
{
    register long r10 __asm__("r10") = d;
    long result;

    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
    return result;
}

static inline long call_raw3(long number, long a, long b, long c)
{
    long result;

    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
}

static inline long call_raw2(long number, long a, long b)
{
    return call_raw3(number, a, b, 0);
}

static inline long call_raw1(long number, long a)
{
    return call_raw3(number, a, 0, 0);
}

static inline long call_raw0(long number)
{
    return call_raw3(number, 0, 0, 0);
}

static inline long call_result(long result)
{
    if ((unsigned long)result > -4096UL) {
        errno = (int)-result;
        return -1;
    }
    return result;
}

#endif
