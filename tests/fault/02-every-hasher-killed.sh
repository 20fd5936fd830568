# Every hashing process is killed, again and again: after a while a clear error, and no manifest.
. "$TEST_TOP/tests/lib.sh"
need_strace

mkdir tree
for i in {1..300}; do
	echo $i >tree/$i
done
oracle_manifest tree >list
echo old >sums
ulimit -c 0
for fault in 'KILL tree' 'SEGV tree' 'SEGV -j1 tree' 'SEGV --unsorted tree' 'SEGV -o sums tree' 'SEGV -c list'; do
	run traced -e inject=preadv2:signal=${fault%% *} -- treesum ${fault#* }
	want grep -q "killed by SIG${fault%% *}" "$SCRATCH/trace"
	want_status 1
	# Told as it comes: files that were tried three times before the end, if there were any.
	[[ $fault != *--unsorted* && $fault != *-c* ]] ||
		sed -i -E '/^treesum: tree\/[0-9]+: its reader was killed by signal 11$/d' "$err"
	[[ $fault != *-c* ]] || sed -i '/^tree\/[0-9]*: FAILED open or read$/d' "$out"
	want_out ''
	want_err 'treesum: the workers died again and again: giving up'
	want_text sums old
	want_none_left
done
