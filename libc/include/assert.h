/* Assertions. */
#include <features.h>

#undef assert
#ifdef NDEBUG
#define assert(condition) ((void)0)
#else
#define assert(condition) ((void)((condition) || (assert_fail(#condition, __FILE__, __LINE__, __func__), 0)))
#endif

#ifndef CLOCKHAND_ASSERT_H
#define CLOCKHAND_ASSERT_H
#define static_assert _Static_assert
_Noreturn void assert_fail(const char *condition, const char *file, int line, const char *function);
#endif
