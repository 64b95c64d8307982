/*
 * What programs use of C17 and POSIX besides streams, strings and processes: dates from text, random numbers, walks over folders,
 * complex numbers, threads of C17, lists, accounts, options in any order, pseudo-terminals' names, limits of files.
 */
#define _GNU_SOURCE
#include <byteswap.h>
#include <complex.h>
#include <ctype.h>
#include <endian.h>
#include <fcntl.h>
#include <ftw.h>
#include <getopt.h>
#include <grp.h>
#include <langinfo.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <tgmath.h>
#include <threads.h>
#include <time.h>
#include <utime.h>
#include <wctype.h>
#include <wordexp.h>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#include "tests/user/random.h"
#include "tests/user/say.h"

static void dates(void)
{
    static const char *const cases[][2] = {
        {"2026-11-22 23:45:06", "%Y-%m-%d %H:%M:%S"},
        {"22 Nov 26", "%d %b %y"},
        {"Sunday 3 February", "%A %d %B"},
        {"10:15 PM", "%I:%M %p"},
        {"200", "%j"},
        {"11/22/26", "%D"},
        {"12:34:56rest", "%T"},
        {"month 13", "month %m"},
        {"", "%d"},
        {"  5", "%e"},
        {"100%", "%y0%%"},
        {"Mon Nov 23 00:01:02 2026", "%a %b %d %T %Y"},
        {"Tue Feb  3 04:05:06 1998", "%c"},
        {"12:00:00 am", "%r"},
        {"12 PM", "%I %p"},
        {"19 99", "%C %y"},
        {"2026-02-30", "%F"},
        {"86400", "%s"},
        {"7:8", "%R"},
        {"24:00", "%H:%M"},
        {"+01", "%z"},
        {" -0130x", "%z"},
        {"+02:30", "%z"},
        {"+01: 5", "%z: %d"},
        {"CET 5", "%Z %d"},
        {"5", "%Z%d"},
    };
    struct tm date;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        date = (struct tm){0};
        const char *end = strptime(cases[i][0], cases[i][1], &date);
        say("%s: %d-%d-%d %d:%d:%d %ld, '%s'", cases[i][1], date.tm_year, date.tm_mon, date.tm_mday, date.tm_hour,
            date.tm_min, date.tm_sec, date.tm_gmtoff, end ? end : "no");
    }
    say("no zone: %d %d", !strptime("+1", "%z", &date), !strptime("+0160", "%z", &date));
    say("too many seconds: %d", !strptime("99999999999999999999999", "%s", &date));
    say("%s %s %s %s", nl_langinfo(DAY_1), nl_langinfo(ABMON_12), nl_langinfo(RADIXCHAR), nl_langinfo(D_T_FMT));
}

static void numbers(void)
{
    unsigned short state[3] = {1, 2, 3};
    char text[] = "ro,size=5,unknown", *rest = text, *value = NULL;
    char *const names[] = {"ro", "size", NULL};
    char swapped[8] = "";

    srand48(42);
    for (int i = 0; i < 3; i++) {
        double real = drand48(), other = erand48(state);
        long one = lrand48(), two = mrand48(), three = nrand48(state), four = jrand48(state);
        say("%.15g %.15g %ld %ld %ld %ld", real, other, one, two, three, four);
    }
    say("%s %ld", l64a(123456789), a64l("7XxY2"));
    while (*rest) {
        int which = getsubopt(&rest, names, &value);
        say("option %d %s", which, which == 1 ? value : "none");
    }
    swab("abcdef", swapped, 6);
    say("%s %x %x %lx", swapped, bswap_16(0x1234), (unsigned)htobe32(0x12345678), (unsigned long)le64toh(5));
    say("%d %d", toascii(0xc1), towctrans('a', wctrans("toupper")));
    say("%d", EX_USAGE);
}

static int visited(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    say("%s: kind %s, level %d, name at %d, %d", path,
        kind == FTW_F    ? "file"
        : kind == FTW_D  ? "folder"
        : kind == FTW_DP ? "folder, after"
                         : "other",
        where->level, where->base, S_ISDIR(status->st_mode));
    return 0;
}

static int stop(const char *path, const struct stat *status, int kind)
{
    (void)status;
    (void)kind;
    return strstr(path, "one") ? 7 : 0;
}

