/* What the code from musl's package (packaged.sh) expects of the C library besides the standard functions. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int *___errno_location(void);
const char *__lctrans_cur(const char *text);
char *__strchrnul(const char *text, int character);
_Noreturn void __stack_chk_fail(void);

int *___errno_location(void)
{
    return &errno;
}

/* Messages are not translated. */
const char *__lctrans_cur(const char *text)
{
    return text;
}

char *__strchrnul(const char *text, int character)
{
    return strchrnul(text, character);
}

/* Called when a function finds the word overwritten that stands below its return address. */
_Noreturn void __stack_chk_fail(void)
{
    static const char message[] = "the stack was overwritten\n";

    if (write(STDERR_FILENO, message, sizeof message - 1) < 0)
        _Exit(127);
    abort();
}
