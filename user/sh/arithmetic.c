/* $((...)): C's integer expressions over shell variables, by precedence climbing. */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sh.h"

struct reader {
    const char *at;
    bool skip; /* in a branch not taken: nothing is assigned, nothing divides */
};

/* Longer ones first, so that a prefix does not match. */
static const struct operator
{
    const char *text;
    int level;
}
operators[] = {
    {"||", 1}, {"&&", 2}, {"==", 6}, {"!=", 6}, {"<=", 7}, {">=", 7}, {"<<", 8}, {">>", 8}, {"|", 3},
    {"^", 4},  {"&", 5},  {"<", 7},  {">", 7},  {"+", 9},  {"-", 9},  {"*", 10}, {"/", 10}, {"%", 10},
};

static long assignment_read(struct reader *reader);

static void arithmetic_fail(const char *message)
{
    if (!shell.failed)
        complain("arithmetic: %s", message);
    shell.failed = true;
}

static void space_skip(struct reader *reader)
{
    while (isspace((unsigned char)*reader->at))
        reader->at++;
}

static bool text_take(struct reader *reader, const char *text)
{
    space_skip(reader);
    if (strncmp(reader->at, text, strlen(text)))
        return false;
    reader->at += strlen(text);
    return true;
}

static char *name_take(struct reader *reader)
{
    const char *start = reader->at;

    while (isalnum((unsigned char)*reader->at) || *reader->at == '_')
        reader->at++;
    return arena_text(start, (size_t)(reader->at - start));
}

static long variable_value(const char *name)
{
    const char *value = variable_get(name);
    char *end;

    if (!value || !*value)
        return 0;
    long number = strtol(value, &end, 0);
    if (*end)
        arithmetic_fail("not a number");
    return number;
}

static void variable_store(const struct reader *reader, const char *name, long value)
{
    char text[24];

    if (reader->skip)
        return;
    snprintf(text, sizeof text, "%ld", value);
    if (variable_set(name, text))
        shell.failed = true;
}

static long primary_read(struct reader *reader)
{
    char *end;

    space_skip(reader);
    if (*reader->at == '(') {
        reader->at++;
        long value = assignment_read(reader);
        if (!text_take(reader, ")"))
            arithmetic_fail("missing )");
        return value;
    }
    if (isdigit((unsigned char)*reader->at)) {
        long value = strtol(reader->at, &end, 0);
        reader->at = end;
        return value;
    }
    if (isalpha((unsigned char)*reader->at) || *reader->at == '_')
        return variable_value(name_take(reader));
    arithmetic_fail("syntax error");
    return 0;
}

static long unary_read(struct reader *reader)
{
    space_skip(reader);
    switch (*reader->at) {
    case '-':
        reader->at++;
        return -unary_read(reader);
    case '+':
        reader->at++;
        return unary_read(reader);
    case '~':
        reader->at++;
        return ~unary_read(reader);
    case '!':
        if (reader->at[1] == '=')
            break;
        reader->at++;
        return !unary_read(reader);
    default:
        break;
    }
    return primary_read(reader);
}

static long divide(const struct reader *reader, char operator, long left, long right)
{
    if (reader->skip)
        return 0;
    if (!right) {
        arithmetic_fail("division by zero");
        return 0;
    }
    if (right == -1)
        return operator== '/' ? (long)-(unsigned long)left : 0;
    return operator== '/' ? left / right : left % right;
}

static long operator_apply(const struct reader *reader, const char *operator, long left, long right)
{
    unsigned long a = (unsigned long)left, b = (unsigned long)right;

    switch (operator[0]) {
    case '+':
        return (long)(a + b);
    case '-':
        return (long)(a - b);
    case '*':
        return (long)(a * b);
    case '/':
    case '%':
        return divide(reader, operator[0], left, right);
    case '|':
        return operator[1] ? left || right : (long)(a | b);
    case '&':
        return operator[1] ? left && right : (long)(a &b);
    case '^':
        return (long)(a ^ b);
    case '=':
        return left == right;
    case '!':
        return left != right;
    case '<':
        return operator[1] == '<' ? (long)(a << (b & 63)) : operator[1] ? left <= right : left<right;
    default:
        return operator[1] == '>' ? left >> (b & 63) : operator[1] ? left >= right : left> right;
    }
}

/* The operator that comes next, unless it is an assignment such as += . */
static const struct operator* operator_peek(struct reader *reader)
{
    space_skip(reader);
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        size_t length = strlen(operators[i].text);
        if (strncmp(reader->at, operators[i].text, length))
            continue;
        bool comparison = operators[i].level == 6 || (operators[i].level == 7 && length == 2);
        if (reader->at[length] == '=' && !comparison)
            return NULL;
        return &operators[i];
    }
    return NULL;
}

static long binary_read(struct reader *reader, int level)
{
    long left = unary_read(reader);
    const struct operator* operator;

    while (!shell.failed && (operator= operator_peek(reader)) && operator->level >= level) {
        bool skip = reader->skip;
        reader->at += strlen(operator->text);
        reader->skip |= (operator->level == 1 && left) || (operator->level == 2 && !left);
        long right = binary_read(reader, operator->level + 1);
        reader->skip = skip;
        left = operator_apply(reader, operator->text, left, right);
    }
    return left;
}

static long conditional_read(struct reader *reader)
{
    long condition = binary_read(reader, 1);
    bool skip = reader->skip;

    if (!text_take(reader, "?"))
        return condition;
    reader->skip = skip || !condition;
    long yes = assignment_read(reader);
    if (!text_take(reader, ":"))
        arithmetic_fail("missing :");
    reader->skip = skip || condition;
    long no = conditional_read(reader);
    reader->skip = skip;
    return condition ? yes : no;
}

static long assignment_read(struct reader *reader)
{
    static const char *const kinds[] = {"<<=", ">>=", "+=", "-=", "*=", "/=", "%=", "&=", "^=", "|=", "="};

    space_skip(reader);
    const char *start = reader->at;
    if (isalpha((unsigned char)*start) || *start == '_') {
        char *name = name_take(reader);
        space_skip(reader);
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
            size_t length = strlen(kinds[i]);
            if (strncmp(reader->at, kinds[i], length) || (length == 1 && reader->at[1] == '='))
                continue;
            reader->at += length;
            long value = assignment_read(reader);
            if (length > 1)
                value = operator_apply(reader, arena_text(kinds[i], length - 1), variable_value(name), value);
            variable_store(reader, name, value);
            return value;
        }
        reader->at = start;
    }
    return conditional_read(reader);
}

long arithmetic_evaluate(const char *text)
{
    struct reader reader = {.at = text};

    space_skip(&reader);
    if (!*reader.at)
        return 0;
    long value = assignment_read(&reader);
    space_skip(&reader);
    if (*reader.at)
        arithmetic_fail("syntax error");
    return value;
}
