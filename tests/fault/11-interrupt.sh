# Ctrl-C, a SIGINT to the whole process group: ended by it (130), without a manifest, with nothing left.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
truncate -s 1T tree/endless
echo a >tree/a
echo old >sums
for options in '' -j1 '-o sums' '-o new' --unsorted; do
	status=0
	# A shell starts its background jobs with SIGINT ignored; what Ctrl-C reaches has it as usual.
	setsid env --default-signal=INT,QUIT treesum $options tree >"$out" 2>"$err" &
	pid=$!
	hasher_of tree/endless >"$SCRATCH/hasher"
	want kill -INT -- -$pid
	wait $pid || status=$?
	want_status 130
	[ "$options" = --unsorted ] || want_out ''
	want_none_left
	want_text sums old
	# How far it was read may be kept.
	want_text <(ls -A -I '.*.treesum-journal') $'sums\ntree'
done

# In the middle of -c.
printf '%0128d  tree/endless\n' 0 >"$SCRATCH/list"
status=0
setsid env --default-signal=INT,QUIT treesum -c "$SCRATCH/list" >"$out" 2>"$err" &
pid=$!
hasher_of tree/endless >"$SCRATCH/hasher"
want kill -INT -- -$pid
wait $pid || status=$?
want_status 130
want_none_left
