/* Old names of limits. */
#ifndef CLOCKHAND_SYS_PARAM_H
#define CLOCKHAND_SYS_PARAM_H

#include <limits.h>

#define MAXPATHLEN PATH_MAX
#define MIN(left, right) ((left) < (right) ? (left) : (right))
#define MAX(left, right) ((left) > (right) ? (left) : (right))

#endif
