# Every N-th allocation fails, once and for good: under -o, in the first process and in the others.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/sweep.sh"
need_shim
sweep_prepare

sweep_allocations output 0 1
sweep_allocations list 0 1 SHIM_FOR_GOOD=1
sweep_allocations selected 0 1
sweep_allocations check 0 2 SHIM_FOR_GOOD=1
sweep_allocations several children 1 SHIM_FOR_GOOD=1
# One of the first allocations of libcrypto, where it sets up its default context.
for n in 20 40; do
	shim_run sha3 SHIM_PROCESS=0 SHIM_ALLOCATION=$n
done
sweep_total
