/* The context a signal handler is given: see <signal.h>. */
#include <signal.h>
