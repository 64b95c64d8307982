/*
 * Mathematics. The functions are musl's, from its package (libc/packaged.sh): most are right to within one unit in the last place. They report
 * errors by floating-point exceptions, not by errno.
 */
#ifndef CLOCKHAND_MATH_H
#define CLOCKHAND_MATH_H

typedef float float_t;
typedef double double_t;

#define NAN __builtin_nanf("")
#define INFINITY __builtin_inff()
#define HUGE_VALF INFINITY
#define HUGE_VAL ((double)INFINITY)
#define HUGE_VALL ((long double)INFINITY)
#define MATH_ERRNO 1
#define MATH_ERREXCEPT 2
#define math_errhandling MATH_ERREXCEPT
#define FP_ILOGBNAN (-1 - 0x7fffffff)
#define FP_ILOGB0 FP_ILOGBNAN

#define FP_NAN 0
#define FP_INFINITE 1
#define FP_ZERO 2
#define FP_SUBNORMAL 3
#define FP_NORMAL 4

/* The standard wants these for any type: the compiler knows how. */
#define fpclassify(x) __builtin_fpclassify(FP_NAN, FP_INFINITE, FP_NORMAL, FP_SUBNORMAL, FP_ZERO, x)
#define isfinite(x) __builtin_isfinite(x)
#define isinf(x) __builtin_isinf_sign(x)
#define isnan(x) __builtin_isnan(x)
#define isnormal(x) __builtin_isnormal(x)
#define signbit(x) (__builtin_signbit(x) != 0)
#define isunordered(x, y) __builtin_isunordered(x, y)
#define isless(x, y) __builtin_isless(x, y)
#define islessequal(x, y) __builtin_islessequal(x, y)
#define islessgreater(x, y) __builtin_islessgreater(x, y)
#define isgreater(x, y) __builtin_isgreater(x, y)
#define isgreaterequal(x, y) __builtin_isgreaterequal(x, y)

#define M_E 2.7182818284590452354
#define M_LOG2E 1.4426950408889634074
#define M_LOG10E 0.43429448190325182765
#define M_LN2 0.69314718055994530942
#define M_LN10 2.30258509299404568402
#define M_PI 3.14159265358979323846
#define M_PI_2 1.57079632679489661923
#define M_PI_4 0.78539816339744830962
#define M_1_PI 0.31830988618379067154
#define M_2_PI 0.63661977236758134308
#define M_2_SQRTPI 1.12837916709551257390
#define M_SQRT2 1.41421356237309504880
#define M_SQRT1_2 0.70710678118654752440

/* A function for each of the three types, with one argument or two of that type, or one of it and another. */
#define MATH_OF_ONE(name)                                                                                              \
    double name(double x);                                                                                             \
    float name##f(float x);                                                                                            \
    long double name##l(long double x)
#define MATH_OF_TWO(name)                                                                                              \
    double name(double x, double y);                                                                                   \
    float name##f(float x, float y);                                                                                   \
    long double name##l(long double x, long double y)
#define MATH_AND(name, type)                                                                                           \
    double name(double x, type other);                                                                                 \
    float name##f(float x, type other);                                                                                \
    long double name##l(long double x, type other)
#define MATH_TO(type, name)                                                                                            \
    type name(double x);                                                                                               \
    type name##f(float x);                                                                                             \
    type name##l(long double x)

MATH_OF_ONE(acos);
MATH_OF_ONE(acosh);
MATH_OF_ONE(asin);
MATH_OF_ONE(asinh);
MATH_OF_ONE(atan);
MATH_OF_ONE(atanh);
MATH_OF_ONE(cbrt);
MATH_OF_ONE(ceil);
MATH_OF_ONE(cos);
MATH_OF_ONE(cosh);
MATH_OF_ONE(erf);
MATH_OF_ONE(erfc);
MATH_OF_ONE(exp);
MATH_OF_ONE(exp10);
MATH_OF_ONE(exp2);
MATH_OF_ONE(expm1);
MATH_OF_ONE(fabs);
MATH_OF_ONE(floor);
MATH_OF_ONE(lgamma);
MATH_OF_ONE(log);
MATH_OF_ONE(log10);
MATH_OF_ONE(log1p);
MATH_OF_ONE(log2);
MATH_OF_ONE(logb);
MATH_OF_ONE(nearbyint);
MATH_OF_ONE(rint);
MATH_OF_ONE(round);
MATH_OF_ONE(sin);
MATH_OF_ONE(sinh);
MATH_OF_ONE(sqrt);
MATH_OF_ONE(tan);
MATH_OF_ONE(tanh);
MATH_OF_ONE(tgamma);
MATH_OF_ONE(trunc);
MATH_OF_TWO(atan2);
MATH_OF_TWO(copysign);
MATH_OF_TWO(fdim);
MATH_OF_TWO(fmax);
MATH_OF_TWO(fmin);
MATH_OF_TWO(fmod);
MATH_OF_TWO(hypot);
MATH_OF_TWO(nextafter);
MATH_OF_TWO(pow);
MATH_OF_TWO(remainder);
MATH_AND(frexp, int *);
MATH_AND(ldexp, int);
MATH_AND(nexttoward, long double);
MATH_AND(scalbln, long);
MATH_AND(scalbn, int);
MATH_TO(int, ilogb);
MATH_TO(long, lrint);
MATH_TO(long, lround);
MATH_TO(long long, llrint);
MATH_TO(long long, llround);

double fma(double x, double y, double z);
float fmaf(float x, float y, float z);
long double fmal(long double x, long double y, long double z);
double modf(double x, double *whole);
float modff(float x, float *whole);
long double modfl(long double x, long double *whole);
double nan(const char *text);
float nanf(const char *text);
long double nanl(const char *text);
double remquo(double x, double y, int *quotient);
float remquof(float x, float y, int *quotient);
long double remquol(long double x, long double y, int *quotient);
void sincos(double x, double *sine, double *cosine);
double j0(double x);
double j1(double x);
double jn(int n, double x);
double y0(double x);
double y1(double x);
double yn(int n, double x);
double lgamma_r(double x, int *sign);
extern int signgam;

#endif
