/*
 * ACPI tables, read once (ACPI 6.5, chapter 5).
 *
 *     RSDP -> XSDT (or RSDT) -> MADT   CPUs, IO-APICs, ISA interrupts that go elsewhere
 *                            -> FADT   PM timer, PM1 control, reset -> DSDT: the object \_S5 with the SLP_TYP values
 *                            -> HPET, MCFG
 *
 * Of the DSDT's byte code only \_S5 is wanted; it is found by its name and read by pattern: NAME "_S5_" PACKAGE length
 * count value value.
 */
#include "kernel/acpi.h"

#include "boot/bootinfo.h"
#include "kernel/log.h"
#include "kernel/x86.h"
#include "libc/string.h"
#include "mm/kmap.h"

struct acpi_machine acpi_machine;

struct acpi_header {
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum;
    char oem[6], oem_table[8];
    uint32_t oem_revision, creator, creator_revision;
} __attribute__((packed));

struct acpi_rsdp {
    char signature[8];
    uint8_t checksum;
    char oem[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length;
    uint64_t xsdt;
} __attribute__((packed));

struct acpi_address {
    uint8_t space, width, offset, access;
    uint64_t address;
} __attribute__((packed));

struct acpi_madt {
    struct acpi_header header;
    uint32_t local_apic, flags;
    uint8_t entries[];
} __attribute__((packed));

/* The parts of the FADT that are used; the rest is counted in bytes. */
struct acpi_fadt {
    struct acpi_header header;
    uint32_t firmware_control, dsdt;
    uint8_t reserved1[12];
    uint32_t pm1a_event, pm1b_event, pm1a_control, pm1b_control, pm2_control, pm_timer;
    uint8_t reserved2[32];
    uint32_t flags;
    struct acpi_address reset;
    uint8_t reset_value;
    uint8_t reserved3[3];
    uint64_t x_firmware_control, x_dsdt;
} __attribute__((packed));
_Static_assert(offsetof(struct acpi_fadt, pm_timer) == 76, "FADT");
_Static_assert(offsetof(struct acpi_fadt, flags) == 112, "FADT");
_Static_assert(offsetof(struct acpi_fadt, x_dsdt) == 140, "FADT");

struct acpi_hpet {
    struct acpi_header header;
    uint32_t id;
    struct acpi_address address;
} __attribute__((packed));

struct acpi_mcfg {
    struct acpi_header header;
    uint64_t reserved;
    struct {
        uint64_t address;
        uint16_t segment;
        uint8_t first_bus, last_bus;
        uint32_t reserved;
    } __attribute__((packed)) entries[];
} __attribute__((packed));

enum madt_kind { MADT_LOCAL_APIC = 0, MADT_IO_APIC = 1, MADT_OVERRIDE = 2, MADT_APIC_ADDRESS = 5, MADT_X2APIC = 9 };
enum { MADT_CPU_ENABLED = 1, FADT_TIMER_32 = 1 << 8, FADT_RESET = 1 << 10, SPACE_IO = 1, ISA_BUS = 0 };
enum { AML_BYTE = 0x0a, AML_PACKAGE = 0x12 };

static uint32_t read32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof(value));
    return value;
}

static uint64_t read64(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof(value));
    return value;
}

/* Bytes of a table add up to 0. */
static bool checksum_is_right(const void *table, size_t length)
{
    const uint8_t *bytes = table;
    uint8_t sum = 0;
    for (size_t i = 0; i < length; i++)
        sum = (uint8_t)(sum + bytes[i]);
    return sum == 0;
}

/* The table at `physical`, whole, or null if it is broken. */
static const struct acpi_header *table_map(paddr_t physical)
{
    const struct acpi_header *header = firmware_map(physical, sizeof(*header));
    if (header == NULL || header->length < sizeof(*header))
        return NULL;
    header = firmware_map(physical, header->length);
    if (header == NULL || !checksum_is_right(header, header->length))
        return NULL;
    return header;
}

