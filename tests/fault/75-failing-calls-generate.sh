# Each system call fails, once and for good, while a manifest is made.
# slow
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/sweep.sh"
need_strace
sweep_prepare

sweep_every_call tree unsorted json several directory
sweep_total
