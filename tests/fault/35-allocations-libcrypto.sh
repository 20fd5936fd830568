# Every N-th allocation fails, once and for good, where libcrypto looks for an algorithm.
# slow
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/sweep.sh"
need_shim
sweep_prepare

sweep_allocations sha3 0 1
sweep_allocations sha3 0 1 SHIM_FOR_GOOD=1
sweep_allocations sha3 children 1
sweep_total
