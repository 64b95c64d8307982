/* The C library as programs use it: streams over files, pipes and memory, scanf, sorting, environment, jumps, exit. */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <getopt.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <setjmp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/user/say.h"

static void files(void)
{
    char line[100], *grown = NULL;
    size_t size = 0;
    FILE *file = fopen("streams.file", "w+");

    for (int i = 0; i < 1000; i++)
        fprintf(file, "line %d\n", i);
    say("position %ld", ftell(file));
    rewind(file);
    say("first: %s", strtok(fgets(line, sizeof line, file), "\n"));
    fseek(file, -9, SEEK_END);
    say("length %zd", getline(&grown, &size, file));
    say("last: %s", strtok(grown, "\n"));
    say("at the end: %d, %d, %d", getc(file), feof(file) != 0, ferror(file));
    fseek(file, 5, SEEK_SET);
    fputs("CHANGED", file);
    fseek(file, 0, SEEK_SET);
    say("read %zu", fread(line, 1, 20, file));
    say("changed: %.12s", line);
    ungetc('!', file);
    int pushed = getc(file), next = getc(file);
    say("pushed back: %c, then %d", pushed, next);
    fclose(file);
    file = fopen("streams.file", "a");
    fputs("appended", file);
    say("appending at %ld", ftell(file));
    fclose(file);
    struct stat status;
    stat("streams.file", &status);
    say("size %ld", (long)status.st_size);
    file = fopen("streams.file", "r");
    say("writing to a reader: %d, %d", fputc('x', file), ferror(file) != 0);
    fclose(file);
    say("no such file: %d", fopen("/none/such", "r") == NULL && errno == ENOENT);
    say("bad mode: %d", fopen("streams.file", "z") == NULL && errno == EINVAL);
    say("exclusive: %d", fopen("streams.file", "wx") == NULL && errno == EEXIST);
    free(grown);
    unlink("streams.file");
}

static void buffers(void)
{
    int ends[2];
    char got[100];

    if (pipe(ends))
        return;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    FILE *file = fdopen(ends[1], "w");
    fputs("abc\n", file);
    say_result("buffered: nothing yet", read(ends[0], got, 100));
    fflush(file);
    say_result("flushed", read(ends[0], got, 100));
    setvbuf(file, NULL, _IOLBF, BUFSIZ);
    fputs("abc", file);
    say_result("no line yet", read(ends[0], got, 100));
    fputs("d\nef", file);
    ssize_t length = read(ends[0], got, 100);
    say_true("a line", length >= 5);
    setvbuf(file, NULL, _IONBF, 0);
    fputs("x", file);
    say_true("unbuffered", read(ends[0], got, 100) >= 1);
    fclose(file);
    close(ends[0]);
}

static void memory_streams(void)
{
    char buffer[20], *text;
    size_t length;
    FILE *file = fmemopen(buffer, sizeof buffer, "w");

    fprintf(file, "%d-%d", 12, 34);
    fclose(file);
    say("fmemopen: %s", buffer);
    file = open_memstream(&text, &length);
    for (int i = 0; i < 100; i++)
        fprintf(file, "%d,", i);
    fclose(file);
    say("open_memstream: %zu %.10s", length, text);
    free(text);
    int written = asprintf(&text, "%05.1f|%x", 3.14159, 255u);
    say("asprintf: %d %s", written, text);
    free(text);
}

static void scanning(void)
{
    int a = 0, b = 0, n = 0;
    char word[20] = "", set[20] = "";
    double x = 0;
    unsigned u = 0;

    say("scanned %d: %d %d %s", sscanf(" 12 -34 word", "%d%d%19s", &a, &b, word), a, b, word);
    say("scanned %d: %g %x %d", sscanf("3.5e2,ff rest", "%lf,%x%n", &x, &u, &n), x, u, n);
    say("scanned %d: %s|%s", sscanf("key=value;", "%19[^=]=%19[a-z]", word, set), word, set);
    say("scanned %d", sscanf("abc", "%d", &a));
    say("scanned %d", sscanf("", "%d", &a));
    say("scanned %d: %d", sscanf("12345", "%2d%*d", &a), a);
}

static int numbers_compare(const void *left, const void *right)
{
    int a = *(const int *)left, b = *(const int *)right;

    return (a > b) - (a < b);
}

