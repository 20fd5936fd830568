# A hashing process is stopped, with --timeout: it is replaced, the manifest is whole.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
truncate -s 1M tree/large
echo a >tree/a
oracle_manifest tree >"$SCRATCH/expected"
for options in -j1 '-j4 --unsorted'; do
	status=0
	truncate -s 1T tree/large
	treesum --timeout=1 $options tree >"$out" 2>"$err" &
	pid=$!
	hasher=$(hasher_of tree/large)
	want kill -STOP "$hasher"
	# Whoever reads it next finds an end.
	truncate -s 1M tree/large
	wait $pid || status=$?
	sort -k 2 -o "$out" "$out"
	want_manifest "$SCRATCH/expected"
	want_none_left
done

# One after the other is, at the same file: that one is given up.
need_strace
echo bad >tree/bad
rm tree/large
oracle_manifest tree/a >"$SCRATCH/expected"
run traced -P bad -P tree/bad -e inject=read,preadv2:signal=STOP -- treesum --timeout=1 --summary -j1 tree
want_status 1
want_same_bytes "$SCRATCH/expected" "$out"
want_err_line 'treesum: tree/bad: its reader did not answer in time'
want_err_line 'treesum: WARNING: 1 path could not be read and is not listed: run again with a longer --timeout'
want grep -q '; 1 error (1 timed out)$' "$err"
want_none_left
