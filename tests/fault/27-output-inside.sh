# The output lies in the tree, by -o or by redirection: neither it nor a temporary is listed.
. "$TEST_TOP/tests/lib.sh"

mkdir -p tree/sub
echo a >tree/a
echo z >tree/z
oracle_manifest tree >"$SCRATCH/expected"
(cd tree && oracle_manifest .) >"$SCRATCH/dot"
for options in '' -j1 --unsorted; do
	for target in tree/sums tree/sub/sums tree/.sums; do
		for _ in new old; do
			run treesum $options -o $target tree
			want_status 0
			want_out ''
			want_err ''
			sort -k 2 -o $target $target
			want_same_bytes "$SCRATCH/expected" $target
		done
		rm $target
		prelude="exec >$target"
		run treesum $options tree
		want_status 0
		prelude="exec >>$target"
		run treesum $options tree
		want_status 0
		sort -k 2 $target | uniq >"$out"
		want_manifest "$SCRATCH/expected"
		prelude=''
		rm $target
	done
done
# Named by another path, through a link, and as it is named in every manual.
ln -s tree link
run treesum -o link/sums tree
want_same_bytes "$SCRATCH/expected" tree/sums
rm tree/sums
prelude='cd tree; exec >SUMS'
run treesum .
want_same_bytes "$SCRATCH/dot" tree/SUMS
