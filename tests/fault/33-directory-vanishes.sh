# A directory is removed, or may no longer be opened, after the walk saw its name: reported; the walk goes on.
. "$TEST_TOP/tests/lib.sh"
need_strace

fill() {
	mkdir -p tree/{a,gone/deep,z}
	echo a >tree/a/x
	echo gone >tree/gone/deep/deeper
	echo z >tree/z/x
}
fill
oracle_manifest tree/a tree/z >"$SCRATCH/expected"
for options in '' --unsorted; do
	fill
	# The walk stops where it would open the directory, and finds it gone when it goes on.
	stop_at openat,openat2:error=EINTR gone -- treesum $options tree
	rm -r tree/gone
	go_on
	want_injected
	want_status 1
	sort -k 2 -o "$out" "$out"
	want_same_bytes "$SCRATCH/expected" "$out"
	want_err 'treesum: tree/gone: No such file or directory'
done

fill
for error in 'EACCES Permission denied' 'EIO Input/output error' 'EMFILE Too many open files'; do
	run traced -P gone -P tree/gone -e inject=openat,openat2:error=${error%% *} -- treesum tree
	want_injected
	want_status 1
	want_same_bytes "$SCRATCH/expected" "$out"
	want_err "treesum: tree/gone: ${error#* }"
done

# Before the files in it are opened: by who has listed it, and by another one.
for options in '' --unsorted; do
	for end in go_on go_on_as_another; do
		rm -rf tree
		fill
		stop_at openat,openat2:error=EINTR deeper -- treesum -j1 $options tree
		rm -r tree/gone
		$end
		want_injected
		want_status 1
		sort -k 2 -o "$out" "$out"
		want_same_bytes "$SCRATCH/expected" "$out"
		want_err 'treesum: tree/gone/deep/deeper: No such file or directory'
	done
done