static void cpu_found(uint32_t apic_id, uint32_t flags)
{
    struct acpi_machine *m = &acpi_machine;
    if ((flags & MADT_CPU_ENABLED) == 0)
        return;
    if (m->cpu_count == CPUS_MAX) {
        log_write(LOG_WARNING, "acpi: more than %d CPUs, the one with APIC id %u is not used", CPUS_MAX, apic_id);
        return;
    }
    m->apic_id[m->cpu_count++] = apic_id;
}

static void io_apic_found(paddr_t address, uint32_t first_gsi)
{
    struct acpi_machine *m = &acpi_machine;
    if (m->io_apic_count < ACPI_IO_APICS_MAX)
        m->io_apic[m->io_apic_count++] = (struct acpi_io_apic){address, first_gsi};
}

/*
 * Flags: polarity in bits 0-1 (3: active low), trigger in bits 2-3 (3: level); 0 is as the bus has it, for ISA high and
 * edge.
 */
static void override_found(const uint8_t *entry)
{
    uint8_t bus = entry[2], irq = entry[3], flags = entry[8];
    if (bus == ISA_BUS && irq < ARRAY_LENGTH(acpi_machine.isa))
        acpi_machine.isa[irq] = (struct acpi_isa_route){read32(entry + 4), (flags & 3) == 3, (flags >> 2 & 3) == 3};
}

static void madt_entry(const uint8_t *entry)
{
    switch (entry[0]) {
    case MADT_LOCAL_APIC:
        cpu_found(entry[3], read32(entry + 4));
        break;
    case MADT_X2APIC:
        cpu_found(read32(entry + 4), read32(entry + 8));
        break;
    case MADT_IO_APIC:
        io_apic_found(read32(entry + 4), read32(entry + 8));
        break;
    case MADT_OVERRIDE:
        override_found(entry);
        break;
    case MADT_APIC_ADDRESS:
        acpi_machine.local_apic = read64(entry + 4);
        break;
    }
}

static void madt_read(const struct acpi_header *header)
{
    const struct acpi_madt *madt = (const struct acpi_madt *)header;
    const uint8_t *end = (const uint8_t *)header + header->length;
    acpi_machine.local_apic = madt->local_apic;
    acpi_machine.cpu_count = 0;
    for (const uint8_t *entry = madt->entries; entry + 2 <= end && entry[1] >= 2 && entry + entry[1] <= end;
         entry += entry[1])
        madt_entry(entry);
}

/* One element of the package: a byte constant, or 0 and 1 by themselves. Returns the byte behind it. */
static const uint8_t *aml_byte(const uint8_t *code, uint8_t *value)
{
    if (*code == AML_BYTE)
        code++;
    *value = *code;
    return code + 1;
}

static void s5_read(const uint8_t *package)
{
    unsigned extra = package[1] >> 6; /* further bytes of the package length */
    const uint8_t *element = package + 2 + extra + 1;
    element = aml_byte(element, &acpi_machine.s5_type_a);
    aml_byte(element, &acpi_machine.s5_type_b);
    acpi_machine.s5_known = true;
}

static void dsdt_read(paddr_t physical)
{
    const struct acpi_header *dsdt = table_map(physical);
    if (dsdt == NULL)
        return;
    const uint8_t *code = (const uint8_t *)(dsdt + 1), *end = (const uint8_t *)dsdt + dsdt->length;
    for (; code + 16 <= end; code++) {
        if (code[0] == '_' && memcmp(code, "_S5_", 4) == 0 && code[4] == AML_PACKAGE) {
            s5_read(code + 4);
            return;
        }
    }
}

static void fadt_read(const struct acpi_header *header)
{
    const struct acpi_fadt *fadt = (const struct acpi_fadt *)header;
    struct acpi_machine *m = &acpi_machine;
    m->pm_timer_port = (uint16_t)fadt->pm_timer;
    m->pm_timer_32 = (fadt->flags & FADT_TIMER_32) != 0;
    m->pm1a_control = (uint16_t)fadt->pm1a_control;
    m->pm1b_control = (uint16_t)fadt->pm1b_control;
    bool is_long = header->length >= offsetof(struct acpi_fadt, x_dsdt) + sizeof(uint64_t);
    if (is_long && (fadt->flags & FADT_RESET) != 0 && fadt->reset.space == SPACE_IO) {
        m->reset_port = (uint16_t)fadt->reset.address;
        m->reset_value = fadt->reset_value;
    }
    dsdt_read(is_long && fadt->x_dsdt != 0 ? fadt->x_dsdt : fadt->dsdt);
}

