# A hashing process is killed in the middle of a file: the file is hashed again, the manifest is whole.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
truncate -s 512M tree/large
for i in {1..200}; do
	echo $i >tree/$i
done
oracle_manifest tree >"$SCRATCH/expected"
for options in -j1 -j4 '-j2 --unsorted'; do
	status=0
	treesum $options tree >"$out" 2>"$err" &
	pid=$!
	hasher=$(hasher_of tree/large)
	want [ "$hasher" != $pid ]
	want kill -KILL "$hasher"
	wait $pid || status=$?
	sort -o "$out" -k 2 "$out"
	sort -k 2 "$SCRATCH/expected" >"$SCRATCH/sorted"
	want_manifest "$SCRATCH/sorted"
	want_none_left
done

# The same when checking.
status=0
treesum -c -j2 "$SCRATCH/expected" >"$out" 2>"$err" &
pid=$!
hasher=$(hasher_of tree/large)
want kill -KILL "$hasher"
wait $pid || status=$?
want_status 0
want_same_bytes <(sed 's/^[0-9a-f]*  //; s/$/: OK/' "$SCRATCH/expected") "$out"
want_none_left
