# A hashing process is killed in the middle of a file: the file is hashed again, the manifest is whole.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
for i in {1..200}; do
	echo $i >tree/$i
done
truncate -s 1M tree/large
oracle_manifest tree >"$SCRATCH/expected"

# The file has no end, until the one that reads it has been stopped.
kill_hasher() { # PID
	hasher=$(hasher_of tree/large)
	want [ "$hasher" != "$1" ]
	want kill -STOP "$hasher"
	truncate -s 1M tree/large
	want kill -KILL "$hasher"
}

for options in -j1 -j4 '-j2 --unsorted'; do
	status=0
	truncate -s 1T tree/large
	treesum $options tree >"$out" 2>"$err" &
	pid=$!
	kill_hasher $pid
	wait $pid || status=$?
	sort -o "$out" -k 2 "$out"
	sort -k 2 "$SCRATCH/expected" >"$SCRATCH/sorted"
	want_manifest "$SCRATCH/sorted"
	want_none_left
done

# Of several algorithms all begin anew.
status=0
truncate -s 1T tree/large
treesum -j2 -a sha512,md5 tree >"$out" 2>"$err" &
pid=$!
kill_hasher $pid
wait $pid || status=$?
want_manifest <(while read -r _ name; do sha512sum --tag "$name" && md5sum --tag "$name"; done <"$SCRATCH/expected")
want_none_left
cp "$out" "$SCRATCH/tagged"
status=0
truncate -s 1T tree/large
treesum -c -j2 -a sha512,md5 "$SCRATCH/tagged" >"$out" 2>"$err" &
pid=$!
kill_hasher $pid
wait $pid || status=$?
want_status 0
want_same_bytes <(sed 's/^[^(]*(//; s/).*/: OK/' "$SCRATCH/tagged") "$out"
want_none_left

# The same when checking.
status=0
truncate -s 1T tree/large
treesum -c -j2 "$SCRATCH/expected" >"$out" 2>"$err" &
pid=$!
kill_hasher $pid
wait $pid || status=$?
want_status 0
want_same_bytes <(sed 's/^[0-9a-f]*  //; s/$/: OK/' "$SCRATCH/expected") "$out"
want_none_left