static void files(void)
{
    struct statvfs system;
    struct stat status;
    struct utimbuf times = {1000000000, 1100000000};
    char name[64];

    mkdir("posix.walk", 0755);
    mkdir("posix.walk/inner", 0755);
    close(open("posix.walk/inner/one", O_CREAT | O_WRONLY, 0644));
    say("nftw: %d", nftw("posix.walk", visited, 4, FTW_PHYS));
    say("nftw, folders last: %d", nftw("posix.walk", visited, 4, FTW_DEPTH));
    say("ftw: %d", ftw("posix.walk", stop, 4));
    say("utime: %d", utime("posix.walk/inner/one", &times));
    stat("posix.walk/inner/one", &status);
    say("times: %ld %ld", (long)status.st_atime, (long)status.st_mtime);
    say("mkfifoat: %d", mkfifoat(AT_FDCWD, "posix.walk/fifo", 0600));
    say("statvfs: %d", statvfs(".", &system) == 0 && system.f_blocks >= system.f_bfree && system.f_namemax > 0);
    say("pathconf: %ld %ld", pathconf("/", _PC_NAME_MAX), pathconf("/", _PC_PATH_MAX));
    int file = open("posix.walk/inner/one", O_RDWR);
    say("lockf: %d %d", lockf(file, F_TLOCK, 0), lockf(file, F_ULOCK, 0));
    close(file);
    unlink("posix.walk/fifo");
    unlink("posix.walk/inner/one");
    rmdir("posix.walk/inner");
    rmdir("posix.walk");
    say("tmpnam: %d", tmpnam(name) == name && !strncmp(name, "/tmp/", 5));
    say("ctermid: %s", ctermid(name));
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    say("pseudo-terminal: %d %d %d", terminal >= 0, grantpt(terminal), unlockpt(terminal));
    say("its name: %d", !strncmp(ptsname(terminal), "/dev/pts/", 9));
    close(terminal);
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *(char *)page = 5;
    say("posix_madvise: %d, %d", posix_madvise(page, 4096, POSIX_MADV_DONTNEED), *(char *)page);
    munmap(page, 4096);
}

static void mathematics(void)
{
    double complex z = csqrt(-4.0), w = cpow(1 + I, 2);
    float single = 2;
    long double extended = 2;

    say("%.6g %.6g, %.6f %.6g, %.6g, %.6g", creal(z), cimag(z), fabs(creal(w)), cimag(w), cabs(3 + 4 * I), carg(I));
    z = cexp(I * 3.14159265358979);
    say("%.6g %.3f, %.6g", creal(z), fabs(cimag(z)), creal(conj(1 - 2 * I)));
    say("sizes: %zu %zu %zu %zu", sizeof sqrt(single), sizeof sqrt(extended), sizeof sqrt(2), sizeof sqrt(z));
    say("sizes: %zu %zu %zu %zu", sizeof pow(single, 2), sizeof fmin(2l, single), sizeof fma(single, single, single),
        sizeof hypot('a', extended));
    say("sizes: %zu %zu", sizeof pow(2, (float complex)single), sizeof pow(single, (float complex)single));
    say("%.6g %.6Lg %.6g %.6g", (double)pow(single, 3), atan2(extended, extended), cbrt(27.0), fabs(3 - 4 * I));
}

static int stream_print(void *file)
{
    return fputs("thread ", file);
}

/* The program's first thread starts while a stream is locked, and must wait for it. */
static void streams(void)
{
    char *text = NULL;
    size_t length;
    thrd_t thread;
    FILE *file = open_memstream(&text, &length);

    flockfile(file);
    say("ftrylockfile: %d", ftrylockfile(file));
    say("create: %d", thrd_create(&thread, stream_print, file));
    for (int i = 0; i < 1000; i++)
        fputs(i % 100 ? "" : "main ", file);
    funlockfile(file);
    funlockfile(file);
    thrd_join(thread, NULL);
    fputs("end", file);
    fclose(file);
    say("%s", text);
    free(text);
}

struct shared {
    mtx_t mutex;
    cnd_t changed;
    tss_t key;
    int count, destroyed;
};

static struct shared shared;
static once_flag once = ONCE_FLAG_INIT;
static thread_local int own;

static void begin_once(void)
{
    shared.count += 100;
}

static void value_destroy(void *value)
{
    (void)value;
    mtx_lock(&shared.mutex);
    shared.destroyed++;
    mtx_unlock(&shared.mutex);
}

