#!/bin/sh
# Sees to it that the tools are there: setup.sh run|test|check|debug|coverage, one of the groups of the table below.
#
# On Debian and its relatives what is missing is installed with apt-get, as root or through sudo, after saying so. Elsewhere
# the packages to install are named and the script ends with status 1. A tool that is too old gets one line.
set -eu
PATH=$PATH:/usr/sbin:/sbin
group=${1:-run}

# Group, how to tell that it is there, and its package on Debian, Fedora, Arch, Homebrew (- where there is none).
# The test is a command in the path, or file:PATTERN, or the name of a function below.
table() {
    cat <<'END'
run   has_compiler                gcc               gcc           gcc          x86_64-elf-gcc
run   ld                          binutils          binutils      binutils     x86_64-elf-binutils
run   nasm                        nasm              nasm          nasm         nasm
run   has_gnu_efi                 gnu-efi           gnu-efi-devel gnu-efi      -
run   has_libc                    libc6-dev         glibc-devel   glibc        -
run   has_ovmf                    ovmf              edk2-ovmf     edk2-ovmf    qemu
run   qemu-system-x86_64          qemu-system-x86   qemu-system-x86-core qemu-system-x86 qemu
run   mcopy                       mtools            mtools        mtools       mtools
run   mke2fs                      e2fsprogs         e2fsprogs     e2fsprogs    e2fsprogs
run   sfdisk                      fdisk             util-linux    util-linux   util-linux
run   mkswap                      util-linux        util-linux    util-linux   util-linux
run   has_musl                    musl-dev          musl-libc-static musl      -
run   has_font                    fonts-spleen      -             -            -
run   timeout                     coreutils         coreutils     coreutils    coreutils
gui   has_window                  qemu-system-gui   qemu-ui-gtk   qemu-ui-gtk  qemu
test  prove                       perl              perl-Test-Harness perl      perl
test  has_static_libc             libc6-dev         glibc-static  glibc        -
test  musl-gcc                    musl-tools        musl-gcc      musl         musl-cross
test  busybox                     busybox-static    busybox       busybox      -
test  hexdump                     bsdextrautils     util-linux    util-linux   util-linux
test  sqlite3                     sqlite3           sqlite        sqlite       sqlite
test  python3                     python3           python3       python       python3
test  git                         git               git           git          git
test  has_gdb                     gdb               gdb           gdb          x86_64-elf-gdb
check clang                       clang             clang         clang        llvm
check clang-format                clang-format      clang-tools-extra clang    clang-format
check cppcheck                    cppcheck          cppcheck      cppcheck     cppcheck
debug has_gdb                     gdb               gdb           gdb          x86_64-elf-gdb
coverage lcov                     lcov              lcov          lcov         lcov
END
}

has_compiler() {
    command -v "${CC:-gcc}"
}

has_gnu_efi() {
    [ -e /usr/include/efi/efi.h ] || [ -e /usr/local/include/efi/efi.h ]
}

has_libc() {
    [ -e /usr/include/stdio.h ] || [ "$(uname -s)" = Darwin ]
}

has_static_libc() {
    [ -e "$("${CC:-gcc}" -print-file-name=libc.a)" ]
}

has_ovmf() {
    tests/ovmf.sh
}

# Only where it comes as a package: without it the kernel has no text on the framebuffer, and all else works.
has_font() {
    [ -e /usr/share/consolefonts/spleen-8x16.psfu.gz ] || ! command -v apt-get
}

# Our C library's <math.h>, <regex.h> and glob (libc/packaged.sh, from the same places), without which some programs do not link.
has_musl() {
    for path in /usr/lib/x86_64-linux-musl /usr/x86_64-linux-musl/lib64 /usr/x86_64-linux-musl/lib /usr/lib/musl/lib; do
        [ ! -e "$path/libc.a" ] || return 0
    done
    [ "$(uname -s)" = Darwin ]
}

has_gdb() {
    command -v "${GDB:-gdb}"
}

has_window() {
    qemu-system-x86_64 -display help | grep -E 'gtk|sdl|cocoa'
}

# The table's lines of this group that are not there.
missing() {
    table | while read -r table_group test packages; do
        case $group:$table_group in
        "$table_group:$group" | *:run | check:test | coverage:test) ;;
        run:gui) [ "${GUI:-}" = 1 ] || continue ;;
        *) continue ;;
        esac
        case $test in
        has_*) "$test" >/dev/null 2>&1 || echo "$packages" ;;
        *) command -v "$test" >/dev/null 2>&1 || echo "$packages" ;;
        esac
    done
}

packages_of() {
    echo "$absent" | awk -v column="$1" '$column != "-" && !seen[$column]++ { printf "%s ", $column }'
}

# Names what to install on this system and stops.
name_and_stop() {
    echo "Clockhand needs tools that are not here. Please install:" >&2
    case "$(uname -s):$(cat /etc/os-release 2>/dev/null)" in
    Darwin:*) echo "    brew install $(packages_of 4)" >&2 ;;
    *ID=fedora* | *ID_LIKE=*fedora* | *ID_LIKE=*rhel*) echo "    dnf install $(packages_of 2)" >&2 ;;
    *ID=arch* | *ID_LIKE=*arch*) echo "    pacman -S $(packages_of 3)" >&2 ;;
    *ID=debian* | *ID_LIKE=*debian* | *ID_LIKE=*ubuntu*) echo "    apt-get install $(packages_of 1)" >&2 ;;
    *) echo "    $(packages_of 1) (Debian's names)" >&2 ;;
    esac
    exit 1
}

install() {
    command -v apt-get >/dev/null 2>&1 || name_and_stop
    if [ "$(id -u)" -eq 0 ]; then
        as_root=
    elif command -v sudo >/dev/null 2>&1; then
        as_root=sudo
    else
        name_and_stop
    fi
    packages=$(packages_of 1)
    echo "Installing with ${as_root:+sudo }apt-get: $packages" >&2
    export DEBIAN_FRONTEND=noninteractive
    {
        $as_root apt-get -q update &&
            $as_root apt-get -q install -y --no-install-recommends $packages
    } >&2 || {
        echo "apt-get could not install: $packages" >&2
        exit 1
    }
}

# One line when TOOL, whose version is the first number that COMMAND prints, is older than WANTED: require_version TOOL WANTED COMMAND...
require_version() {
    tool=$1
    wanted=$2
    shift 2
    version=$("$@" 2>/dev/null | sed -n 's/^[^0-9]*\([0-9][0-9]*\(\.[0-9][0-9]*\)*\).*/\1/p' | head -n 1)
    oldest=$(printf '%s\n%s\n' "$version" "$wanted" | sort -t. -k1,1n -k2,2n | head -n 1)
    [ "$oldest" = "$wanted" ] || [ "$version" = "$wanted" ] || {
        echo "$tool ${version:-of unknown version} is too old: Clockhand needs $wanted or later" >&2
        exit 1
    }
}

case ${CC:-gcc} in
gcc | */gcc) ;;
*) has_compiler >/dev/null 2>&1 || { echo "the compiler CC=$CC is not there" >&2; exit 1; } ;;
esac
absent=$(missing)
[ -z "$absent" ] || install
absent=$(missing)
[ -z "$absent" ] || name_and_stop

require_version "${CC:-gcc}" 10 "${CC:-gcc}" -dumpfullversion -dumpversion
require_version nasm 2.14 nasm -v
require_version qemu-system-x86_64 6.0 qemu-system-x86_64 --version
