# Clockhand: the build, non-recursive, everything it makes below $(BUILD).
#
# A new source file needs no edit here: kernel/, mm/, tests/kernel/ make the kernel, user/NAME.c or user/NAME/*.c a program,
# tests/user/NAME.c a program for /tests in the guest and for the host, tests/host/NAME.c a host test.

# SAN=1: the kernel with the compiler's checks for undefined behaviour (kernel/sanitizer.c) and of each access to memory
# (kernel/shadow.h), in a folder of its own.
# COVERAGE=1: the kernel with a counter of each branch (kernel/coverage.c), in another.
BUILD ?= build$(if $(SAN),/san)$(if $(COVERAGE),/instrumented)
CC = gcc
LD = ld
NASM = nasm
OBJCOPY = objcopy
STRIP = strip
NM = nm
GDB ?= gdb
AR = ar
OPTIMIZE ?= -O2
# Warnings become errors with WERROR=-Werror, which `make check` sets: a newer compiler does not break a plain build.
WERROR ?=

MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := image
export BUILD CC NM

# make itself ends with 2 whenever a command fails; this small plug-in lets `make exec` end with the program's status, and keeps
# the standard output for the program. Where it is not yet built, it is made first, and then make begins anew. Until there make -C
# (`w`) names the folder on standard output as soon as a command runs; with output held back only if one has written something.
ifneq ($(filter exec,$(MAKECMDGOALS)),)
HELD_BACK := $(and $(findstring w,$(firstword -$(MAKEFLAGS))),$(if $(wildcard $(BUILD)/make_exit.so),,yes))
MAKEFLAGS += $(if $(HELD_BACK),--output-sync=target --jobs=2,--output-sync=none)
-load $(BUILD)/make_exit.so(make_exit_setup)
endif

ifeq ($(filter 4.% 5.%,$(MAKE_VERSION)),)
$(error GNU make $(MAKE_VERSION) is too old: Clockhand needs 4.0 or later (Homebrew calls it gmake))
endif

# Progress goes to standard error, because the standard output of `make exec` belongs to the program. V=1 shows the commands.
ifdef V
say =
hush =
else
say = @printf '  %-8s %s\n' $1 '$2' >&2
hush = @
endif

# The compiler's own headers (stdint.h, stddef.h, ...), asked for when first needed.
COMPILER_INCLUDE = $(eval COMPILER_INCLUDE := $$(shell $$(CC) -print-resource-dir 2>/dev/null || \
	dirname "$$$$($$(CC) -print-file-name=include/stddef.h)" | sed 's,/include$$$$,,'))$(COMPILER_INCLUDE)

WARNINGS = -Wall -Wextra -Wshadow -Wvla -Wmissing-prototypes -Wstrict-prototypes $(WERROR)
DEPENDENCIES = -MMD -MP
FREESTANDING = -std=gnu17 -ffreestanding -nostdinc -isystem $(COMPILER_INCLUDE)/include -fno-strict-aliasing \
	-fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -g $(WARNINGS) $(DEPENDENCIES)

# --- the kernel ---------------------------------------------------------------------------------------------------------

KERNEL_CFLAGS = $(FREESTANDING) $(OPTIMIZE) -mcmodel=kernel -mno-red-zone -mgeneral-regs-only -fno-pic -fno-pie \
	-fno-omit-frame-pointer -fno-common -I. -I$(BUILD)/generated -idirafter libc/include -DCLOCKHAND_KERNEL
ifdef SAN
SAN_DEFINES = -DCLOCKHAND_SHADOW -DKERNEL_STACK_SIZE=32768
SAN_CHECKS = -fsanitize=undefined -fsanitize=kernel-address -fasan-shadow-offset=0xdffffc0000000000 --param asan-stack=1 \
	--param asan-globals=1 --param asan-instrumentation-with-call-threshold=0 -fno-sanitize-address-use-after-scope
KERNEL_CFLAGS += $(SAN_DEFINES) $(SAN_CHECKS)
# What keeps the shadow, and what handles memory that others must not.
UNWATCHED = kernel/shadow.c kernel/sanitizer.c kernel/sanitizer_address.c kernel/sanitizer_report.c kernel/report.c \
	mm/slab.c mm/frame_fill.c
