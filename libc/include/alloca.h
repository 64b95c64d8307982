/* Memory on the stack. */
#ifndef CLOCKHAND_ALLOCA_H
#define CLOCKHAND_ALLOCA_H

#define alloca(size) __builtin_alloca(size)

#endif
