/* test and [ : one primary, or an expression of ! ( ) -a -o over them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sh.h"

struct expression {
    char **at;
    int left; /* arguments not yet read */
    bool failed;
};

static bool or_read(struct expression *expression);

static void test_fail(struct expression *expression, const char *what, const char *message)
{
    if (!expression->failed)
        complain("test: %s: %s", what, message);
    expression->failed = true;
}

static const char *take(struct expression *expression)
{
    if (!expression->left)
        return NULL;
    expression->left--;
    return *expression->at++;
}

static bool next_is(const struct expression *expression, const char *text)
{
    return expression->left && !strcmp(*expression->at, text);
}

static long number_of(struct expression *expression, const char *text)
{
    char *end;
    long number = strtol(text, &end, 10);

    end += strspn(end, " \t\n");
    if (end == text || *end)
        test_fail(expression, text, "bad number");
    return number;
}

static bool mode_test(char letter, const struct stat *status)
{
    switch (letter) {
    case 'e':
        return true;
    case 'f':
        return S_ISREG(status->st_mode);
    case 'd':
        return S_ISDIR(status->st_mode);
    case 'b':
        return S_ISBLK(status->st_mode);
    case 'c':
        return S_ISCHR(status->st_mode);
    case 'p':
        return S_ISFIFO(status->st_mode);
    case 'S':
        return S_ISSOCK(status->st_mode);
    case 's':
        return status->st_size > 0;
    case 'u':
        return status->st_mode & S_ISUID;
    case 'g':
        return status->st_mode & S_ISGID;
    case 'O':
        return status->st_uid == geteuid();
    case 'G':
        return status->st_gid == getegid();
    default:
        return status->st_mode & S_ISVTX;
    }
}

static bool unary_test(struct expression *expression, char letter, const char *operand)
{
    struct stat status;

    switch (letter) {
    case 'n':
        return *operand;
    case 'z':
        return !*operand;
    case 't':
        return isatty((int)number_of(expression, operand));
    case 'r':
        return !access(operand, R_OK);
    case 'w':
        return !access(operand, W_OK);
    case 'x':
        return !access(operand, X_OK);
    case 'h':
    case 'L':
        return !lstat(operand, &status) && S_ISLNK(status.st_mode);
    default:
        return !stat(operand, &status) && mode_test(letter, &status);
    }
}

static const char *const binary_operators[] = {"=",   "!=",  "-eq", "-ne", "-lt", "-le", "-gt",
                                               "-ge", "-nt", "-ot", "-ef", "<",   ">"};

static bool is_binary(const char *text)
{
    for (size_t i = 0; i < sizeof binary_operators / sizeof binary_operators[0]; i++)
        if (!strcmp(text, binary_operators[i]))
            return true;
    return false;
}

static bool is_unary(const char *text)
{
    return text[0] == '-' && text[1] && !text[2] && strchr("bcdefgGhknLOprsStuwxz", text[1]);
}

static bool files_compare(const char *left, const char *operator, const char * right)
{
    struct stat a, b;
    bool has_a = !stat(left, &a), has_b = !stat(right, &b);

    if (!strcmp(operator, "-ef"))
        return has_a && has_b && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
    if (!has_a || !has_b)
        return operator[1] == 'n' ? has_a && !has_b : has_b && !has_a;
    long order = a.st_mtim.tv_sec - b.st_mtim.tv_sec;
    if (!order)
        order = a.st_mtim.tv_nsec - b.st_mtim.tv_nsec;
    return operator[1] == 'n' ? order > 0 : order<0;
}

static bool binary_test(struct expression *expression, const char *left, const char *operator, const char * right)
{
    if (operator[0] != '-') {
        int order = strcmp(left, right);
        return *operator== '=' ? !order : * operator== '!' ? order : * operator== '<' ? order < 0 : order> 0;
    }
    if (!strcmp(operator, "-nt") || !strcmp(operator, "-ot") || !strcmp(operator, "-ef"))
        return files_compare(left, operator, right);
    long a = number_of(expression, left), b = number_of(expression, right);
    if (operator[1] == 'e')
        return a == b;
    if (operator[1] == 'n')
        return a != b;
    if (operator[1] == 'l')
        return operator[2] == 't' ? a < b : a <= b;
    return operator[2] == 't' ? a > b : a >= b;
}

/* What is an operator depends on how many arguments are left. */
static bool primary_read(struct expression *expression)
{
    if (expression->left >= 3 && is_binary(expression->at[1])) {
        const char *left = take(expression), *operator= take(expression);
        return binary_test(expression, left, operator, take(expression));
    }
    const char *word = take(expression);
    if (!word) {
        test_fail(expression, "argument", "expected");
        return false;
    }
    if (!strcmp(word, "(") && expression->left) {
        bool result = or_read(expression);
        if (!next_is(expression, ")"))
            test_fail(expression, "(", "closing paren expected");
        take(expression);
        return result;
    }
    if (is_unary(word) && expression->left)
        return unary_test(expression, word[1], take(expression));
    return *word;
}

static bool not_read(struct expression *expression)
{
    if (next_is(expression, "!") && expression->left > 1) {
        take(expression);
        return !not_read(expression);
    }
    return primary_read(expression);
}

static bool and_read(struct expression *expression)
{
    bool result = not_read(expression);

    while (next_is(expression, "-a")) {
        take(expression);
        result &= not_read(expression);
    }
    return result;
}

static bool or_read(struct expression *expression)
{
    bool result = and_read(expression);

    while (next_is(expression, "-o")) {
        take(expression);
        result |= and_read(expression);
    }
    return result;
}

int builtin_test(char **arguments)
{
    struct expression expression = {.at = arguments + 1};

    while (expression.at[expression.left])
        expression.left++;
    if (!strcmp(arguments[0], "[")) {
        if (!expression.left || strcmp(expression.at[expression.left - 1], "]"))
            return complain("[: missing ]") + 1;
        expression.left--;
    }
    if (!expression.left)
        return 1;
    bool result = or_read(&expression);
    if (expression.left)
        test_fail(&expression, *expression.at, "unexpected operator");
    return expression.failed ? 2 : !result;
}