$(UNWATCHED:%.c=$(BUILD)/kernel/%.o): SAN_CHECKS =
endif
ifdef COVERAGE
KERNEL_CFLAGS += --coverage -fprofile-info-section -fprofile-update=atomic
endif
KERNEL_C := $(wildcard kernel/*.c kernel/dev/*.c kernel/fs/*.c kernel/stub/*.c mm/*.c tests/kernel/*.c) \
	$(wildcard libc/string.c libc/format.c)
KERNEL_ASM := $(wildcard kernel/*.asm kernel/dev/*.asm mm/*.asm tests/kernel/*.asm)
KERNEL_OBJECTS := $(KERNEL_C:%.c=$(BUILD)/kernel/%.o) $(KERNEL_ASM:%.asm=$(BUILD)/kernel/%.asm.o)
KERNEL_LD = $(LD) -nostdlib -static -z max-page-size=4096 -z noexecstack --build-id=none -T linker.ld

$(BUILD)/kernel/%.o: %.c Makefile | $(BUILD)/.setup
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(hush)$(CC) $(KERNEL_CFLAGS) -c $< -o $@

$(BUILD)/kernel/%.asm.o: %.asm Makefile | $(BUILD)/.setup
	@mkdir -p $(@D)
	$(call say,NASM,$<)
	$(hush)$(NASM) -f elf64 -g -F dwarf $(SAN_DEFINES) -I . -I $(BUILD)/generated/ -MD $(@:.o=.d) -MP -o $@ $<

# The console's font: Spleen (BSD licence), a PSF file from its package. Without one the framebuffer shows no text.
FONT ?= /usr/share/consolefonts/spleen-8x16.psfu.gz /usr/lib/kbd/consolefonts/eurlatgr.psfu.gz \
	/usr/share/kbd/consolefonts/eurlatgr.psfu.gz

$(BUILD)/generated/font.psf: Makefile | $(BUILD)/.setup
	@mkdir -p $(@D)
	$(hush)for font in $(FONT); do [ ! -e $$font ] || exec gzip -dc $$font; done >$@

$(BUILD)/kernel/kernel/dev/font.asm.o: $(BUILD)/generated/font.psf

# The vDSO: an ELF shared object of its own, in the kernel as data (kernel/vdso.h).
$(BUILD)/generated/vdso.so: kernel/vdso/vdso.c kernel/vdso/vdso.ld kernel/vdso.h kernel/abi/time.h Makefile | $(BUILD)/.setup
	@mkdir -p $(@D)
	$(call say,VDSO,$@)
	$(hush)$(CC) $(filter-out $(DEPENDENCIES) -g,$(FREESTANDING)) -O2 -mgeneral-regs-only -fpic -fvisibility=default \
		-fno-jump-tables -I. -c $< -o $(@:.so=.o)
	$(hush)$(LD) -shared -Bsymbolic -soname linux-vdso.so.1 --hash-style=both --build-id=none --no-undefined -z noexecstack \
		-z norelro -T kernel/vdso/vdso.ld $(@:.so=.o) -o $@.all && $(STRIP) -s -o $@ $@.all

$(BUILD)/kernel/kernel/vdso_image.asm.o: $(BUILD)/generated/vdso.so

# Two links: the first to learn where the functions are, the second with their names in (kernel/symbols.c).
$(BUILD)/symbols-0.o: tests/symbols.sh | $(BUILD)/.setup
	$(hush)tests/symbols.sh >$(@:.o=.asm) && $(NASM) -f elf64 -o $@ $(@:.o=.asm)

$(BUILD)/kernel-1.elf: $(KERNEL_OBJECTS) $(BUILD)/symbols-0.o linker.ld
	$(hush)$(KERNEL_LD) $(KERNEL_OBJECTS) $(BUILD)/symbols-0.o -o $@

$(BUILD)/symbols-1.o: $(BUILD)/kernel-1.elf tests/symbols.sh
	$(hush)tests/symbols.sh $< >$(@:.o=.asm) && $(NASM) -f elf64 -o $@ $(@:.o=.asm)

$(BUILD)/kernel.elf: $(BUILD)/symbols-1.o
	$(call say,LD,$@)
	$(hush)$(KERNEL_LD) $(KERNEL_OBJECTS) $(BUILD)/symbols-1.o -o $@

# What goes on the EFI partition: without debug information, so that the firmware has little to read.
$(BUILD)/kernel.stripped.elf: $(BUILD)/kernel.elf
	$(hush)$(STRIP) -o $@ $<

# --- the loader ---------------------------------------------------------------------------------------------------------

# Where Debian, Fedora and Arch put GNU-EFI.
EFI_LIBRARY = $(firstword $(patsubst %/crt0-efi-x86_64.o,%,$(wildcard /usr/lib/crt0-efi-x86_64.o \
	/usr/lib64/gnuefi/crt0-efi-x86_64.o /usr/lib/gnuefi/crt0-efi-x86_64.o /usr/local/lib/crt0-efi-x86_64.o)))
EFI_INCLUDE = $(firstword $(wildcard /usr/include/efi /usr/local/include/efi))
LOADER_CFLAGS = -std=gnu17 -O2 -ffreestanding -fpic -fshort-wchar -mno-red-zone -mgeneral-regs-only -fno-stack-protector \
	-fcf-protection=none -fno-asynchronous-unwind-tables -fno-strict-aliasing -g $(WARNINGS) $(DEPENDENCIES) \
	-DGNU_EFI_USE_MS_ABI -I. -isystem $(EFI_INCLUDE) -isystem $(EFI_INCLUDE)/x86_64
LOADER_OBJECTS := $(patsubst %.c,$(BUILD)/loader/%.o,$(wildcard boot/*.c) kernel/fs/ext2_format.c) \
	$(patsubst %.asm,$(BUILD)/loader/%.asm.o,$(wildcard boot/*.asm))

$(BUILD)/loader/%.o: %.c Makefile | $(BUILD)/.setup
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(hush)$(CC) $(LOADER_CFLAGS) -c $< -o $@

$(BUILD)/loader/%.asm.o: %.asm Makefile | $(BUILD)/.setup
	@mkdir -p $(@D)
	$(call say,NASM,$<)
	$(hush)$(NASM) -f elf64 -MD $(@:.o=.d) -MP -o $@ $<

$(BUILD)/loader.so: $(LOADER_OBJECTS)
	$(hush)$(LD) -nostdlib -znocombreloc -z noexecstack -shared -Bsymbolic -T $(EFI_LIBRARY)/elf_x86_64_efi.lds \
		-L$(EFI_LIBRARY) $(EFI_LIBRARY)/crt0-efi-x86_64.o $(LOADER_OBJECTS) -lefi -lgnuefi -o $@

$(BUILD)/BOOTX64.EFI: $(BUILD)/loader.so
	$(call say,EFI,$@)
	$(hush)$(OBJCOPY) -j .text -j .sdata -j .data -j .dynamic -j .dynsym -j .rel -j .rela -j '.rel.*' -j '.rela.*' \
		-j .reloc --target efi-app-x86_64 --subsystem=10 $< $@

# --- libc and programs --------------------------------------------------------------------------------------------------

USER_CFLAGS = $(FREESTANDING) $(OPTIMIZE) -fno-pic -fno-pie -fno-omit-frame-pointer -I. -Ilibc/include
USER_LDFLAGS = -nostdlib -static -Wl,-T,libc/program.ld -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -Wl,--build-id=none -Wl,-u,_start
LIBC_OBJECTS := $(patsubst %.c,$(BUILD)/user/%.o,$(wildcard libc/*.c libc/*/*.c)) \
	$(patsubst %.asm,$(BUILD)/user/%.asm.o,$(wildcard libc/*.asm libc/*/*.asm))

