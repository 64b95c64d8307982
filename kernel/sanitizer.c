/*
 * The runtime of -fsanitize=undefined: what the compiler's checks call when they fail (make SAN=1).
 *
 *     signed overflow, shifts, array bounds, null and misaligned pointers, bad enum and bool values, unreachable code, arguments that must not be
 *     null, pointer arithmetic that wraps
 *
 * Each check hands over where it stands and the values it did not like. All of them are bugs: the kernel panics with one line that says what and where.
 * The names and structures are the compilers' interface (gcc's libsanitizer, ubsan_handlers.h; the same in clang).
 *
 * No locks, nothing kept. In other kernels this file is not called by anybody.
 */
#include "kernel/panic.h"
#include "kernel/types.h"

struct source_location {
    const char *file;
    uint32_t line, column;
};

struct type_descriptor {
    uint16_t kind; /* 0: integer */
    uint16_t info; /* integer: bit 0: signed; the rest: log2 of its bits */
    char name[];
};

/* Every handler's first argument begins with one. */
struct failed_check {
    struct source_location location;
};

struct typed_check {
    struct source_location location;
    const struct type_descriptor *type;
};

struct shift_check {
    struct source_location location;
    const struct type_descriptor *left, *right;
};

struct bounds_check {
    struct source_location location;
    const struct type_descriptor *array, *index;
};

struct pointer_check {
    struct source_location location;
    const struct type_descriptor *type;
    uint8_t log_alignment;
    uint8_t use;
};

static void noreturn_function fail(const struct source_location *location, const char *what, const char *type,
                                   uint64_t left, uint64_t right)
{
    panic("undefined behaviour: %s%s%s (%#lx, %#lx), %s:%u:%u", what, type[0] != '\0' ? " of type " : "", type, left,
          right, location->file, location->line, location->column);
}

#define HANDLER(name, ...)                                                                                             \
    void noreturn_function __ubsan_handle_##name(__VA_ARGS__);                                                         \
    void noreturn_function __ubsan_handle_##name(__VA_ARGS__)

HANDLER(add_overflow, const struct typed_check *check, uint64_t left, uint64_t right)
{
    fail(&check->location, "signed addition overflows", check->type->name, left, right);
}

HANDLER(sub_overflow, const struct typed_check *check, uint64_t left, uint64_t right)
{
    fail(&check->location, "signed subtraction overflows", check->type->name, left, right);
}

HANDLER(mul_overflow, const struct typed_check *check, uint64_t left, uint64_t right)
{
    fail(&check->location, "signed multiplication overflows", check->type->name, left, right);
}

HANDLER(negate_overflow, const struct typed_check *check, uint64_t value)
{
    fail(&check->location, "negation overflows", check->type->name, value, 0);
}

HANDLER(divrem_overflow, const struct typed_check *check, uint64_t left, uint64_t right)
{
    fail(&check->location, "division by zero, or overflowing", check->type->name, left, right);
}

HANDLER(shift_out_of_bounds, const struct shift_check *check, uint64_t value, uint64_t bits)
{
    fail(&check->location, "shift by too much, or of a negative number,", check->left->name, value, bits);
}

HANDLER(out_of_bounds, const struct bounds_check *check, uint64_t index)
{
    fail(&check->location, "index out of bounds", check->array->name, index, 0);
}

HANDLER(type_mismatch_v1, const struct pointer_check *check, uint64_t pointer)
{
    uint64_t alignment = (uint64_t)1 << check->log_alignment;
    const char *what = "access to too small an object";
    if (pointer == 0)
        what = "access through a null pointer";
    else if ((pointer & (alignment - 1)) != 0)
        what = "misaligned access";
    fail(&check->location, what, check->type->name, pointer, alignment);
}

HANDLER(load_invalid_value, const struct typed_check *check, uint64_t value)
{
    fail(&check->location, "invalid value", check->type->name, value, 0);
}

HANDLER(pointer_overflow, const struct failed_check *check, uint64_t base, uint64_t result)
{
    fail(&check->location, "pointer arithmetic wraps", "", base, result);
}

HANDLER(builtin_unreachable, const struct failed_check *check)
{
    fail(&check->location, "unreachable code was reached", "", 0, 0);
}

HANDLER(missing_return, const struct failed_check *check)
{
    fail(&check->location, "a function ends without its value", "", 0, 0);
}

HANDLER(vla_bound_not_positive, const struct typed_check *check, uint64_t bound)
{
    fail(&check->location, "an array without elements", check->type->name, bound, 0);
}

HANDLER(nonnull_arg, const struct failed_check *check)
{
    fail(&check->location, "null as an argument that must not be", "", 0, 0);
}

HANDLER(nonnull_return_v1, const struct failed_check *check, const struct source_location *location)
{
    (void)check;
    fail(location, "null is returned where it must not be", "", 0, 0);
}

HANDLER(invalid_builtin, const struct failed_check *check)
{
    fail(&check->location, "zero where a builtin cannot take it", "", 0, 0);
}

HANDLER(float_cast_overflow, const struct failed_check *check)
{
    fail(&check->location, "a number does not fit", "", 0, 0);
}
