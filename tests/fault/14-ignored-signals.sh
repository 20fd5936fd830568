# Started with SIGCHLD ignored, or SIGINT, or all that can be: it works, and what was ignored stays so.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
truncate -s 1M tree/large
for i in {1..100}; do
	echo $i >tree/$i
done
oracle_manifest tree >"$SCRATCH/expected"
for signals in CHLD INT CHLD,INT,QUIT,TERM,HUP,PIPE,ALRM,USR1,USR2; do
	status=0
	truncate -s 1T tree/large
	env --ignore-signal="$signals" treesum tree >"$out" 2>"$err" &
	pid=$!
	hasher=$(hasher_of tree/large)
	# A worker dies, and whoever may be interrupted is; the next one finds an end of the file.
	want kill -STOP "$hasher"
	truncate -s 1M tree/large
	want kill -KILL "$hasher"
	[ "$signals" = CHLD ] || want kill -INT $pid
	wait $pid || status=$?
	want_manifest "$SCRATCH/expected"
	want_none_left
done

# Workers end by SIGTERM all the same.
echo old >sums
rm tree/large
truncate -s 1T tree/endless
status=0
env --ignore-signal=TERM,CHLD --default-signal=INT treesum -o sums tree >"$out" 2>"$err" &
pid=$!
hasher_of tree/endless >"$SCRATCH/hasher"
want kill -INT $pid
wait $pid || status=$?
want_status 130
want_text sums old
want_none_left
