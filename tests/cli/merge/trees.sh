# Machines that have not seen the same tree: names may be in no part, or in two. All parts are merged, it is said which
# of them differs, and the status is 1.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/shards.sh"
mkdir -p a/tree b/tree c/tree d/tree
for i in {1..9}; do
	echo "$i" >"a/tree/$i"
	echo "$i" >"c/tree/$i"
	echo "$i" >"d/tree/$i"
done
# As if nothing were mounted; a name more; another name.
echo more >c/tree/10
mv d/tree/9 d/tree/nine
settle

merged() { # MESSAGE DIRECTORY OF THE SECOND SHARD
	local expected=0
	[ ! "$1" ] || expected=1
	for index in 1 2; do
		host=a
		[ $index -eq 1 ] || host=$2
		run treesum -C "$host" --shard=$index/2 tree
		want_status 0
		want_err ''
		cp "$out" p.$index
	done
	cat p.1 p.2 | grep -av '^#' | LC_ALL=C sort -k 2 >"$SCRATCH/lines"
	run treesum --merge p.1 p.2
	want_status $expected
	want_err "${1:+treesum: p.2: $1}"
	want_same_bytes "$SCRATCH/lines" <(grep -av '^#' "$out")
	run treesum --merge --status p.1 p.2
	want_status $expected
	want_err ''
}
merged '' a
merged 'its run has seen 0 files, and that of shard 1 9' b
merged 'its run has seen 10 files, and that of shard 1 9' c
merged 'its run has seen other names than that of shard 1' d

# Not the output of the merge itself.
cp p.1 before
for command in 'treesum --merge p.1 p.2 >>p.1' 'treesum --merge p.1 p.2 2>>p.1' 'treesum --merge -o p.1 p.1 p.2'; do
	run bash -c "$command"
	want_status 1
	grep -av '^treesum: ' p.1 >"$SCRATCH/left" || true
	want_same_bytes before "$SCRATCH/left"
	cp before p.1
done
