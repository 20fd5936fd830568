# Every N-th allocation fails, once and for good, in each process of each mode.
# slow
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/sweep.sh"
need_shim
sweep_prepare

for mode in tree several unsorted json output check sealed audit update diff list directory tagged stream; do
	for process in 0 1 2 3 children; do
		sweep_allocations $mode $process 1
		sweep_allocations $mode $process 1 SHIM_FOR_GOOD=1
	done
done
sweep_total
