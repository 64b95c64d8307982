/*
 * Mathematics: every function at many points against the long double one, rounded: within one unit in the last place of a double (or what the
 * table says); values with 12 digits, which must be the oracle's; special values; rounding modes and exceptions.
 */
#define _GNU_SOURCE
#include <fenv.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct one {
    const char *name;
    double (*function)(double);
    long double (*precise)(long double);
    double from, to;
    int ulps; /* in hundredths */
};

#define ONE(name, from, to, ulps)                                                                                      \
    {                                                                                                                  \
#name, name, name##l, from, to, ulps                                                                           \
    }

static const struct one ones[] = {
    ONE(acos, -1, 1, 100),      ONE(acosh, 1, 500, 200),   ONE(asin, -1, 1, 100),      ONE(asinh, -300, 300, 200),
    ONE(atan, -50, 50, 100),    ONE(atanh, -1, 1, 200),    ONE(cbrt, -900, 900, 300),  ONE(ceil, -90, 90, 0),
    ONE(cos, -800, 800, 100),   ONE(cosh, -30, 30, 200),   ONE(erf, -5, 5, 100),       ONE(erfc, -5, 20, 500),
    ONE(exp, -700, 700, 100),   ONE(exp2, -900, 900, 100), ONE(expm1, -30, 40, 100),   ONE(fabs, -9, 9, 0),
    ONE(floor, -90, 90, 0),     ONE(log, 1e-300, 9, 100),  ONE(log10, 1e-9, 900, 200), ONE(log1p, -1, 9, 100),
    ONE(log2, 1e-9, 900, 100),  ONE(rint, -90, 90, 0),     ONE(round, -90, 90, 0),     ONE(sin, -800, 800, 100),
    ONE(sinh, -30, 30, 200),    ONE(sqrt, 0, 1e9, 50),     ONE(tan, -800, 800, 100),   ONE(tanh, -9, 9, 200),
    ONE(tgamma, 0.1, 100, 900), ONE(trunc, -90, 90, 0),
};

static uint64_t seed = 1;

/* From 0 to 1, without 1. */
static double fraction(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(seed >> 11) / 9007199254740992.0;
}

/* The difference in units in the last place of a double. */
static double ulps_between(double got, long double wanted)
{
    int exponent;
    if (got == (double)wanted || (isnan(got) && isnan(wanted)))
        return 0;
    frexp((double)wanted, &exponent);
    return (double)(fabsl((long double)got - wanted) / ldexpl(1, exponent - 53));
}

static void function_check(const struct one *one)
{
    double worst = 0, at = 0;
    for (int i = 0; i < 2000; i++) {
        double x = one->from + (one->to - one->from) * fraction();
        double ulps = ulps_between(one->function(x), one->precise(x));
        if (ulps > worst) {
            worst = ulps;
            at = x;
        }
    }
    if (worst * 100 > one->ulps + 1)
        printf("%s: %.2f units at %.17g\n", one->name, worst, at);
    printf("%s:", one->name);
    for (int i = 0; i < 5; i++)
        printf(" %.12g", one->function(one->from + (one->to - one->from) * (i + 0.3) / 5));
    putchar('\n');
}

static void two_check(const char *name, double (*function)(double, double),
                      long double (*precise)(long double, long double), double most)
{
    double worst = 0;
    for (int i = 0; i < 2000; i++) {
        double x = 40 * fraction(), y = 30 * fraction() - 15, ulps = ulps_between(function(x, y), precise(x, y));
        worst = ulps > worst ? ulps : worst;
    }
    printf("%s: %s, %.12g %.12g %.12g\n", name, worst <= most ? "right" : "WRONG", function(2.5, 3.25),
           function(0.1, -7), function(39, 0.5));
}

static void specials(void)
{
    volatile double zero = 0, huge = 1e308;
    int exponent, quotient;
    double whole;
    printf("%g %g %g %g %g\n", log(zero), huge * 10, exp(-1e9), pow(zero, zero), atan2(zero, -1.0));
    printf("%d %d %d %d\n", isnan(sqrt(-1.0)) != 0, isinf(exp(1e9)) != 0, isfinite(huge) != 0, signbit(-zero) != 0);
    printf("%d %d %d %d\n", fpclassify(zero) == FP_ZERO, fpclassify(5e-324) == FP_SUBNORMAL,
           fpclassify(1.0) == FP_NORMAL, isnormal(5e-324) != 0);
    printf("%g ", frexp(80.0, &exponent));
    printf("%d %g %g ", exponent, ldexp(0.625, 7), scalbn(1, -1074));
    printf("%g ", modf(-3.75, &whole));
    printf("%g %g %g %g\n", whole, fmod(7.5, -2), remainder(7.5, 2), remquo(7.5, 2, &quotient));
    printf("%ld %ld %lld %d %g %g\n", lrint(2.5), lround(2.5), llround(-2.5), ilogb(1000), logb(1000), nearbyint(-0.5));
    printf("%a %a %a\n", nextafter(1, 2), nexttoward(1, 0), fma(0x1p53 + 1, 0x1p53 - 1, -0x1p106));
    printf("%g %g %g %g\n", fdim(5, 3), fmax(NAN, 2), fmin(1, NAN), copysign(3, -0.0));
    printf("%.10g %.10g %.10g %.10g\n", lgamma(0.5), tgamma(5), j0(2), yn(2, 3.5));
    printf("%.6g %.6g %.6g %.6g\n", (double)sinf(1), (double)powf(2, 0.5f), (double)expf(-3), (double)hypotf(3, 4));
    printf("%.15Lg %.15Lg %.15Lg\n", sinl(1), powl(2, 0.5L), expl(-3));
    printf("%d %d %d\n", isless(1.0, 2.0), isgreater(1.0, NAN), isunordered(1.0, NAN));
}

static void environment(void)
{
    static const int modes[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
    volatile double one = 1, three = 3, zero = 0, half = 2.5, other = -2.5, result;
    double (*volatile round_by_mode)(double) = rint; /* which the compiler must not know better */
    for (int i = 0; i < 4; i++) {
        int error = fesetround(modes[i]);
        result = one / three;
        printf("%d %d %a %g %g\n", error, fegetround() == modes[i], result, round_by_mode(half), round_by_mode(other));
    }
    fesetround(FE_TONEAREST);
    feclearexcept(FE_ALL_EXCEPT);
    result = one / zero;
    printf("divided by zero: %d, invalid: %d\n", fetestexcept(FE_DIVBYZERO) != 0, fetestexcept(FE_INVALID) != 0);
    feclearexcept(FE_ALL_EXCEPT);
    result = zero / zero;
    printf("invalid: %d\n", fetestexcept(FE_ALL_EXCEPT) == FE_INVALID);
    feraiseexcept(FE_OVERFLOW);
    printf("raised: %d\n", fetestexcept(FE_OVERFLOW) != 0);
}

int main(void)
{
    for (size_t i = 0; i < sizeof ones / sizeof ones[0]; i++)
        function_check(&ones[i]);
    two_check("pow", pow, powl, 1.01);
    two_check("atan2", atan2, atan2l, 2);
    two_check("hypot", hypot, hypotl, 1.01);
    two_check("fmod", fmod, fmodl, 0);
    specials();
    environment();
    return 0;
}