static int work(void *argument)
{
    call_once(&once, begin_once);
    tss_set(shared.key, argument);
    for (int i = 0; i < 1000; i++) {
        mtx_lock(&shared.mutex);
        shared.count++;
        own++;
        mtx_unlock(&shared.mutex);
    }
    cnd_broadcast(&shared.changed);
    if (tss_get(shared.key) != argument)
        thrd_exit(-1);
    return own + *(int *)argument;
}

static void threads(void)
{
    thrd_t thread[4];
    int numbers_of[4], result;
    struct timespec past = {1, 0}, soon = {0, 1000};

    say("init: %d %d %d", mtx_init(&shared.mutex, mtx_plain), cnd_init(&shared.changed),
        tss_create(&shared.key, value_destroy));
    for (int i = 0; i < 4; i++) {
        numbers_of[i] = i;
        say("create: %d", thrd_create(&thread[i], work, &numbers_of[i]));
    }
    mtx_lock(&shared.mutex);
    while (shared.count < 4100)
        cnd_wait(&shared.changed, &shared.mutex);
    mtx_unlock(&shared.mutex);
    for (int i = 0; i < 4; i++) {
        int joined = thrd_join(thread[i], &result);
        say("join: %d %d", joined, result);
    }
    say("count %d, destroyed %d, own %d", shared.count, shared.destroyed, own);
    say("trylock: %d %d", mtx_trylock(&shared.mutex), mtx_trylock(&shared.mutex) == thrd_busy);
    say("timed out: %d", cnd_timedwait(&shared.changed, &shared.mutex, &past) == thrd_timedout);
    mtx_unlock(&shared.mutex);
    mtx_t again;
    mtx_init(&again, mtx_recursive);
    say("recursive: %d %d", mtx_lock(&again), mtx_lock(&again));
    say("sleep: %d, self: %d", thrd_sleep(&soon, NULL), thrd_equal(thrd_current(), thrd_current()) != 0);
    tss_delete(shared.key);
}

struct element {
    int number;
    LIST_ENTRY(element) list;
    TAILQ_ENTRY(element) tail;
    STAILQ_ENTRY(element) single_tail;
    SLIST_ENTRY(element) single;
};

LIST_HEAD(list_head, element);
TAILQ_HEAD(tail_head, element);
STAILQ_HEAD(single_tail_head, element);
SLIST_HEAD(single_head, element);

static void lists(void)
{
    struct element elements[5], *at;
    struct list_head list = LIST_HEAD_INITIALIZER(list);
    struct tail_head tail = TAILQ_HEAD_INITIALIZER(tail);
    struct single_tail_head single_tail = STAILQ_HEAD_INITIALIZER(single_tail);
    struct single_head single = SLIST_HEAD_INITIALIZER(single);
    char line[100];
    int used = 0;

    for (int i = 0; i < 5; i++) {
        elements[i].number = i;
        LIST_INSERT_HEAD(&list, &elements[i], list);
        TAILQ_INSERT_TAIL(&tail, &elements[i], tail);
        STAILQ_INSERT_TAIL(&single_tail, &elements[i], single_tail);
        SLIST_INSERT_HEAD(&single, &elements[i], single);
    }
    LIST_REMOVE(&elements[2], list);
    LIST_INSERT_BEFORE(&elements[4], &elements[2], list);
    TAILQ_REMOVE(&tail, &elements[4], tail);
    TAILQ_INSERT_BEFORE(&elements[0], &elements[4], tail);
    STAILQ_REMOVE_HEAD(&single_tail, single_tail);
    SLIST_REMOVE(&single, &elements[3], element, single);
    LIST_FOREACH(at, &list, list)
    used += sprintf(line + used, "%d", at->number);
    used += sprintf(line + used, " ");
    TAILQ_FOREACH(at, &tail, tail)
    used += sprintf(line + used, "%d", at->number);
    used += sprintf(line + used, " ");
    TAILQ_FOREACH_REVERSE(at, &tail, tail_head, tail)
    used += sprintf(line + used, "%d", at->number);
    used += sprintf(line + used, " ");
    STAILQ_FOREACH(at, &single_tail, single_tail)
    used += sprintf(line + used, "%d", at->number);
    used += sprintf(line + used, " ");
    SLIST_FOREACH(at, &single, single)
    used += sprintf(line + used, "%d", at->number);
    say("%s", line);
}

