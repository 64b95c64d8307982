/*
 * Executable headers: which are refused before anything of the file is believed.
 */
#include "kernel/elf.h"
#include "kernel/ktest.h"

static struct elf_header good(void)
{
    return (struct elf_header){
        .magic = {0x7f, 'E', 'L', 'F'},
        .class = ELF_CLASS_64,
        .data = ELF_DATA_LITTLE,
        .type = ET_EXEC,
        .machine = ELF_MACHINE_X86_64,
        .segments_offset = sizeof(struct elf_header),
        .segment_size = sizeof(struct elf_segment),
        .segment_count = 1,
    };
}

KTEST(elf, good_headers_are_taken)
{
    struct elf_header header = good();
    KTEST_EXPECT(elf_header_is_valid(&header));
    header.type = ET_DYN;
    header.segment_count = 128;
    KTEST_EXPECT(elf_header_is_valid(&header));
}

KTEST(elf, wrong_headers_are_refused)
{
    for (unsigned i = 0; i < 9; i++) {
        struct elf_header header = good();
        switch (i) {
        case 0:
            header.magic[3] = 'G';
            break;
        case 1:
            header.class = 1;
            break;
        case 2:
            header.data = 2;
            break;
        case 3:
            header.type = 4;
            break;
        case 4:
            header.machine = 3;
            break;
        case 5:
            header.segment_size = 32;
            break;
        case 6:
            header.segment_count = 0;
            break;
        case 7:
            header.segment_count = 0xffff;
            break;
        default:
            header.type = 0;
        }
        KTEST_EXPECT(!elf_header_is_valid(&header));
    }
}
