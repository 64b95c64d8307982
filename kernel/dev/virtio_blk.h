/* Disks that speak virtio-blk. */
#ifndef KERNEL_DEV_VIRTIO_BLK_H
#define KERNEL_DEV_VIRTIO_BLK_H

/* Registers every virtio disk on PCI as vda, vdb ... in bus order. After pci_init(), in thread context. Sleeps. */
void virtio_blk_init(void);

#endif