$(BUILD)/user/%.o: %.c Makefile | $(BUILD)/.setup
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(hush)$(CC) $(USER_CFLAGS) -c $< -o $@

$(BUILD)/user/%.asm.o: %.asm Makefile | $(BUILD)/.setup
	@mkdir -p $(@D)
	$(call say,NASM,$<)
	$(hush)$(NASM) -f elf64 -g -F dwarf -I . -MD $(@:.o=.d) -MP -o $@ $<

$(BUILD)/libc.a: $(LIBC_OBJECTS)
	$(call say,AR,$@)
	$(hush)rm -f $@ && $(AR) rcs $@ $(LIBC_OBJECTS)

# <math.h> and the like, which are not our own: libc/packaged.sh takes them out of the package that has them.
PACKAGED_HEADERS = math.h fenv.h complex.h regex.h glob.h search.h ftw.h wordexp.h wchar.h wctype.h stdlib.h unistd.h time.h \
	utime.h signal.h sys/stat.h sys/statvfs.h

$(BUILD)/libm.a: $(BUILD)/libc.a libc/packaged.sh $(PACKAGED_HEADERS:%=libc/include/%)
	$(call say,AR,$@)
	$(hush)libc/packaged.sh $@ $< $(PACKAGED_HEADERS)

# One program: $1 where it goes in the guest, $2 its name, $3 its objects. $(BUILD)/programs has it with its debug information.
define user_program
USER_PROGRAMS += $(BUILD)/root/$1/$2
$(BUILD)/programs/$1/$2: $3 $(BUILD)/libc.a $(BUILD)/libm.a libc/program.ld
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$$(hush)$$(CC) $(USER_LDFLAGS) $3 -Wl,--start-group $(BUILD)/libm.a $(BUILD)/libc.a -Wl,--end-group -lgcc -o $$@
$(BUILD)/root/$1/$2: $(BUILD)/programs/$1/$2
	@mkdir -p $$(@D)
	$$(hush)$(STRIP) --strip-debug -o $$@ $$<
