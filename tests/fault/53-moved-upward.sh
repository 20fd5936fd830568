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
oracle_manifest tree | sort >"$SCRATCH/all"
for options in '' --unsorted; do
	for to in tree/c tree/z/c c z/c/further; do
		for end in go_on go_on_as_another; do
			renew
			rm -rf c z
			mkdir -p z/c
			stop_at getdents64 "$PWD/tree/a/b/c" -- treesum -j1 $options tree
			mv tree/a/b/c $to
			$end
			want_same_bytes "$SCRATCH/expected" <(sort -k 2 "$out" | grep -vE ' tree/(z|a/b)/c/')
			# What is in it is read where it is now by who has it open, or told of under its old name.
			sed 's, tree/z/c/, tree/a/b/c/,' "$out" | sort -u >"$SCRATCH/found"
			want_text <(comm -13 "$SCRATCH/all" "$SCRATCH/found") ''
			want_not grep -v '^treesum: tree/a/b/c' "$err"
			[ $end = go_on ] || want_err 'treesum: tree/a/b/c: No such file or directory'
			want_none_left
		done
	done
done
