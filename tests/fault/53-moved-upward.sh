# A folder is moved upward, or down into another, while the walk is in it: no crash, and an end.
. "$TEST_TOP/tests/lib.sh"
need_strace

renew() {
	rm -rf tree
	mkdir -p tree/a/b/c/{d,e} tree/z
	for file in a/1 a/b/1 a/b/c/1 a/b/c/d/1 a/b/c/e/1 z/1; do
		echo $file >tree/$file
	done
}
renew
# What the walk comes to before it, and behind it, is as it was.
oracle_manifest tree | grep -v ' tree/a/b/c/' >"$SCRATCH/expected"
for options in '' --unsorted; do
	for to in tree/c tree/z/c c z/c/further; do
		renew
		mkdir -p z/c
		stop_at getdents64 "$PWD/tree/a/b/c" -- treesum $options tree
		mv tree/a/b/c $to
		go_on
		want_status 1
		want_same_bytes "$SCRATCH/expected" <(sort -k 2 "$out" | grep -v ' tree/z/c/')
		# Everything in it is told of under its old name, or found under its new one.
		want_not grep -v '^treesum: tree/a/b/c' "$err"
		want grep -q '^treesum: tree/a/b/c/1: No such file or directory$' "$err"
		want_none_left
		rm -rf c z
	done
done