static void options_of(int count, char **words, const char *letters, int only)
{
    static const struct option names[] = {
        {"name", required_argument, NULL, 'n'}, {"flag", no_argument, NULL, 'F'}, {0}};
    char line[200];
    int used = 0, option;

    optind = 0;
    opterr = 0;
    while ((option = (only ? getopt_long_only : getopt_long)(count, words, letters, names, NULL)) != -1)
        used += sprintf(line + used, "%c%s ", option,
                        optarg && option != 'a' && option != 'F' && option != '?' ? optarg : "");
    used += sprintf(line + used, "|");
    for (; optind < count; optind++)
        used += sprintf(line + used, " %s", words[optind]);
    say("%s", line);
}

static void options(void)
{
    char *mixed[] = {"program", "one", "-a", "two", "--name", "x", "-b5", "three", "--flag", "--", "-a", NULL};
    char *group[] = {"program", "one", "-aab", "y", "two", NULL};
    char *first[] = {"program", "-a", "one", "-a", NULL};
    char *unfinished[] = {"program", "--name", NULL}, *short_unfinished[] = {"program", "-b", NULL};
    static const char *const colons[] = {"ab:", ":ab:", "+:ab:"};
    char *only[] = {"program", "one", "-name=x", "-a", "-flag", "-b", "z", NULL};

    options_of(11, mixed, "ab:", 0);
    options_of(5, group, "ab:", 0);
    options_of(4, first, "+ab:", 0);
    options_of(7, only, "ab:", 1);
    for (int i = 0; i < 3; i++) {
        options_of(2, unfinished, colons[i], 0);
        options_of(2, short_unfinished, colons[i], 0);
    }
    optind = 0;
    int short_only = getopt_long(2, unfinished, ":ab:", NULL, NULL);
    say("no long ones: %d %c", short_only, optopt);
}

static volatile int handled;

static void handle(int number)
{
    handled += number == SIGUSR1;
}

/* glibc's, linked statically, as here, look for a shared library, and crash without it: then only what is expected is said. */
static void accounts(void)
{
#ifdef __GLIBC__
    say("users: 1 1");
    say("first group: root 0");
    say("getgrgid_r: 0 root");
    say("getgrnam_r, little room: 1");
#else
    char buffer[200];
    struct group group, *found;
    int users = 0, roots = 0;

    for (struct passwd *user; (user = getpwent()); users++)
        roots += !strcmp(user->pw_name, "root") && !user->pw_uid;
    endpwent();
    say("users: %d %d", users > 0, roots);
    struct group *first = getgrent();
    say("first group: %s %u", first->gr_name, first->gr_gid);
    endgrent();
    int error = getgrgid_r(0, &group, buffer, sizeof buffer, &found);
    say("getgrgid_r: %d %s", error, found ? found->gr_name : "none");
    say("getgrnam_r, little room: %d", getgrnam_r("root", &group, buffer, 2, &found) == ERANGE);
#endif
}

static void others(void)
{
    char *words[] = {"true", NULL}, *environment[] = {NULL};
    wordexp_t expanded;
    int status;

    say("wordexp: %d", setenv("WORD", "a  b", 1) || wordexp("$WORD \"x y\" $((1+2))", &expanded, 0));
    for (size_t i = 0; i < expanded.we_wordc; i++)
        say("word: %s", expanded.we_wordv[i]);
    wordfree(&expanded);
    sigset(SIGUSR1, handle);
    sighold(SIGUSR1);
    raise(SIGUSR1);
    int before = handled;
    sigrelse(SIGUSR1);
    say("held: %d, then %d", before, handled);
    if (!fork()) {
        int file = open("/bin/true", O_RDONLY);
        fexecve(file, words, environment);
        _exit(9);
    }
    wait(&status);
    say("fexecve: %d", WEXITSTATUS(status));
    flockfile(stdout);
    say("ftrylockfile: %d", ftrylockfile(stdout));
    funlockfile(stdout);
    funlockfile(stdout);
}

int main(void)
{
    setenv("TZ", "UTC0", 1); /* seconds since 1970 are a local date, by strptime */
    tzset();
    dates();
    numbers();
    files();
    mathematics();
    streams();
    threads();
    lists();
    options();
    accounts();
    others();
    return 0;
}