endef

USER_PROGRAMS :=
$(foreach source,$(wildcard user/*.c),$(eval $(call user_program,bin,$(basename $(notdir $(source))),\
	$(BUILD)/user/$(source:.c=.o))))
$(foreach folder,$(sort $(patsubst %/,%,$(dir $(wildcard user/*/*.c)))),$(eval $(call user_program,bin,$(notdir $(folder)),\
	$(patsubst %.c,$(BUILD)/user/%.o,$(wildcard $(folder)/*.c)))))
$(foreach source,$(wildcard tests/user/*.c),$(eval $(call user_program,tests,$(basename $(notdir $(source))),\
	$(BUILD)/user/$(source:.c=.o))))

# --- what runs on the host ----------------------------------------------------------------------------------------------

# Not with the checks that some distributions' compilers turn on: they end a program that does what C leaves undefined, which tests do.
HOST_CFLAGS = -std=gnu17 -g -fno-strict-aliasing -U_FORTIFY_SOURCE -I.

# The user tests again, for the host's libc: the oracle.
HOST_USER_TESTS := $(patsubst tests/user/%.c,$(BUILD)/host/tests/%,$(wildcard tests/user/*.c))

$(BUILD)/host/tests/%: tests/user/%.c Makefile | $(BUILD)/.setup-test
	@mkdir -p $(@D) $(BUILD)/host/depend
	$(call say,HOSTCC,$<)
	$(hush)$(CC) $(HOST_CFLAGS) -O2 -static -MMD -MP -MF $(BUILD)/host/depend/$*.d $< -o $@ -pthread -lm

# Host tests of code without hardware. The line `Links: FILE...` of a test's top comment names the sources it is linked with.
HOST_TESTS := $(patsubst tests/host/%.c,$(BUILD)/host/unit/%,$(wildcard tests/host/*.c))
HOST_TEST_CFLAGS = $(HOST_CFLAGS) -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer -Wall -Wextra -Wno-unknown-warning-option $(WERROR) -DCLOCKHAND_HOST

$(BUILD)/host/unit/test_loader $(BUILD)/host/unit/test_root: HOST_TEST_CFLAGS += -isystem $(EFI_INCLUDE) \
	-isystem $(EFI_INCLUDE)/x86_64 -fshort-wchar -DGNU_EFI_USE_MS_ABI

$(BUILD)/host/unit/%: tests/host/%.c $(wildcard tests/host/*.h tests/host/*/*.[ch] tests/sim/*.[ch] boot/*.[ch] libc/*.[ch] mm/*.[ch] \
		kernel/*.[ch] kernel/*/*.[ch]) Makefile | $(BUILD)/.setup-test
	@mkdir -p $(@D)
	$(call say,HOSTCC,$<)
	$(hush)$(CC) $(HOST_TEST_CFLAGS) $< $$(sed -n 's/^.*Links: *\([^*]*\).*$$/\1/p' $<) -o $@ -pthread -lm

# The simulator: the kernel's clock, and the textbook's policies beside it, over generated reference strings.
# And the replay of what the kernel's clock was told.
$(BUILD)/host/simulate: tests/sim/simulate.c tests/sim/trace.c tests/sim/policy.c tests/sim/memory.c mm/clock.c mm/adaptive.c
$(BUILD)/host/replay: tests/sim/replay.c mm/clock.c mm/adaptive.c
$(BUILD)/host/simulate $(BUILD)/host/replay: $(wildcard tests/sim/*.h mm/*.h kernel/*.h libc/*.h) Makefile | $(BUILD)/.setup-test
	@mkdir -p $(@D)
	$(call say,HOSTCC,$@)
	$(hush)$(CC) -std=gnu17 -O2 -g -Wall -Wextra $(WERROR) -I. -DCLOCKHAND_HOST $(filter %.c,$^) -o $@

# libc's malloc as a library for programs of the host (LD_PRELOAD), and what measures it beside others: tests/bench-malloc.sh.
HOST_MALLOC_SOURCES := $(wildcard libc/malloc*.c) libc/lock.c tests/malloc/host.c
HOST_MALLOC_CFLAGS = -std=gnu17 -O2 -fno-tree-vectorize -g -fPIC -shared -fvisibility=hidden -fno-strict-aliasing -fno-builtin-malloc \
	-D_GNU_SOURCE $(filter-out -Wmissing-prototypes,$(WARNINGS)) -I. -include tests/malloc/visible.h

# The second one is for gdb, which can call the accessors in it (L3).
$(BUILD)/host/malloc.so $(BUILD)/host/malloc-O0.so: $(HOST_MALLOC_SOURCES) Makefile \
		$(wildcard libc/malloc*.h libc/lock.h tests/malloc/*.h) | $(BUILD)/.setup-test
	@mkdir -p $(@D)
	$(call say,HOSTCC,$@)
	$(hush)$(CC) $(HOST_MALLOC_CFLAGS) $(if $(findstring O0,$@),-O0) $(HOST_MALLOC_SOURCES) -o $@ -pthread

$(BUILD)/host/malloc/%: tests/malloc/%.c Makefile | $(BUILD)/.setup-test
	@mkdir -p $(@D)
	$(call say,HOSTCC,$<)
	$(hush)$(CC) -std=gnu17 -O2 -g $(WARNINGS) -I. $< -o $@

# --- the disk image -----------------------------------------------------------------------------------------------------

$(BUILD)/.root: $(USER_PROGRAMS) tests/root.sh Makefile
	$(call say,ROOT,$(BUILD)/root)
	$(hush)tests/root.sh $(BUILD)/root $(USER_PROGRAMS)
	@touch $@

$(BUILD)/disk.img: $(BUILD)/BOOTX64.EFI $(BUILD)/kernel.stripped.elf $(BUILD)/.root tests/image.sh | $(BUILD)/tpm
	$(call say,IMAGE,$@)
	$(hush)tests/image.sh $@

# --- targets ------------------------------------------------------------------------------------------------------------

# Checked once per build folder and set-up script; see there for what it installs. One after the other: apt-get runs once at a time.
$(BUILD)/.setup: tests/setup.sh
	@mkdir -p $(@D)
	@tests/setup.sh run
	@touch $@

$(BUILD)/.setup-%: tests/setup.sh | $(BUILD)/.setup
	@mkdir -p $(@D)
	@tests/setup.sh $*
	@touch $@

.PHONY: help image kernel programs host host-malloc bench-malloc run exec exec-status debug postmortem bench profile replay simulate test test-long coverage check format clean setup

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)$$/\1|\2/p' Makefile | while IFS='|' read -r name text; do \
		printf '  make %-10s %s\n' "$$name" "$$text"; done
	@sed -n 's/^# *\([A-Z0-9]*=[^ ]*\)  *\(.*\)$$/  \1|\2/p' tests/qemu.sh | while IFS='|' read -r name text; do \
		printf '  %-15s %s\n' "$$name" "$$text"; done

setup: ## install or name the tools that are missing
	@for group in run test check debug; do tests/setup.sh $$group || exit; done

image: $(BUILD)/disk.img ## the bootable disk, build/disk.img: GPT with EFI, ext2 root and swap partitions

kernel: $(BUILD)/kernel.elf ## the kernel alone, build/kernel.elf

programs: $(USER_PROGRAMS) ## libc and the programs of user/ and tests/user/

host: $(HOST_TESTS) $(HOST_USER_TESTS) $(BUILD)/host/simulate $(BUILD)/host/replay ## the tests that run on the host

host: $(BUILD)/host/malloc.so $(BUILD)/host/malloc-O0.so $(BUILD)/host/malloc/player $(BUILD)/host/malloc/generate

host-malloc: $(BUILD)/host/malloc.so ## libc's malloc for programs of the host: LD_PRELOAD=build/host/malloc.so

# The command line may hold anything, also $ and newlines: make hands it on unexpanded.
export CLOCKHAND_CMD := $(value CMD)
export ADD MEM CPUS CPU OPT DISK DISK2 TIMEOUT MACHINE MEDIUM GUI OVMF TPM EXTRA PEER SCRIPT STUB GDB TUI LOADER DUMP EXEC COVERAGE

run: $(BUILD)/disk.img | $(if $(filter 1,$(GUI)),$(BUILD)/.setup-gui) ## boot; the terminal is the console (leave with: poweroff, or ^A x); GUI=1 shows the framebuffer
	@tests/qemu.sh run

exec: exec-status ## boot, run CMD='...' by /bin/sh -c, power off; output and exit status are the program's
	@$(exit-with-status $(BUILD)/exec.status)

exec-status: $(BUILD)/disk.img
	@tests/qemu.sh exec >&$${CLOCKHAND_STDOUT:-1}; echo $$? >$(BUILD)/exec.status.$$PPID

$(BUILD)/make_exit.so: tests/make_exit.c | $(BUILD)/.setup
	@mkdir -p $(@D)
	$(hush)$(CC) -O2 -fPIC -shared $< -o $@.$$PPID && mv $@.$$PPID $@

# Empty where QEMU has no such device: tests/qemu.sh then does without.
$(BUILD)/tpm: tests/tpm.c | $(BUILD)/.setup
	@mkdir -p $(@D)
	$(hush)if qemu-system-x86_64 -device help 2>&1 | grep -q '"tpm-tis"'; then $(CC) -O2 $(WARNINGS) $< -o $@; else : >$@; fi

debug: $(BUILD)/disk.img | $(BUILD)/.setup-debug ## boot stopped, with gdb attached to QEMU's stub
	@tests/qemu.sh debug

postmortem: | $(BUILD)/.setup-debug ## gdb on the memory that `make exec DUMP=1` has left (or CORE=file); SCRIPT=file
	@[ -e "$(CORE)" ] || { echo "clockhand: there is no $(CORE): make exec DUMP=1 leaves one" >&2; exit 1; }
	@$(GDB) -q -nx $(if $(SCRIPT),-batch) -ex 'set pagination off' -ex 'source kernel/gdb/ck.py' $(if $(SCRIPT),-x '$(SCRIPT)') \
		$(BUILD)/kernel.elf "$(CORE)"

CORE ?= $(BUILD)/exec.core

bench: $(BUILD)/disk.img ## guest instructions of each service, exactly repeatable; PEER=linux beside Debian's kernel; SUITE=...
	@tests/bench.sh $(SUITE)

replay: $(BUILD)/host/replay ## TRACE=file from `mtrace -p`: whether the clock on the host picks the same victims
	@$< $(TRACE)

simulate: $(BUILD)/host/simulate ## page faults of each replacement policy on each reference string; FRAMES=n
	@$< $(FRAMES)

bench-malloc: host-malloc $(BUILD)/host/malloc-O0.so $(BUILD)/host/malloc/player $(BUILD)/host/malloc/generate ## libc's malloc beside others: utilisation and instructions
	@tests/bench-malloc.sh $(TRACE)

profile: $(BUILD)/disk.img ## CMD='...': guest instructions of each kernel function while that runs
	@tests/profile.sh "$$CLOCKHAND_CMD"

test: $(BUILD)/.setup-test $(BUILD)/disk.img host ## every test, through prove; T='name ...' runs some, T=frame,hugetlb several suites in one boot
	@tests/run.sh $(T)

test-long: $(BUILD)/.setup-test $(BUILD)/disk.img host ## the tests of tests/long, which take much longer; T='name ...' runs some
	@tests/run.sh $(addprefix long/,$(or $(T),all))

coverage: | $(BUILD)/.setup-coverage ## the tests on an instrumented kernel; which lines of mm/ ran, all in build/coverage; T='names' runs some
	@$(MAKE) COVERAGE=1 BUILD=$(BUILD)/instrumented image host
	@REPORT=$(BUILD)/coverage BUILD=$(BUILD)/instrumented tests/coverage.sh $(T)

check: $(BUILD)/.setup-check ## formatting, include order, cppcheck, both compilers without a warning
	@tests/check.sh

format: ## lay out every C file as .clang-format says
	@clang-format -i $(wildcard boot/*.[ch] kernel/*.[ch] kernel/*/*.[ch] mm/*.[ch] libc/*.[ch] libc/*/*.[ch] user/*.[ch] \
		user/*/*.[ch] tests/*.c tests/*/*.[ch])

clean: ## remove everything that was built
	@rm -rf $(BUILD)

-include $(KERNEL_OBJECTS:.o=.d) $(LOADER_OBJECTS:.o=.d) $(LIBC_OBJECTS:.o=.d) \
	$(wildcard $(BUILD)/user/user/*.d $(BUILD)/user/user/*/*.d $(BUILD)/user/tests/user/*.d $(BUILD)/host/depend/*.d)
