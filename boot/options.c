/* The kernel's options: words separated by spaces, collected from a file and from QEMU. The loader itself heeds one: root. */
#include "boot/loader.h"

void options_append(char *options, const struct loader_file *text)
{
    UINTN length = strlena((CHAR8 *)options);
    if (length > 0 && text->size > 0)
        options[length++] = ' ';
    if (text->size > BOOTINFO_OPTIONS_SIZE - 1 - length)
        fail(L"kernel options are too long", EFI_BAD_BUFFER_SIZE);
    for (UINTN i = 0; i < text->size && text->data[i] != '\0'; i++)
        options[length++] = text->data[i] < ' ' ? ' ' : (char)text->data[i];
    options[length] = '\0';
}

static bool begins_with(const char *text, const char *start)
{
    while (*start != '\0' && *text == *start) {
        text++;
        start++;
    }
    return *start == '\0';
}

static const char *last_word(const char *options, const char *start)
{
    const char *found = NULL;
    for (const char *word = options; *word != '\0'; word++) {
        if ((word == options || word[-1] == ' ') && begins_with(word, start))
            found = word;
    }
    return found;
}

enum root_wish options_root(const char *options)
{
    const char *word = last_word(options, "root=");
    if (word == NULL)
        return ROOT_WHERE_IT_IS;
    return begins_with(word, "root=ram") && (word[8] == '\0' || word[8] == ' ') ? ROOT_IN_MEMORY : ROOT_ELSEWHERE;
}
