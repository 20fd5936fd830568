# What was not looked at is not missing.
. "$TEST_TOP/tests/lib.sh"

fresh() {
	chmod -R u+rwX tree 2>/dev/null || true
	rm -rf tree && mkdir -p tree/sub/deep tree/other
	echo a >tree/a
	echo c >tree/sub/c
	echo d >tree/sub/deep/d
	echo e >tree/other/e
	treesum -o sums tree
	chmod 777 . tree
}

# Only a part of what is listed.
fresh
run treesum --audit=sums tree/sub
want_status 0
want_err 'treesum: 2 the same, 2 not looked at'
run treesum --audit=sums tree/sub tree/a
want_err 'treesum: 3 the same, 1 not looked at'
# The same tree twice, and overlapping, by other spellings.
run treesum --audit=sums tree ./tree/ tree//sub tree/a
want_status 0
want_err 'treesum: 4 the same'
echo n >tree/sub/n
run treesum --audit=sums tree tree/sub
want_status 1
want_out 'tree/sub/n: NEW'

# An unreadable directory, and file.
fresh
chmod 000 tree/sub
as=("${unprivileged[@]}")
run "${as[@]}" treesum --audit=sums tree
want_status 2
want_out 'tree/sub/c: UNREADABLE
tree/sub/deep/d: UNREADABLE'
want_err 'treesum: tree/sub: Permission denied
treesum: 2 the same, 2 unreadable'
fresh
chmod 000 tree/sub/c
run "${as[@]}" treesum --audit=sums tree
want_status 2
want_out 'tree/sub/c: UNREADABLE'

# A disk that is not there.
fresh
rm -r tree/sub/*
run treesum --audit=sums tree
want_status 2
want_out 'tree/sub/c: UNREADABLE
tree/sub/deep/d: UNREADABLE'
want_err 'treesum: tree/sub: is empty, and the manifest lists files below it: is something not mounted? (--accept=missing)
treesum: 2 the same, 2 unreadable'
run treesum --accept=missing --audit=sums tree
want_status 1
want_out 'tree/sub/c: MISSING
tree/sub/deep/d: MISSING'
rmdir tree/sub
run treesum --audit=sums tree
want_status 1
want_out 'tree/sub/c: MISSING
tree/sub/deep/d: MISSING'
rm -r tree/*
run treesum --audit=sums tree
want_status 2
want_err_line 'treesum: tree: is empty, and the manifest lists files below it: is something not mounted? (--accept=missing)'
rmdir tree
run treesum --audit=sums tree
want_status 2
want_err_line 'treesum: tree: No such file or directory'
want_err_line 'treesum: 0 the same, 4 unreadable'
want_out 'tree/a: UNREADABLE
tree/other/e: UNREADABLE
tree/sub/c: UNREADABLE
tree/sub/deep/d: UNREADABLE'
mkfifo tree
run treesum --audit=sums tree
want_status 2
want_err_line 'treesum: tree: is neither a regular file nor a directory'
rm tree

# A directory that was moved away, and a link to it left in its place.
fresh
mv tree/sub elsewhere && ln -s ../elsewhere tree/sub
run treesum --audit=sums tree
want_status 2
want_out 'tree/sub/c: UNREADABLE
tree/sub/deep/d: UNREADABLE'
want_err 'treesum: tree/sub: is a link, and the manifest lists files below it (-L, --accept=missing)
treesum: 2 the same, 2 unreadable'
run treesum -L --audit=sums tree
want_status 0
run treesum --accept=missing --audit=sums tree
want_status 1
rm -r elsewhere

# An empty directory of which nothing is listed is nothing.
fresh
mkdir tree/void
run treesum --audit=sums tree
want_status 0

# Elsewhere, and a manifest in the tree, which is not in itself.
fresh
mkdir elsewhere
cp -a tree/. elsewhere
(cd tree && treesum -o dot.sha512 .)
run treesum -C elsewhere --audit=tree/dot.sha512 .
want_status 0
want_err 'treesum: 4 the same'
prelude='cd tree'
run treesum --audit=dot.sha512 .
want_status 0
want_err 'treesum: 4 the same'
