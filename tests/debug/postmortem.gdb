# What a memory dump shows: the processors, the threads, the locks, the events of memory management, the log.
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
echo -- trace\n
ck trace 20000
echo -- log\n
ck log 5
