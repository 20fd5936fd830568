# What an audit or an update is told to leave out is neither missing nor new, and keeps its lines.
. "$TEST_TOP/tests/lib.sh"

fresh() {
	rm -rf tree && mkdir -p tree/cache/deep tree/src/cache
	for file in a b.o cache/x cache/deep/y src/c src/d.o src/cache/z; do
		echo $file >tree/$file
	done
	treesum --annotate -o sums tree
}
audit() { # STATUS LINES COUNTS OPTION...
	local expected=$1 lines=$2 counts=$3
	shift 3
	run treesum "$@" --audit=sums tree
	want_status "$expected"
	want_out "$lines"
	want_err "treesum: $counts"
}
listed() { sed -n 's/^[0-9a-f]\{128\}  //p' sums | paste -sd ' '; }

fresh
audit 0 '' '7 the same'
audit 0 '' '5 the same, 2 not looked at' --exclude='*.o'
audit 0 '' '4 the same, 3 not looked at' --exclude=cache/
audit 0 '' '5 the same, 2 not looked at' --exclude=/cache/
audit 0 '' '1 the same, 6 not looked at' --include=/a --exclude='*'
# Neither is it if it was altered, has gone or has come; all else is.
echo changed >tree/b.o
rm tree/src/d.o tree/src/c
rm -r tree/cache
echo new >tree/new.o
echo new >tree/new
audit 1 'tree/new: NEW
tree/src/c: MISSING' '2 the same, 1 new, 1 missing, 4 not looked at' --exclude='*.o' --exclude=/cache/
audit 1 'tree/b.o: CHANGED
tree/cache/deep/y: MISSING
tree/cache/x: MISSING
tree/new: NEW
tree/new.o: NEW
tree/src/c: MISSING
tree/src/d.o: MISSING' '2 the same, 1 changed, 2 new, 4 missing'

# The lines of what is left out stay as they are.
run treesum --exclude='*.o' --exclude=/cache/ --update=sums tree
want_status 0
want_out 'tree/new: NEW
tree/src/c: MISSING'
want_text <(listed) 'tree/a tree/b.o tree/cache/deep/y tree/cache/x tree/new tree/src/cache/z tree/src/d.o'
run treesum --update=sums tree
want_status 0
want_text <(listed) 'tree/a tree/b.o tree/new tree/new.o tree/src/cache/z'

# Each tree has patterns of its own: / is the one, or the other.
fresh
rm tree/src/cache/z tree/cache/x
mkfifo tree/src/cache/not-empty
run treesum --exclude=/cache --audit=sums tree/src tree
want_status 1
want_out 'tree/src/cache/z: MISSING'
run treesum --exclude=/cache --audit=sums tree/src
want_status 0
want_err 'treesum: 2 the same, 5 not looked at'
# An operand is never left out.
rm tree/a
run treesum --exclude='*' --audit=sums tree/a
want_status 2
want_out 'tree/a: UNREADABLE'

# A directory of which only such files are left is not empty, and not unreadable.
fresh
rm -r tree/src/c tree/src/cache
audit 1 'tree/src/c: MISSING
tree/src/cache/z: MISSING' '4 the same, 2 missing, 1 not looked at' --exclude='src/*.o'
rm tree/src/d.o
touch -d 2001-01-01 tree/src
run treesum --exclude='src/*.o' --audit=sums tree
want_status 2
want_err_line 'treesum: tree/src: is empty, and the manifest lists files below it: is something not mounted? (--accept=missing)'

# What cannot be read is no trouble where it is left out.
fresh
chmod 777 . tree
chmod 000 tree/cache
as=("${unprivileged[@]}")
run "${as[@]}" treesum --exclude=/cache --audit=sums tree
want_status 0
want_err 'treesum: 5 the same, 2 not looked at'
run "${as[@]}" treesum --exclude=/cache/x --audit=sums tree
want_status 2
want_out 'tree/cache/deep/y: UNREADABLE'
chmod 755 tree/cache

# Links: with -L a loop is something that cannot be read, unless it is left out.
fresh
ln -s .. tree/src/up
mkdir other
echo o >other/o
ln -s ../other tree/other
treesum -L --exclude=/src/up -o sums tree
audit 0 '' '8 the same' -L --exclude=/src/up
run treesum -L --audit=sums tree
want_status 2
want_out ''
want_err_line 'treesum: tree/src/up: Too many levels of symbolic links'
echo p >other/o
audit 1 'tree/other/o: CHANGED' '7 the same, 1 changed' -L --exclude=/src/up
rm other/o
echo n >other/n
audit 1 'tree/other/n: NEW
tree/other/o: MISSING' '7 the same, 1 new, 1 missing' -L --exclude=/src/up

# -x: what is mounted in a tree is not looked at, and what it hides is not missing.
need_mounts
fresh
in_mount() {
	mount -t tmpfs none tree/cache
	echo new >tree/cache/new
	rm tree/a
	treesum -x --audit=sums tree 2>&1 || echo $?
	# Where it is named it is looked at.
	treesum -x --accept=missing --audit=sums tree tree/cache 2>&1 || echo $?
	treesum -x --update=sums tree 2>&1 || echo $?
}
export -f in_mount
run $apart bash -ec in_mount
want_status 0
want_out 'tree/a: MISSING
treesum: 4 the same, 1 missing, 2 not looked at
1
tree/a: MISSING
tree/cache/deep/y: MISSING
tree/cache/new: NEW
tree/cache/x: MISSING
treesum: 4 the same, 1 new, 3 missing
1
tree/a: MISSING
treesum: 4 the same, 1 missing, 2 not looked at'
want_text <(listed) 'tree/b.o tree/cache/deep/y tree/cache/x tree/src/c tree/src/cache/z tree/src/d.o'
