# A second Ctrl-C while the first still ends the workers, one of which does not answer: ended at once.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
truncate -s 1T tree/endless
printf '%0128d  tree/endless\n' 0 >"$SCRATCH/list"
echo old >sums
for options in '-o sums tree' "-o sums -c $SCRATCH/list"; do
	status=0
	setsid env --default-signal=INT,QUIT treesum -j1 $options >"$out" 2>"$err" &
	pid=$!
	hasher=$(hasher_of tree/endless)
	want [ -e .sums.treesum ]
	want kill -STOP "$hasher"
	want kill -INT -- -$pid
	# The temporary goes first; then the hasher is waited for.
	wait_until [ ! -e .sums.treesum ]
	kill -INT -- -$pid 2>/dev/null || true # it may be gone already
	wait $pid || status=$?
	want_status 130
	want_text sums old
	want_text <(ls -A -I '.*.treesum-journal') $'sums\ntree'
	want_none_left
done
