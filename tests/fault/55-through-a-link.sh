# A folder of a manifest is a link by now: --audit and --update read nothing through it.
. "$TEST_TOP/tests/lib.sh"
need_strace

mkdir -p tree/folder outside
echo a >tree/a
echo inside >tree/folder/x
treesum tree >sums
cp -r tree/folder/x outside/x
mv tree/folder moved
ln -s ../outside tree/folder
for mode in audit update; do
	cp sums list
	run traced -e trace=open,openat,openat2 -- treesum --$mode=list tree
	want_status 2
	want_out 'tree/folder/x: UNREADABLE'
	want_err_line 'treesum: tree/folder: is a link, and the manifest lists files below it (-L, --accept=missing)'
	[ $mode = audit ] || want grep -q ' tree/folder/x$' list
	want_not grep -E 'O_NOCTTY.* = [0-9].*outside|"folder/x"|"tree/folder/x"' "$SCRATCH/trace"
done

# So too where it becomes one after the walk has seen it, before another process opens what is in it.
for mode in audit update; do
	rm tree/folder
	mv moved tree/folder
	cp sums list
	stop_at openat,openat2:error=EINTR x -- treesum -j1 --$mode=list tree
	mv tree/folder moved
	ln -s ../outside tree/folder
	go_on_as_another
	want_injected
	want_status "$([ $mode = audit ] && echo 2 || echo 1)"
	want_out 'tree/folder/x: UNREADABLE'
	want_err_line 'treesum: tree/folder/x: Too many levels of symbolic links'
	[ $mode = audit ] || want grep -q ' tree/folder/x$' list
done
