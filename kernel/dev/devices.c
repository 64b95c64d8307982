/* Start-up of the devices. */
#include "boot/bootinfo.h"
#include "kernel/dev/console.h"
#include "kernel/dev/devices.h"
#include "kernel/dev/display.h"
#include "kernel/dev/framebuffer_file.h"
#include "kernel/dev/nvme.h"
#include "kernel/dev/pci.h"
#include "kernel/dev/pty.h"
#include "kernel/dev/ram_disk.h"
#include "kernel/dev/serial.h"
#include "kernel/dev/virtio_blk.h"
#include "kernel/random.h"
#include "kernel/stub/stub.h"

void devices_start(const struct bootinfo *info)
{
    random_init();
    stub_init();
    serial_init();
    display_init(&info->framebuffer);
    framebuffer_file_init();
    console_init();
    pty_init();
    pci_init();
    virtio_blk_init();
    nvme_init();
    ram_disk_init(info);
}
