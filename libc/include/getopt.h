/* Reading a command's options. */
#ifndef CLOCKHAND_GETOPT_H
#define CLOCKHAND_GETOPT_H

struct option {
    const char *name;
    int has_arg;
    int *flag;
    int val;
};

#define no_argument 0
#define required_argument 1
#define optional_argument 2

extern char *optarg;
extern int optind;
extern int opterr;
extern int optopt;

int getopt(int count, char *const arguments[], const char *letters);
/*
 * Words that are no options may stand among them, and are moved behind them, unless letters begins with '+' or POSIXLY_CORRECT is
 * set. getopt_long_only takes long names behind one '-', too.
 */
int getopt_long(int count, char *const arguments[], const char *letters, const struct option *names, int *found);
int getopt_long_only(int count, char *const arguments[], const char *letters, const struct option *names, int *found);

#endif
