# A folder silences whoever lists it, with --timeout: it is reported as not read, the rest is done.
# slow
. "$TEST_TOP/tests/lib.sh"
need_strace

mkdir -p tree/{a,silent,z}
for name in a/x silent/x z/x; do
	echo $name >tree/$name
done
oracle_manifest tree >list
grep -v silent/ list >"$SCRATCH/others"
for options in '' -j1 --unsorted; do
	run traced -P "$PWD/tree/silent" -e inject=getdents64:signal=STOP -- treesum --timeout=1 $options tree
	want_status 1
	sort -k 2 -o "$out" "$out"
	want_same_bytes "$SCRATCH/others" "$out"
	want_err 'treesum: tree/silent: its reader did not answer in time'
	want_none_left
done
for mode in audit update; do
	run traced -P "$PWD/tree/silent" -e inject=getdents64:signal=STOP -- treesum --timeout=1 --$mode=list tree
	want_status 2
	want_err_line 'treesum: tree/silent: its reader did not answer in time'
	want_out 'tree/silent: UNREADABLE
tree/silent/x: UNREADABLE'
	want grep -q ' tree/silent/x$' list
done
