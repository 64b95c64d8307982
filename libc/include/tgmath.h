/*
 * Mathematics by the type of its arguments: f(x) is ff for float, fl for long double, f for double and integers, and the one of
 * <complex.h> for complex numbers. With several arguments the type is that of
 * their sum, in which an integer of any size counts as a double. (C17 7.25)
 */
#ifndef CLOCKHAND_TGMATH_H
#define CLOCKHAND_TGMATH_H

#include <complex.h>
#include <math.h>

/* clang-format off: _Generic in columns */
#define __TYPE(x)                                                                                                      \
    _Generic((x), float : 0.0f, long double : 0.0L, default : 0.0, float complex                                       \
             : (float complex)0, double complex                                                                        \
             : (double complex)0, long double complex                                                                  \
             : (long double complex)0)
#define __REAL(of, name) _Generic((of), float : name##f, long double : name##l, default : name)
#define __COMPLEX(of, name)                                                                                            \
    _Generic((of), float                                                                                               \
             : c##name##f, long double                                                                                 \
             : c##name##l, default                                                                                     \
             : c##name, float complex                                                                                  \
             : c##name##f, long double complex                                                                         \
             : c##name##l)
#define __EITHER(of, name, with)                                                                                       \
    _Generic((of), float                                                                                               \
             : name##f, long double                                                                                    \
             : name##l, default                                                                                        \
             : name, float complex                                                                                     \
             : with##f, double complex                                                                                 \
             : with, long double complex                                                                               \
             : with##l)

#define acos(x) __EITHER(x, acos, cacos)(x)
#define asin(x) __EITHER(x, asin, casin)(x)
#define atan(x) __EITHER(x, atan, catan)(x)
#define cos(x) __EITHER(x, cos, ccos)(x)
#define sin(x) __EITHER(x, sin, csin)(x)
#define tan(x) __EITHER(x, tan, ctan)(x)
#define acosh(x) __EITHER(x, acosh, cacosh)(x)
#define asinh(x) __EITHER(x, asinh, casinh)(x)
#define atanh(x) __EITHER(x, atanh, catanh)(x)
#define cosh(x) __EITHER(x, cosh, ccosh)(x)
#define sinh(x) __EITHER(x, sinh, csinh)(x)
#define tanh(x) __EITHER(x, tanh, ctanh)(x)
#define exp(x) __EITHER(x, exp, cexp)(x)
#define log(x) __EITHER(x, log, clog)(x)
#define sqrt(x) __EITHER(x, sqrt, csqrt)(x)
#define fabs(x) __EITHER(x, fabs, cabs)(x)
#define pow(x, y) __EITHER(__TYPE(x) + __TYPE(y), pow, cpow)(x, y)
#define cbrt(x) __REAL(x, cbrt)(x)
#define ceil(x) __REAL(x, ceil)(x)
#define erf(x) __REAL(x, erf)(x)
#define erfc(x) __REAL(x, erfc)(x)
#define exp2(x) __REAL(x, exp2)(x)
#define expm1(x) __REAL(x, expm1)(x)
#define floor(x) __REAL(x, floor)(x)
#define ilogb(x) __REAL(x, ilogb)(x)
#define lgamma(x) __REAL(x, lgamma)(x)
#define llrint(x) __REAL(x, llrint)(x)
#define llround(x) __REAL(x, llround)(x)
#define log10(x) __REAL(x, log10)(x)
#define log1p(x) __REAL(x, log1p)(x)
#define log2(x) __REAL(x, log2)(x)
#define logb(x) __REAL(x, logb)(x)
#define lrint(x) __REAL(x, lrint)(x)
#define lround(x) __REAL(x, lround)(x)
#define nearbyint(x) __REAL(x, nearbyint)(x)
#define rint(x) __REAL(x, rint)(x)
#define round(x) __REAL(x, round)(x)
#define tgamma(x) __REAL(x, tgamma)(x)
#define trunc(x) __REAL(x, trunc)(x)
#define atan2(x, y) __REAL(__TYPE(x) + __TYPE(y), atan2)(x, y)
#define copysign(x, y) __REAL(__TYPE(x) + __TYPE(y), copysign)(x, y)
#define fdim(x, y) __REAL(__TYPE(x) + __TYPE(y), fdim)(x, y)
#define fmax(x, y) __REAL(__TYPE(x) + __TYPE(y), fmax)(x, y)
#define fmin(x, y) __REAL(__TYPE(x) + __TYPE(y), fmin)(x, y)
#define fmod(x, y) __REAL(__TYPE(x) + __TYPE(y), fmod)(x, y)
#define hypot(x, y) __REAL(__TYPE(x) + __TYPE(y), hypot)(x, y)
#define nextafter(x, y) __REAL(__TYPE(x) + __TYPE(y), nextafter)(x, y)
#define remainder(x, y) __REAL(__TYPE(x) + __TYPE(y), remainder)(x, y)
#define frexp(x, y) __REAL(x, frexp)(x, y)
#define ldexp(x, y) __REAL(x, ldexp)(x, y)
#define scalbln(x, y) __REAL(x, scalbln)(x, y)
#define scalbn(x, y) __REAL(x, scalbn)(x, y)
#define nexttoward(x, y) __REAL(x, nexttoward)(x, y)
#define fma(x, y, z) __REAL(__TYPE(x) + __TYPE(y) + __TYPE(z), fma)(x, y, z)
#define remquo(x, y, bits) __REAL(__TYPE(x) + __TYPE(y), remquo)(x, y, bits)
#define carg(x) __COMPLEX(x, arg)(x)
#define creal(x) __COMPLEX(x, real)(x)
#define cimag(x) __COMPLEX(x, imag)(x)
#define cproj(x) __COMPLEX(x, proj)(x)
#define conj(x)                                                                                                        \
    _Generic((x), float                                                                                                \
             : conjf, long double                                                                                      \
             : conjl, default                                                                                          \
             : conj, float complex                                                                                     \
             : conjf, long double complex                                                                              \
             : conjl)(x)
/* clang-format on */

#endif
