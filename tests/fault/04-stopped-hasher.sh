# A hashing process is stopped, with --timeout: it is replaced, the manifest is whole.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
truncate -s 512M tree/large
echo a >tree/a
oracle_manifest tree >"$SCRATCH/expected"
for options in -j1 '-j4 --unsorted'; do
	status=0
	treesum --timeout=1 $options tree >"$out" 2>"$err" &
	pid=$!
	hasher=$(hasher_of tree/large)
	want kill -STOP "$hasher"
	wait $pid || status=$?
	sort -k 2 -o "$out" "$out"
	want_manifest "$SCRATCH/expected"
	want_none_left
done
