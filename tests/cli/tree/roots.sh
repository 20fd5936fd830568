# Roots that are no directory: a file, a pipe, a link that leads nowhere, nothing at all; in each mode.
. "$TEST_TOP/tests/lib.sh"

mkdir -p tree elsewhere
echo a >tree/a
echo file >file
echo e >elsewhere/e
ln -s elsewhere link
ln -s file filelink
ln -s nowhere dead
mkfifo fifo
sha512sum tree/a >"$SCRATCH/tree"

for options in '' -j1 --unsorted; do
	run treesum $options file tree
	sort -k 2 -o "$out" "$out"
	want_manifest <(sha512sum file tree/a)
	# Links that are named are followed.
	run treesum $options filelink link tree
	sort -k 2 -o "$out" "$out"
	want_manifest <(sha512sum filelink link/e tree/a)
	for missing in dead nowhere nowhere/ file/below; do
		run treesum $options $missing tree
		want_status 1
		want_same_bytes "$SCRATCH/tree" "$out"
		reason='No such file or directory'
		[ $missing != file/below ] || reason='Not a directory'
		want_err "treesum: $missing: $reason"
	done
	# A pipe is a stream; its writer comes when it likes.
	echo piped >fifo &
	run treesum $options fifo tree
	wait
	sort -k 2 -o "$out" "$out"
	want_manifest <(echo piped | sha512sum | sed 's,-$,fifo,' | cat - "$SCRATCH/tree")
done
run treesum file/
want_status 1
want_err 'treesum: file/: Not a directory'

# For trees a pipe is none, and is not opened.
for mode in audit update; do
	cp "$SCRATCH/tree" sums
	sha512sum file >>sums
	run treesum --$mode=sums file tree
	want_status 0
	for root in fifo dead nowhere; do
		cp "$SCRATCH/tree" sums
		printf '%0128d  %s\n' 0 $root >>sums
		run treesum --$mode=sums $root tree
		want_status 2
		reason='No such file or directory'
		[ $root != fifo ] || reason='is neither a regular file nor a directory'
		want_err_line "treesum: $root: $reason"
		want grep -qx "$root: UNREADABLE" "$out"
		want grep -q "  $root\$" sums
	done
done
