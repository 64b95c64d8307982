/* Files of /proc for tests; see proc_text.h. */
#include "tests/kernel/proc_text.h"

#include "kernel/abi/errno.h"
#include "kernel/fs/proc_table.h"
#include "kernel/ktest.h"
#include "libc/string.h"

const struct proc_entry *proc_entry_find(const char *path)
{
    for (unsigned i = 0; i < proc_entry_count; i++) {
        if (strcmp(proc_entries[i].path, path) == 0)
            return &proc_entries[i];
    }
    return NULL;
}

const struct proc_process_entry *proc_process_entry_find(const char *name)
{
    for (unsigned i = 0; i < proc_process_entry_count; i++) {
        if (strcmp(proc_process_entries[i].name, name) == 0)
            return &proc_process_entries[i];
    }
    return NULL;
}

struct text proc_text(const char *path)
{
    struct text text;
    const struct proc_entry *entry = proc_entry_find(path);
    text_init(&text);
    KTEST_EXPECT(entry != NULL);
    if (entry != NULL && entry->number != NULL)
        text_printf(&text, "%lu\n", (unsigned long)entry->number->get(entry->number->which));
    else if (entry != NULL && entry->show != NULL)
        entry->show(&text);
    text_put(&text, "", 1);
    KTEST_EXPECT(!text.failed);
    return text;
}

struct text proc_text_of(struct process *process, const char *name)
{
    struct text text;
    const struct proc_process_entry *entry = proc_process_entry_find(name);
    text_init(&text);
    KTEST_EXPECT(entry != NULL && entry->show != NULL);
    if (entry != NULL && entry->show != NULL)
        entry->show(process, &text);
    text_put(&text, "", 1);
    KTEST_EXPECT(!text.failed);
    return text;
}

int proc_text_store(const char *path, const char *value)
{
    const struct proc_entry *entry = proc_entry_find(path);
    uint64_t number;
    if (entry == NULL)
        return -ENOENT;
    if (entry->number == NULL)
        return entry->store(value, strlen(value));
    if (!proc_parse_number(value, strlen(value), &number) || number < entry->number->least ||
        number > entry->number->most)
        return -EINVAL;
    return entry->number->set(entry->number->which, number);
}

static uint64_t number_at(const char *at)
{
    uint64_t number = 0;
    while (*at == ' ' || *at == '\t' || *at == ':')
        at++;
    for (; *at >= '0' && *at <= '9'; at++)
        number = 10 * number + (uint64_t)(*at - '0');
    return number;
}

uint64_t text_number(const struct text *text, const char *name)
{
    size_t length = strlen(name);
    for (const char *line = text->data; line != NULL && *line != '\0';) {
        if (strncmp(line, name, length) == 0 && (line[length] == ' ' || line[length] == ':'))
            return number_at(line + length);
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
    return UINT64_MAX;
}

uint64_t proc_text_number(const char *path, const char *name)
{
    struct text text = proc_text(path);
    uint64_t number = text_number(&text, name);
    text_release(&text);
    return number;
}

unsigned text_count(const struct text *text, const char *part)
{
    unsigned count = 0;
    for (const char *at = text->data; at != NULL && (at = strstr(at, part)) != NULL; at++)
        count++;
    return count;
}
