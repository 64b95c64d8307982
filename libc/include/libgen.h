/* Parts of paths. */
#ifndef CLOCKHAND_LIBGEN_H
#define CLOCKHAND_LIBGEN_H

char *basename(char *path);
char *dirname(char *path);

#endif
