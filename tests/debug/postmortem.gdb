# What a memory dump shows: the processors, the threads, the locks, the log.
echo -- threads of gdb\n
info threads
thread apply all bt
echo -- locks\n
ck locks
echo -- ps\n
ck ps
ck threads
echo -- memory\n
ck frames
ck walk kernel_main
echo -- check\n
ck check
echo -- log\n
ck log 5
