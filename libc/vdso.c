/*
 * Finding a function in the vDSO: its ELF header is where the auxiliary vector says, its symbols where its dynamic section says.
 */
#include "libc/vdso.h"

#include <elf.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>

/* What the dynamic section leads to. Addresses in it count from `base`, which is where address 0 of the file came to lie. */
struct symbol_table {
    const char *base;
    const Elf64_Sym *symbols;
    const char *names;
    const uint32_t *hash; /* the second word is the number of symbols */
};

static const void *table_address(const struct symbol_table *table, const Elf64_Dyn *entry)
{
    return table->base + entry->d_un.d_ptr;
}

static void dynamic_read(struct symbol_table *table, const Elf64_Dyn *entry)
{
    for (; entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag == DT_SYMTAB)
            table->symbols = table_address(table, entry);
        else if (entry->d_tag == DT_STRTAB)
            table->names = table_address(table, entry);
        else if (entry->d_tag == DT_HASH)
            table->hash = table_address(table, entry);
    }
}

static void image_read(struct symbol_table *table, const char *image)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)image;
    const Elf64_Phdr *segments = (const Elf64_Phdr *)(image + header->e_phoff);
    const Elf64_Dyn *dynamic = NULL;
    for (int i = 0; i < header->e_phnum; i++) {
        if (segments[i].p_type == PT_LOAD && table->base == NULL)
            table->base = image + segments[i].p_offset - segments[i].p_vaddr;
        else if (segments[i].p_type == PT_DYNAMIC)
            dynamic = (const Elf64_Dyn *)(image + segments[i].p_offset);
    }
    if (table->base != NULL && dynamic != NULL)
        dynamic_read(table, dynamic);
}

void *vdso_function(const char *name)
{
    struct symbol_table table = {NULL, NULL, NULL, NULL};
    const char *image = (const char *)getauxval(AT_SYSINFO_EHDR);
    if (image == NULL)
        return NULL;
    image_read(&table, image);
    if (table.symbols == NULL || table.names == NULL || table.hash == NULL)
        return NULL;
    for (uint32_t i = 1; i < table.hash[1]; i++) {
        const Elf64_Sym *symbol = &table.symbols[i];
        if (symbol->st_shndx != SHN_UNDEF && strcmp(table.names + symbol->st_name, name) == 0)
            return (void *)(table.base + symbol->st_value);
    }
    return NULL;
}
