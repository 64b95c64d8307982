/*
 * The runtime of -fsanitize=kernel-address: what the compiler's code calls before an access to memory (make SAN=1).
 *
 *     mov     rdi, address
 *     call    __asan_store8_noabort       asks the shadow (kernel/shadow.h)
 *     mov     [address], value
 *
 * An access that the shadow forbids is a panic, one line that says what was done where, and what is there: which object of which cache, who had
 * it, and who freed it; which variable of which function; behind which global variable.
 *
 * The names and structures are the compilers' interface (gcc's libsanitizer, asan_interface_internal.h). No locks: the list of global variables is complete
 * before the first CPU has more than one thing to do.
 */
#include "kernel/sanitizer_report.h"
#include "kernel/shadow.h"
#include "kernel/shadow_map.h"
#include "kernel/types.h"

#ifdef CLOCKHAND_SHADOW

static bool is_resting;

void shadow_rest(bool resting)
{
    is_resting = resting;
}

static inline bool byte_is_closed(vaddr_t address)
{
    uint8_t shadow = *shadow_of(address);
    return shadow != 0 && (shadow >= SHADOW_UNIT || address % SHADOW_UNIT >= shadow);
}

/* The first byte of [address, address + length) that must not be accessed, or the end. */
static vaddr_t first_closed(vaddr_t address, size_t length)
{
    vaddr_t end = address + length;
    while (address < end && !byte_is_closed(address))
        address = *shadow_of(address) == 0 ? round_down(address, SHADOW_UNIT) + SHADOW_UNIT : address + 1;
    return address < end ? address : end;
}

static void check_any(vaddr_t address, size_t length, bool write, uint64_t place)
{
    if (length == 0 || is_resting || !shadow_watches(address))
        return;
    vaddr_t closed = first_closed(address, length);
    if (closed == address + length)
        return;
    is_resting = true; /* the report reads what it likes */
    sanitizer_report(address, length, write, closed, place);
}

/* `length` at most 8: at most two bytes of shadow, the second one decides if the first is 0. */
static inline void check(vaddr_t address, size_t length, bool write, uint64_t place)
{
    if (shadow_watches(address) && (*shadow_of(address) != 0 || byte_is_closed(address + length - 1)))
        check_any(address, length, write, place);
}

void shadow_check(const void *address, size_t length, bool write)
{
    check_any((vaddr_t)address, length, write, (uint64_t)__builtin_return_address(0));
}

#define CHECKS(length)                                                                                                 \
    void __asan_load##length##_noabort(vaddr_t address);                                                               \
    void __asan_load##length##_noabort(vaddr_t address)                                                                \
    {                                                                                                                  \
        check(address, length, false, (uint64_t)__builtin_return_address(0));                                          \
    }                                                                                                                  \
    void __asan_store##length##_noabort(vaddr_t address);                                                              \
    void __asan_store##length##_noabort(vaddr_t address)                                                               \
    {                                                                                                                  \
        check(address, length, true, (uint64_t)__builtin_return_address(0));                                           \
    }

CHECKS(1)
CHECKS(2)
CHECKS(4)
CHECKS(8)

void __asan_load16_noabort(vaddr_t address);
void __asan_load16_noabort(vaddr_t address)
{
    check_any(address, 16, false, (uint64_t)__builtin_return_address(0));
}

void __asan_store16_noabort(vaddr_t address);
void __asan_store16_noabort(vaddr_t address)
{
    check_any(address, 16, true, (uint64_t)__builtin_return_address(0));
}

void __asan_loadN_noabort(vaddr_t address, size_t length);
void __asan_loadN_noabort(vaddr_t address, size_t length)
{
    check_any(address, length, false, (uint64_t)__builtin_return_address(0));
}

void __asan_storeN_noabort(vaddr_t address, size_t length);
void __asan_storeN_noabort(vaddr_t address, size_t length)
{
    check_any(address, length, true, (uint64_t)__builtin_return_address(0));
}

/* Before a call that does not return: nobody will open the gaps of the frames that are left. */
void __asan_handle_no_return(void);
void __asan_handle_no_return(void)
{
    shadow_leave_stack((vaddr_t)__builtin_frame_address(0));
}

/* Of one source file, from its constructor. */
void __asan_register_globals(const struct sanitizer_global *globals, size_t number);
void __asan_register_globals(const struct sanitizer_global *globals, size_t number)
{
    for (size_t i = 0; i < number; i++) {
        size_t whole = round_down(globals[i].length, SHADOW_UNIT);
        shadow_close(globals[i].start + whole, globals[i].room - whole, SHADOW_GLOBAL);
        if (whole < globals[i].length)
            *shadow_of((vaddr_t)globals[i].start + whole) = (uint8_t)(globals[i].length - whole);
    }
    sanitizer_globals_add(globals, number);
}

/* The kernel's files are never unloaded. */
void __asan_unregister_globals(const struct sanitizer_global *globals, size_t number);
void __asan_unregister_globals(const struct sanitizer_global *globals, size_t number)
{
    (void)globals;
    (void)number;
}

#endif
