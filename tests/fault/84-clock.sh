# The clock is wrong in a run, or in the one that goes on: nothing that was read in the future is believed.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/sweep.sh"
need_shim

mkdir tree
echo a >tree/a
echo b >tree/b
# Long enough to be read for a second.
truncate -s 1G tree/huge
sleep 2.1
"$SHA512SUM" tree/a tree/b tree/huge >"$SCRATCH/expected"

# Run with a clock that is wrong by some seconds.
run_at() { # SECONDS ARGUMENT...
	local prelude="export LD_PRELOAD=$BUILD/fault/shim.so SHIM_TIME=$1"
	shift
	run treesum "$@"
}

has_records() { # NAME COUNT
	[ "$(grep -aoF "$1" .sums.treesum-journal 2>/dev/null | wc -l)" -ge "$2" ]
}

# Start a run with a clock, and end it in the middle of the huge file.
end_in_huge() { # SECONDS
	rm -f .sums.treesum-journal sums
	LD_PRELOAD=$BUILD/fault/shim.so SHIM_TIME=$1 treesum -j1 -o sums tree </dev/null >"$out" 2>"$err" &
	wait_until has_records tree/huge 2
	kill $!
	status=0
	wait $! || status=$?
	want_status 143
	want has_records tree/b 1
}

# What the next run does with a clock.
want_resumed() { # SECONDS FILES
	run_at "$1" --summary --resume -o sums tree
	want_status 0
	want_same_bytes "$SCRATCH/expected" sums
	if [ "$2" ]; then
		want grep -q "; resumed: .* ($2, " "$err"
	else
		want_not grep -q '; resumed: ' "$err"
	fi
	want [ ! -e .sums.treesum-journal ]
}

day=86400

# Right in both.
end_in_huge 0
want_resumed 0 '2 files'
want_not grep -q ' 1073741828 bytes' "$err"
# Set forward meanwhile, by however much.
end_in_huge 0
want_resumed $((1000 * day)) '2 files'
# Set back meanwhile; or it was ahead when the files were read. What was written when is not known.
end_in_huge 0
want_resumed -$day ''
end_in_huge $day
want_resumed 0 ''
# Both runs with the same clock, which is ahead.
end_in_huge $day
want_resumed $day '2 files'
# Behind: all files seem to be written in the future, so nothing is kept.
rm -f .sums.treesum-journal sums
mkfifo fifo
LD_PRELOAD=$BUILD/fault/shim.so SHIM_TIME=-$day treesum -j1 -o sums tree/a tree/b fifo </dev/null >"$out" 2>"$err" &
exec 7>fifo
kill $!
status=0
wait $! || status=$?
exec 7>&-
want_status 143
want_not has_records tree/ 1

# A time of the last reading that is in the future is unknown: the file is due.
rm -f .sums.treesum-journal sums
run_at $day --update=sums tree/a tree/b
want_status 0
run_at 0 --summary --reread=30d --update=sums tree/a tree/b
want_status 0
want grep -q ' 4 bytes in ' "$err"
run_at 0 --summary --reread=30d --update=sums tree/a tree/b
want_status 0
want grep -q ' 0 bytes in ' "$err"
# Set back by less than it took: still not older than the age.
run_at $((29 * day)) --summary --reread=30d --update=sums tree/a tree/b
want grep -q ' 0 bytes in ' "$err"
run_at $((31 * day)) --summary --reread=30d --update=sums tree/a tree/b
want grep -q ' 4 bytes in ' "$err"
want_none_left
