/* What a process can set about itself. */
#ifndef CLOCKHAND_SYS_PRCTL_H
#define CLOCKHAND_SYS_PRCTL_H

#define PR_SET_PDEATHSIG 1
#define PR_SET_DUMPABLE 4
#define PR_SET_NAME 15
#define PR_GET_NAME 16
#define PR_SET_CHILD_SUBREAPER 36
#define PR_GET_CHILD_SUBREAPER 37

int prctl(int option, ...);

#endif
