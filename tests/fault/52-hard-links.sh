# A file has several names: it is read once, and listed under each of them; so too in a check.
. "$TEST_TOP/tests/lib.sh"

need_strace
mkdir -p tree/sub other
head -c 300000 /dev/zero >tree/a
ln tree/a tree/b
ln tree/a tree/sub/c
ln tree/a other/d
echo single >tree/single
# The readings of the file: each ends with the rest of its 300,000 bytes.
readings() { grep -c ' = 37856$' "$SCRATCH/trace"; }
for TREESUM_STAT in always never; do
	export TREESUM_STAT
	for options in '' -j1 --unsorted '-j1 --unsorted'; do
		oracle_manifest tree other tree | sort -k 2 >"$SCRATCH/expected"
		run traced -e trace=read,preadv2 -- treesum $options tree other tree
		sort -k 2 -o "$out" "$out"
		want_manifest "$SCRATCH/expected"
		want_text <(readings) 1
	done
	oracle_manifest tree other tree >list
	for options in '' -j1; do
		run traced -e trace=read,preadv2 -- treesum $options -c --quiet list
		want_status 0
		want_out ''
		want_text <(readings) 1
	done
done

# The name that is read first has gone when it is opened: the others still get their digest.
export TREESUM_STAT=always
stop_at openat:error=EINTR a b c -- treesum -j1 tree
first=$(sed -n 's/.*openat(.*, "\([abc]\)", .*/\1/p' "$SCRATCH/trace" | head -n 1)
[ "$first" != c ] || first=sub/c
oracle_manifest tree | grep -v "tree/$first\$" >"$SCRATCH/expected"
rm tree/$first
go_on
want_status 1
want_err "treesum: tree/$first: No such file or directory"
want_same_bytes "$SCRATCH/expected" "$out"

# It was given to another file meanwhile: that one's digest is not theirs.
ln other/d tree/$first
oracle_manifest tree >"$SCRATCH/before"
stop_at openat:error=EINTR ${first#sub/} -- treesum -j1 tree
rm tree/$first
echo another >tree/$first
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
for TREESUM_STAT in always never; do
	run traced -e trace=preadv2 -- treesum many
	want_manifest "$SCRATCH/expected"
	want_text <(grep -c 'preadv2.* = [1-9]' "$SCRATCH/trace") 1500
done
run treesum --unsorted many
sort -k 2 -o "$out" "$out"
sort -k 2 -o "$SCRATCH/expected" "$SCRATCH/expected"
want_manifest "$SCRATCH/expected"
