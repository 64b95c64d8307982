/* Complex numbers. From musl's package, see libc/packaged.sh. */
#ifndef CLOCKHAND_COMPLEX_H
#define CLOCKHAND_COMPLEX_H

#define complex _Complex
#define _Complex_I (__extension__(0.0f + 1.0fi))
#define I _Complex_I

#define CMPLX(real, imaginary) ((double complex)__builtin_complex((double)(real), (double)(imaginary)))
#define CMPLXF(real, imaginary) ((float complex)__builtin_complex((float)(real), (float)(imaginary)))
#define CMPLXL(real, imaginary) ((long double complex)__builtin_complex((long double)(real), (long double)(imaginary)))

double complex cacos(double complex number);
float complex cacosf(float complex number);
long double complex cacosl(long double complex number);
double complex casin(double complex number);
float complex casinf(float complex number);
long double complex casinl(long double complex number);
double complex catan(double complex number);
float complex catanf(float complex number);
long double complex catanl(long double complex number);
double complex ccos(double complex number);
float complex ccosf(float complex number);
long double complex ccosl(long double complex number);
double complex csin(double complex number);
float complex csinf(float complex number);
long double complex csinl(long double complex number);
double complex ctan(double complex number);
float complex ctanf(float complex number);
long double complex ctanl(long double complex number);
double complex cacosh(double complex number);
float complex cacoshf(float complex number);
long double complex cacoshl(long double complex number);
double complex casinh(double complex number);
float complex casinhf(float complex number);
long double complex casinhl(long double complex number);
double complex catanh(double complex number);
float complex catanhf(float complex number);
long double complex catanhl(long double complex number);
double complex ccosh(double complex number);
float complex ccoshf(float complex number);
long double complex ccoshl(long double complex number);
double complex csinh(double complex number);
float complex csinhf(float complex number);
long double complex csinhl(long double complex number);
double complex ctanh(double complex number);
float complex ctanhf(float complex number);
long double complex ctanhl(long double complex number);
double complex cexp(double complex number);
float complex cexpf(float complex number);
long double complex cexpl(long double complex number);
double complex clog(double complex number);
float complex clogf(float complex number);
long double complex clogl(long double complex number);
double complex csqrt(double complex number);
float complex csqrtf(float complex number);
long double complex csqrtl(long double complex number);
double complex cproj(double complex number);
float complex cprojf(float complex number);
long double complex cprojl(long double complex number);
double complex conj(double complex number);
float complex conjf(float complex number);
long double complex conjl(long double complex number);
double complex cpow(double complex base, double complex exponent);
float complex cpowf(float complex base, float complex exponent);
long double complex cpowl(long double complex base, long double complex exponent);
double cabs(double complex number);
float cabsf(float complex number);
long double cabsl(long double complex number);
double carg(double complex number);
float cargf(float complex number);
long double cargl(long double complex number);
double creal(double complex number);
float crealf(float complex number);
long double creall(long double complex number);
double cimag(double complex number);
float cimagf(float complex number);
long double cimagl(long double complex number);

#endif
