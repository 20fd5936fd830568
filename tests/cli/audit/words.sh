# Every word of an audit, one at a time, and the exit status.
. "$TEST_TOP/tests/lib.sh"

fresh() {
	rm -rf tree && mkdir -p tree/sub
	echo a >tree/a
	echo b >tree/b
	echo c >tree/sub/c
	: >tree/sub/empty
	touch -d 2001-01-01 tree/a
	touch -d 2002-02-02 tree/b
	treesum --annotate -o sums tree
}
audit() { # STATUS LINES COUNTS
	run treesum --audit=sums tree
	want_status "$1"
	want_out "$2"
	want_err "treesum: $3"
}

fresh
audit 0 '' '4 the same'
run treesum -v --audit=sums tree
want_status 0
want_out 'tree/a: OK
tree/b: OK
tree/sub/c: OK
tree/sub/empty: OK'

echo x >tree/a
audit 1 'tree/a: CHANGED' '3 the same, 1 changed'
fresh
touch -r tree/a stamp
echo x >tree/a
touch -r stamp tree/a
audit 1 'tree/a: CORRUPT' '3 the same, 1 corrupt'
# Without annotations it cannot be told from an edit.
fresh
touch -r tree/a stamp
treesum -o sums tree
echo x >tree/a
touch -r stamp tree/a
audit 1 'tree/a: CHANGED' '3 the same, 1 changed'
fresh
touch -d 2003-03-03 tree/a
audit 0 '' '4 the same'
echo n >tree/n
audit 1 'tree/n: NEW' '4 the same, 1 new'
fresh
rm tree/sub/c
audit 1 'tree/sub/c: MISSING' '3 the same, 1 missing'
fresh
mv tree/a tree/z
audit 1 'tree/z: MOVED from tree/a' '3 the same, 1 moved'
fresh
cp tree/a tree/z
audit 1 'tree/z: COPIED from tree/a' '4 the same, 1 copied'
fresh
mv tree/sub/c tree/sub/keep
mkdir tree/sub/c
audit 2 'tree/sub/c: UNREADABLE
tree/sub/keep: NEW' 'tree/sub/c: is a directory now, not a file (--accept=missing)
treesum: 3 the same, 1 new, 1 unreadable'
run treesum --accept=missing --audit=sums tree
want_status 1
want_out 'tree/sub/keep: MOVED from tree/sub/c'

# A swap, a chain, a move onto another file, one of two equal files; empty files.
fresh
mv tree/a tree/t && mv tree/b tree/a && mv tree/t tree/b
audit 1 'tree/a: MOVED from tree/b
tree/b: MOVED from tree/a' '2 the same, 2 moved'
fresh
mv tree/b tree/c && mv tree/a tree/b
audit 1 'tree/b: MOVED from tree/a
tree/c: MOVED from tree/b' '2 the same, 2 moved'
fresh
touch -r tree/a tree/b
treesum --annotate -o sums tree
mv tree/a tree/t && mv tree/b tree/a && mv tree/t tree/b
audit 1 'tree/a: MOVED from tree/b
tree/b: MOVED from tree/a' '2 the same, 2 moved'
fresh
mv tree/a tree/b
audit 1 'tree/a: MISSING
tree/b: CHANGED' '2 the same, 1 changed, 1 missing'
fresh
cp tree/a tree/aa
treesum -o sums tree
mv tree/aa tree/sub/aa
audit 1 'tree/sub/aa: MOVED from tree/aa' '4 the same, 1 moved'
fresh
mv tree/sub/empty tree/empty
audit 1 'tree/empty: NEW
tree/sub/empty: MISSING' '3 the same, 1 new, 1 missing'

# Names are escaped as in a manifest, so that none forges a line.
fresh
echo nl >tree/$'x: OK\ny'
mv tree/a 'tree/back\slash'
audit 1 '\tree/back\\slash: MOVED from tree/a
\tree/x: OK\ny: NEW' '3 the same, 1 new, 1 moved'

# How much is said.
run treesum --quiet --audit=sums tree
want_status 1
want_err ''
run treesum --status --audit=sums tree
want_status 1
want_out ''
want_err ''
run treesum -o differences --audit=sums tree
want_status 1
want_out ''
want test -s differences