static void hpet_read(const struct acpi_header *header)
{
    const struct acpi_hpet *hpet = (const struct acpi_hpet *)header;
    if (hpet->address.space != SPACE_IO)
        acpi_machine.hpet = hpet->address.address;
}

static void mcfg_read(const struct acpi_header *header)
{
    const struct acpi_mcfg *mcfg = (const struct acpi_mcfg *)header;
    if (header->length < sizeof(*mcfg) + sizeof(mcfg->entries[0]) || mcfg->entries[0].segment != 0)
        return;
    acpi_machine.pci_config = mcfg->entries[0].address;
    acpi_machine.pci_first_bus = mcfg->entries[0].first_bus;
    acpi_machine.pci_last_bus = mcfg->entries[0].last_bus;
}

static void table_read(paddr_t physical)
{
    static const struct {
        char signature[5];
        void (*read)(const struct acpi_header *header);
    } readers[] = {{"APIC", madt_read}, {"FACP", fadt_read}, {"HPET", hpet_read}, {"MCFG", mcfg_read}};
    const struct acpi_header *header = firmware_map(physical, sizeof(*header));
    for (unsigned i = 0; header != NULL && i < ARRAY_LENGTH(readers); i++) {
        if (memcmp(header->signature, readers[i].signature, sizeof(header->signature)) != 0)
            continue;
        const struct acpi_header *table = table_map(physical);
        if (table == NULL)
            log_write(LOG_WARNING, "acpi: the table %s is broken, ignored", readers[i].signature);
        else
            readers[i].read(table);
    }
}

/* The root tables differ in the size of their pointers. */
static void root_read(const struct acpi_rsdp *rsdp)
{
    bool is_long = rsdp->revision >= 2 && rsdp->xsdt != 0;
    const struct acpi_header *root = table_map(is_long ? rsdp->xsdt : rsdp->rsdt);
    if (root == NULL) {
        log_write(LOG_WARNING, "acpi: the root table is broken");
        return;
    }
    size_t width = is_long ? 8 : 4;
    const uint8_t *pointer = (const uint8_t *)(root + 1), *end = (const uint8_t *)root + root->length;
    for (; pointer + width <= end; pointer += width)
        table_read(is_long ? read64(pointer) : read32(pointer));
}

/* A PC as it was before ACPI: one CPU, one IO-APIC, ISA interrupts on the inputs of the same number. */
static void machine_default(void)
{
    acpi_machine.cpu_count = 1;
    acpi_machine.apic_id[0] = cpuid_read(1, 0).ebx >> 24;
    acpi_machine.local_apic = 0xfee00000;
    for (unsigned irq = 0; irq < ARRAY_LENGTH(acpi_machine.isa); irq++)
        acpi_machine.isa[irq] = (struct acpi_isa_route){.gsi = irq};
}

void acpi_init(const struct bootinfo *info)
{
    machine_default();
    const struct acpi_rsdp *rsdp = info->rsdp != 0 ? firmware_map(info->rsdp, sizeof(*rsdp)) : NULL;
    if (rsdp == NULL || memcmp(rsdp->signature, "RSD PTR ", 8) != 0 || !checksum_is_right(rsdp, 20))
        log_write(LOG_WARNING, "acpi: the firmware has no usable tables");
    else
        root_read(rsdp);
    if (acpi_machine.io_apic_count == 0)
        io_apic_found(0xfec00000, 0);
    log_write(LOG_INFO, "acpi: %u CPUs, %u IO-APICs, %s, power-off %s", acpi_machine.cpu_count,
              acpi_machine.io_apic_count, acpi_machine.hpet != 0 ? "HPET" : "no HPET",
              acpi_machine.s5_known ? "by S5" : "unknown");
}
