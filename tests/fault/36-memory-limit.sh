# Processes that may not grow (RLIMIT_AS): one worker is replaced; all of them, or the whole run, give up.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/sweep.sh"
need_shim
sweep_prepare

# The first worker, the second, all.
for growth in 0 65536 1048576; do
	for process in 1 2 children; do
		for mode in output several check stream; do
			shim_run $mode SHIM_PROCESS=$process SHIM_GROWTH=$((growth + 1)) || true
			# Another one takes the place of a worker that dies of it.
			[ $process$mode != 1check ] || want_status 0
		done
	done
done

# The whole run, by the shell's own means.
for mode in output sha3; do
	sweep_mode $mode
	for ((limit = 4000; limit < 40000; limit += 1500)); do
		[ ! "$target" ] || cp "$old" $target
		prelude="ulimit -v $limit"
		run treesum "${command[@]}"
		sweep_count $mode "ulimit -v $limit"
	done
done
sweep_total
