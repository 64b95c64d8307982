/*
 * QEMU's firmware configuration device: named strings from the host's command line (-fw_cfg name=...,file=...).
 *
 * A selector port, and a data port that gives the selected item byte by byte; item 0x19 is the directory. Only touched where
 * CPUID says that a hypervisor is there: on other machines these ports may be anything. Source: QEMU, docs/specs/fw_cfg.
 */
#include "boot/loader.h"

enum {
    PORT_SELECT = 0x510,
    PORT_DATA = 0x511,
    PORT_LOG = 0xe9,
    PORT_EXIT = 0xf4,
    ITEM_SIGNATURE = 0,
    ITEM_DIRECTORY = 0x19,
    NAME_SIZE = 56,
    EXIT_PANIC = 62, /* QEMU's exit status is 2 * 62 + 1 = 125 */
};

struct fwcfg_entry {
    UINT32 size;
    UINT16 item;
    char name[NAME_SIZE];
};

static void port_write8(UINT16 port, UINT8 value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static void port_write16(UINT16 port, UINT16 value)
{
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static void port_write32(UINT16 port, UINT32 value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static UINT8 port_read8(UINT16 port)
{
    UINT8 value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static void fwcfg_bytes(void *buffer, UINTN size)
{
    for (UINTN i = 0; i < size; i++)
        ((UINT8 *)buffer)[i] = port_read8(PORT_DATA);
}

/* The next `size` bytes as one big-endian number. */
static UINT32 fwcfg_number(UINTN size)
{
    UINT32 value = 0;
    for (UINTN i = 0; i < size; i++)
        value = value << 8 | port_read8(PORT_DATA);
    return value;
}

static bool fwcfg_is_present(void)
{
    if (!cpu_is_virtual())
        return false;
    char signature[4];
    port_write16(PORT_SELECT, ITEM_SIGNATURE);
    fwcfg_bytes(signature, sizeof(signature));
    return CompareMem(signature, "QEMU", sizeof(signature)) == 0;
}

static bool fwcfg_find(const char *name, struct fwcfg_entry *entry)
{
    port_write16(PORT_SELECT, ITEM_DIRECTORY);
    UINT32 count = fwcfg_number(4);
    for (UINT32 i = 0; i < count; i++) {
        entry->size = fwcfg_number(4);
        entry->item = (UINT16)fwcfg_number(2);
        fwcfg_number(2);
        fwcfg_bytes(entry->name, NAME_SIZE);
        if (strcmpa((const CHAR8 *)entry->name, (const CHAR8 *)name) == 0)
            return true;
    }
    return false;
}

struct loader_file fwcfg_read(const char *name)
{
    struct loader_file file = {NULL, 0};
    struct fwcfg_entry entry;
    if (!fwcfg_is_present() || !fwcfg_find(name, &entry))
        return file;
    file.data = pages_get(EfiLoaderCode, (UINTN)entry.size + 1);
    port_write16(PORT_SELECT, entry.item);
    fwcfg_bytes(file.data, entry.size);
    /* The host ends a string with NUL so that an empty one is a file too. */
    file.size = strlena(file.data);
    return file;
}

void fwcfg_log(const CHAR16 *text)
{
    if (!fwcfg_is_present())
        return;
    for (; *text != 0; text++)
        port_write8(PORT_LOG, *text < 0x80 ? (UINT8)*text : '?');
}

/* Under QEMU nobody may be there to press a key: the line goes to the log and the machine ends as after a panic. */
void fwcfg_end_machine(const CHAR16 *what, const CHAR16 *status)
{
    if (!fwcfg_is_present())
        return;
    fwcfg_log(L"loader: ");
    fwcfg_log(what);
    fwcfg_log(L": ");
    fwcfg_log(status);
    fwcfg_log(L"\n");
    port_write32(PORT_EXIT, EXIT_PANIC);
}
