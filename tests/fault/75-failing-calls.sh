# System calls fail, once and for good: those that have led to hangs, wrong digests and leftovers.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/sweep.sh"
need_strace
sweep_prepare

sweep_calls_of output <<'END'
newfstatat EIO
sendto EMSGSIZE
END
sweep_calls stream recvfrom ENOMEM
sweep_calls several recvfrom ENOMEM +
sweep_total
