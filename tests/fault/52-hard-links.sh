# A file has several names: it is read once, and listed under each of them.
. "$TEST_TOP/tests/lib.sh"

need_strace
mkdir -p tree/sub other
head -c 300000 /dev/zero >tree/a
ln tree/a tree/b
ln tree/a tree/sub/c
ln tree/a other/d
echo single >tree/single
for options in '' -j1; do
	oracle_manifest tree other tree >"$SCRATCH/expected"
	run treesum $options tree other tree
	want_manifest "$SCRATCH/expected"
	run traced -e trace=openat,openat2 -- treesum $options tree other tree
	want_manifest "$SCRATCH/expected"
	want_text <(grep -cE '"(tree/)?(a|b|sub/c|d)", ' "$SCRATCH/trace") 1
done

# Without a map nothing is known of other names: each is read.
run treesum --unsorted tree
sort -k 2 "$out" >"$SCRATCH/sorted"
oracle_manifest tree >"$SCRATCH/expected"
want_status 0
want_same_bytes "$SCRATCH/expected" "$SCRATCH/sorted"

# The name that is read first has gone when it is opened: the others still get their digest.
oracle_manifest tree | grep -v 'tree/a$' >"$SCRATCH/expected"
stop_at openat2:error=EINTR a -- treesum -j1 tree
rm tree/a
go_on
want_status 1
want_err 'treesum: tree/a: No such file or directory'
want_same_bytes "$SCRATCH/expected" "$out"

# It was given to another file meanwhile: that one's digest is not theirs.
ln tree/b tree/a
oracle_manifest tree >"$SCRATCH/before"
stop_at openat2:error=EINTR a -- treesum -j1 tree
rm tree/a
echo another >tree/a
go_on
oracle_manifest tree >"$SCRATCH/expected"
want_manifest "$SCRATCH/expected"
want_not cmp -s "$SCRATCH/before" "$SCRATCH/expected"

# As many such files as a table has to grow for: still each is read once, and has its own digest.
mkdir -p many/{1,2}
for i in {1..1500}; do
	echo $i >many/1/$i
done
cp -l many/1/* many/2
oracle_manifest many >"$SCRATCH/expected"
run traced -e trace=openat,openat2 -- treesum many
want_manifest "$SCRATCH/expected"
want_text <(grep -cE '"(many/)?[12]/[0-9]+", ' "$SCRATCH/trace") 1500
