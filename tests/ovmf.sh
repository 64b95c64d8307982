#!/bin/sh
# Prints the two halves of the UEFI firmware, code and variables, one a line (the second empty when it is one file);
# status 1 when there is none. $OVMF names the code by hand.
code=
vars=
if [ -n "${OVMF:-}" ]; then
    [ -e "$OVMF" ] || exit 1
    code=$OVMF
    vars=$(echo "$OVMF" | sed 's/CODE/VARS/; s/edk2-x86_64-code/edk2-i386-vars/')
    [ "$vars" != "$code" ] && [ -e "$vars" ] || vars=
else
    # Debian and Ubuntu; Fedora; Arch, new and old; Homebrew on either processor; QEMU's own build elsewhere.
    for pair in \
        /usr/share/OVMF/OVMF_CODE_4M.fd:/usr/share/OVMF/OVMF_VARS_4M.fd \
        /usr/share/OVMF/OVMF_CODE.fd:/usr/share/OVMF/OVMF_VARS.fd \
        /usr/share/edk2/ovmf/OVMF_CODE.fd:/usr/share/edk2/ovmf/OVMF_VARS.fd \
        /usr/share/edk2/ovmf/OVMF_CODE_4M.qcow2:/usr/share/edk2/ovmf/OVMF_VARS_4M.qcow2 \
        /usr/share/edk2/x64/OVMF_CODE.4m.fd:/usr/share/edk2/x64/OVMF_VARS.4m.fd \
        /usr/share/edk2/x64/OVMF_CODE.fd:/usr/share/edk2/x64/OVMF_VARS.fd \
        /usr/share/edk2-ovmf/x64/OVMF_CODE.fd:/usr/share/edk2-ovmf/x64/OVMF_VARS.fd \
        /opt/homebrew/share/qemu/edk2-x86_64-code.fd:/opt/homebrew/share/qemu/edk2-i386-vars.fd \
        /usr/local/share/qemu/edk2-x86_64-code.fd:/usr/local/share/qemu/edk2-i386-vars.fd \
        /usr/share/qemu/edk2-x86_64-code.fd:/usr/share/qemu/edk2-i386-vars.fd; do
        if [ -e "${pair%%:*}" ] && [ -e "${pair#*:}" ]; then
            code=${pair%%:*}
            vars=${pair#*:}
            break
        fi
    done
fi
[ -n "$code" ] || exit 1
printf '%s\n%s\n' "$code" "$vars"
