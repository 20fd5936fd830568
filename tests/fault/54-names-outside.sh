# A manifest names files outside the trees (/, .., through links): --audit and --update open none of them.
. "$TEST_TOP/tests/lib.sh"
need_strace

mkdir -p tree/sub outside
echo a >tree/a
echo secret >outside/secret
echo secret >secret
ln -s ../outside tree/link
ln -s ../secret tree/link-to-file
digest=$(sha512sum secret | cut -c 1-128)
treesum tree >sums
for name in "$PWD/outside/secret" ../here/secret tree/../secret tree/sub/../../secret tree//../secret secret outside/secret /etc/passwd \
	tree/link/secret tree/link-to-file tree/./link/../../secret; do
	printf '%s  %s\n' "$digest" "$name" >>sums
done
cp sums before
for mode in audit update; do
	run traced -e trace=open,openat,openat2,readlink,stat,lstat,newfstatat,statx -- treesum --$mode=sums tree
	# Told or not, none was opened, nor even looked at: what the walk finds is what there is.
	want grep -qE '"(tree/)?a"' "$SCRATCH/trace"
	want_not grep -E 'secret|outside|passwd' "$SCRATCH/trace"
	want_not grep -q ': OK' "$out"
done
# --update keeps the lines of what lies elsewhere.
for name in secret outside/secret /etc/passwd; do
	want grep -qxF "$digest  $name" sums
done
