# Each system call fails, once and for good, while a file is replaced.
# slow
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/sweep.sh"
need_strace
sweep_prepare

sweep_every_call output update
sweep_total