static void sorting(void)
{
    int numbers[1000], wrong = 0;
    unsigned long seed = 1;

    for (int i = 0; i < 1000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        numbers[i] = (int)(seed >> 40) % 5000;
    }
    qsort(numbers, 1000, sizeof numbers[0], numbers_compare);
    for (int i = 1; i < 1000; i++)
        wrong += numbers[i - 1] > numbers[i];
    int *found = bsearch(&numbers[300], numbers, 1000, sizeof numbers[0], numbers_compare), none = -1;
    say("sorted, wrong %d; found %d, not found %d", wrong, found && *found == numbers[300],
        bsearch(&none, numbers, 1000, sizeof numbers[0], numbers_compare) == NULL);
}

static void environment(void)
{
    clearenv();
    setenv("A", "1", 1);
    setenv("A", "2", 0);
    setenv("B", "", 1);
    putenv("C=three");
    unsetenv("B");
    say("A=%s B=%s C=%s", getenv("A"), getenv("B") ? "there" : "gone", getenv("C"));
    say_result("a bad name", setenv("X=Y", "1", 1));
}

static jmp_buf place;

static _Noreturn void jump(void)
{
    longjmp(place, 42);
}

static void jumps(void)
{
    volatile int kept = 7;
    int value = setjmp(place);

    if (!value) {
        kept = 8;
        jump();
    }
    say("longjmp: %d %d", value, kept);
}

static void directories(void)
{
    struct dirent **names;
    char pattern[32], path[PATH_MAX];

    snprintf(pattern, sizeof pattern, "/tmp/streams%s%s%s", "XX", "XX", "XX");
    say_true("mkdtemp", mkdtemp(pattern) == pattern);
    for (char letter = 'c'; letter >= 'a'; letter--) {
        snprintf(path, sizeof path, "%s/%c", pattern, letter);
        close(open(path, O_WRONLY | O_CREAT, 0600));
    }
    int count = scandir(pattern, &names, NULL, alphasort);
    for (int i = 0; i < count; i++)
        say("entry: %s", names[i]->d_name);
    snprintf(path, sizeof path, "%s/./../%s//a", pattern, pattern + 5);
    char *resolved = realpath(path, NULL);
    say_true("realpath",
             resolved && !strncmp(resolved, pattern, strlen(pattern)) && !strcmp(resolved + strlen(pattern), "/a"));
    for (char letter = 'a'; letter <= 'c'; letter++) {
        snprintf(path, sizeof path, "%s/%c", pattern, letter);
        unlink(path);
    }
    say_result("rmdir", rmdir(pattern));
    char one[] = "/usr/lib/", two[] = "/usr/lib/", three[] = "plain";
    say("%s %s %s %s", basename(one), dirname(two), dirname(three), basename(three));
}

static void options(void)
{
    static const struct option names[] = {
        {"all", no_argument, NULL, 'a'}, {"size", required_argument, NULL, 's'}, {NULL, 0, NULL, 0}};
    char *arguments[] = {"program", "-ab", "-ofile", "-o", "other", "--size=5", "--all", "--", "-x", NULL};
    int letter;

    opterr = 0;
    while ((letter = getopt_long(9, arguments, "abo:", names, NULL)) != -1)
        say("option %c %s", letter, optarg ? optarg : "");
    say("then %s", arguments[optind]);
}

static void dates(void)
{
    char text[100];
    time_t then = 1700000000;
    struct tm *date = gmtime(&then);

    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %a %b %j %U", date);
    say("date: %s, back %ld", text, (long)timegm(date));
    say("matches: %d %d %d", fnmatch("*.[ch]", "a.c", 0), fnmatch("a?c", "abd", 0), fnmatch("*", ".x", FNM_PERIOD));
}

static void commands(void)
{
    char line[100] = "";
    FILE *file = popen("echo from a command; exit 3", "r");

    say("popen: %s", strtok(fgets(line, sizeof line, file), "\n"));
    say("status %d", WEXITSTATUS(pclose(file)));
    say("system: %d", WEXITSTATUS(system("exit 5")));
}

static void at_exit(void)
{
    say("the function for the end");
}

int main(void)
{
    files();
    buffers();
    memory_streams();
    scanning();
    sorting();
    environment();
    jumps();
    directories();
    options();
    dates();
    commands();
    atexit(at_exit);
    printf("flushed at the end\n");
    exit(4);
}
