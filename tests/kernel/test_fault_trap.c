/*
 * The page fault as the CPU tells of it: which access it was, and whose fault. (What becomes of a fault that cannot be resolved is a signal:
 * tests/user/vm_signals.c.)
 */
#include "kernel/ktest.h"
#include "kernel/registers.h"
#include "mm/aspace.h"
#include "mm/pagetable.h"
#include "tests/kernel/spaces.h"

/* Bits of the error code (SDM volume 3, 4.7). */
enum { WRITE = 1 << 1, USER = 1 << 2, RESERVED = 1 << 3, FETCH = 1 << 4 };

/* A fault of a program in the address space: what the trap says, and what is mapped then; 0: nothing. */
static bool trap(struct aspace *aspace, vaddr_t address, uint64_t error, pte_t *mapped)
{
    struct walk walk;
    struct registers regs = {.cs = 3, .error = error};
    aspace_use(aspace);
    bool handled = fault_trap(&regs, address);
    aspace_use(NULL);
    *mapped = pagetable_walk(&aspace->table, address, &walk) ? walk.value : 0;
    return handled;
}

KTEST(fault_trap, the_error_code_says_which_access_it_was)
{
    pte_t mapped;
    struct aspace *aspace = aspace_create();
    space_map(aspace, SPACE_BASE, 2, SPACE_RW | AREA_NOHUGE);
    space_map(aspace, SPACE_BASE + 4 * PAGE_SIZE, 1, AREA_EXEC);
    KTEST_EXPECT(trap(aspace, SPACE_BASE + 8, USER, &mapped) && (mapped & (PTE_P | PTE_RW)) == PTE_P);
    KTEST_EXPECT(trap(aspace, SPACE_BASE + 8, USER | WRITE, &mapped) &&
                 (mapped & (PTE_RW | PTE_D)) == (PTE_RW | PTE_D));
    KTEST_EXPECT(trap(aspace, SPACE_BASE + 4 * PAGE_SIZE, USER | FETCH, &mapped) &&
                 (mapped & (PTE_P | PTE_XD)) == PTE_P);
    KTEST_EXPECT(aspace->faults_minor == 3);
    aspace_put(aspace);
}

KTEST(fault_trap, faults_of_the_kernel_and_damaged_tables_are_not_resolved)
{
    struct aspace *aspace = aspace_create();
    space_map(aspace, SPACE_BASE, 1, SPACE_RW);
    struct registers of_kernel = {.cs = 0, .error = WRITE}, reserved = {.cs = 3, .error = USER | RESERVED};
    aspace_use(aspace);
    KTEST_EXPECT(!fault_trap(&of_kernel, SPACE_BASE) && !fault_trap(&reserved, SPACE_BASE));
    aspace_use(NULL);
    KTEST_EXPECT(space_resident(aspace) == 0 && aspace->faults_minor == 0);
    aspace_put(aspace);
}
