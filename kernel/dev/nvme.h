/* Disks that speak NVM Express. */
#ifndef KERNEL_DEV_NVME_H
#define KERNEL_DEV_NVME_H

/* Registers namespace 1 of every NVMe controller on PCI as nvme0n1, nvme1n1 ... in bus order. After pci_init(), in thread context. Sleeps. */
void nvme_init(void);

#endif
