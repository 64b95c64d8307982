/*
 * What the processor must have, and what the loader wants to know of it.
 * Source: Intel SDM volume 2, CPUID; AMD APM volume 3, appendix E.
 */
#include "boot/loader.h"

#include <cpuid.h>

enum {
    LEAF_BASIC = 1,
    LEAF_EXTENDED = 0x80000001,
    CR4_LA57 = 1 << 12,
};

struct cpu_feature {
    UINT32 leaf;
    UINT32 bit; /* of EDX */
    const CHAR16 *name;
};

static const struct cpu_feature needed[] = {
    {LEAF_BASIC, 5, L"model-specific registers (MSR)"},
    {LEAF_BASIC, 9, L"a local interrupt controller (APIC)"},
    {LEAF_BASIC, 13, L"global pages (PGE)"},
    {LEAF_BASIC, 24, L"FXSAVE (FXSR)"},
    {LEAF_BASIC, 26, L"SSE2"},
    {LEAF_EXTENDED, 11, L"the SYSCALL instruction"},
    {LEAF_EXTENDED, 20, L"no-execute pages (NX)"},
};

static UINT32 cpuid_edx(UINT32 leaf)
{
    UINT32 a = 0, b = 0, c = 0, d = 0;
    __get_cpuid(leaf, &a, &b, &c, &d);
    return d;
}

void cpu_require(void)
{
    CHAR16 line[128];
    for (UINTN i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        if ((cpuid_edx(needed[i].leaf) >> needed[i].bit & 1) != 0)
            continue;
        SPrint(line, sizeof(line), L"this processor has not got %s, which the kernel needs", needed[i].name);
        fail(line, EFI_UNSUPPORTED);
    }
    UINT64 cr4;
    __asm__("mov %%cr4, %0" : "=r"(cr4));
    if ((cr4 & CR4_LA57) != 0)
        fail(L"the firmware has switched on five-level paging, the kernel uses four levels", EFI_UNSUPPORTED);
}

bool cpu_has_1g_pages(void)
{
    return (cpuid_edx(LEAF_EXTENDED) >> 26 & 1) != 0;
}

bool cpu_is_virtual(void)
{
    UINT32 a, b, c = 0, d;
    __get_cpuid(LEAF_BASIC, &a, &b, &c, &d);
    return c >> 31 != 0;
}
