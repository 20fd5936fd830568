# Two manifests, with the words of an audit; no data file is touched.
. "$TEST_TOP/tests/lib.sh"

mkdir -p tree/sub
for name in a b c same sub/d; do
	echo $name >tree/$name
done
treesum --annotate -o old tree
touch -r tree/b stamp
echo x >tree/a
echo x >tree/b
touch -r stamp tree/b
mv tree/c tree/sub/e
cp tree/same tree/sub/same
rm tree/sub/d
echo n >tree/n
treesum --annotate -o new tree
mv tree gone
run treesum --diff old new
want_status 1
want_out 'tree/a: CHANGED
tree/b: CHANGED (same mtime)
tree/n: NEW
tree/sub/d: MISSING
tree/sub/e: MOVED from tree/c
tree/sub/same: COPIED from tree/same'
want_err 'treesum: 1 the same, 2 changed, 1 new, 1 missing, 1 moved, 1 copied'
run treesum -v --diff old old
want_status 0
want_out 'tree/a: OK
tree/b: OK
tree/c: OK
tree/same: OK
tree/sub/d: OK'
# Plain manifests of sha512sum, of any names for the same files; one that is a pipe.
(cd gone && find . -type f -print0 | xargs -0 sha512sum >../dot)
run treesum --diff dot <(sed 's|  ./|  |' dot)
want_status 0
want_out ''
# One pipe is not two manifests, whatever its names are; one file may be.
for pair in '- /dev/stdin' '/dev/stdin -' '/dev/stdin /dev/fd/0'; do
	# shellcheck disable=SC2086
	prelude='exec < <(cat old)' run treesum --diff $pair
	want_status 2
	want_out ''
	want_err "treesum: $(sed "s/^-$/'standard input'/" <<<"${pair#* }"): was read already, as the other manifest"
	# shellcheck disable=SC2086
	prelude='exec <old' run treesum --diff $pair
	want_status 0
done
# Usage.
for arguments in '--diff old' '--diff' '--diff old new old' '--diff --audit=old new' '--diff -c old new'; do
	# shellcheck disable=SC2086
	run treesum $arguments
	want_status 2
	want_out ''
done
