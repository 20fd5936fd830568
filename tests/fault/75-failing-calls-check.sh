# Each system call fails, once and for good, while files are held against a manifest, or named by a list.
# slow
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/sweep.sh"
need_strace
sweep_prepare

sweep_every_call check sealed audit diff list stream tagged
sweep_total
