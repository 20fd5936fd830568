# --diff of two directories: all files below both are read, names are relative to each, and no side is believed.
. "$TEST_TOP/tests/lib.sh"

mkdir -p a/sub a/gone b
for name in edited moved rotten same; do
	printf '%s\n' "$name" >a/sub/$name
done
echo gone >a/gone/file
: >a/empty
cp -a a/. b
tick
echo other >b/sub/edited
touch -d 2001-01-01 b/sub/edited
echo Rotten >b/sub/rotten
touch -r a/sub/rotten b/sub/rotten
mv b/sub/moved b/m2
cp b/sub/same b/copy
rm b/gone/file
echo new >b/new
ln -s sub b/link
mkfifo a/fifo
differs='copy: COPIED from sub/same
gone/file: MISSING
m2: MOVED from sub/moved
new: NEW
sub/edited: CHANGED
sub/rotten: CHANGED (same mtime)'
counts='treesum: 2 the same, 2 changed, 1 new, 1 missing, 1 moved, 1 copied'
for paths in 'a b' 'a/ b/' './a .//b' "$PWD/a $PWD/b" '-C a . ../b' '-j1 a b' '-j8 a b' '--engine=libcrypto a b'; do
	run treesum --diff $paths
	want_status 1
	want_out "$differs"
	want_err "$counts"
done
run treesum --diff b a
want_status 1
want_out 'copy: MISSING
gone/file: NEW
new: MISSING
sub/edited: CHANGED
sub/moved: MOVED from m2
sub/rotten: CHANGED (same mtime)'
for paths in 'a a' 'b b' 'a/gone b/gone --report=changed' 'a/sub a/sub/'; do
	run treesum --diff $paths
	want_status 0
	want_out ''
done

# What goes with it.
run treesum --diff --exclude=sub/ --exclude=/new a b
want_out 'copy: NEW
gone/file: MISSING
m2: NEW'
run treesum --diff --report=missing,new a b
want_out 'gone/file: MISSING
new: NEW'
run treesum --diff --status a b
want_status 1
want_out ''
want_err ''
run treesum --diff --prefix-map=sub/moved=m2 --prefix-map=gone/file=new a b
want_out 'copy: COPIED from sub/same
gone/file: CHANGED
sub/edited: CHANGED
sub/rotten: CHANGED (same mtime)'
run treesum --diff --prefix-map=sub/moved=sub/same a b
want_status 2
want_err 'treesum: a: has names of which --prefix-map makes one'
run treesum --diff -a sha256 --uncached=x a b
want_status 2
run treesum --diff --json a b
want grep -qx '{"type":"result","path":"m2","status":"moved","from":"sub/moved"}' "$out"
# The output is no part of either side.
run treesum --diff -o b/differences a b
want_status 1
want_same_bytes b/differences <(printf '%s\n' "$differs")
rm b/differences

# What is no file on the other side is not missing there; nor is what a disk may have that is not mounted.
mkdir -p p/sub p/empty q/sub
echo one >p/one
echo two >p/two
echo three >p/sub/three
echo four >p/four
ln -s one q/one
mkdir q/two
mkfifo q/four
touch -d 2001-01-01 q/sub
run treesum --diff p q
want_status 2
want_out 'four: UNREADABLE
one: UNREADABLE
sub/three: UNREADABLE
two: UNREADABLE'
want_err 'treesum: q/four: is a special file, and a regular one on the other side
treesum: q/one: is a symbolic link, and a file on the other side
treesum: q/sub: is empty, and has files on the other side: is something not mounted?
treesum: q/two: is a directory, and a file on the other side
treesum: 0 the same, 4 unreadable'
run treesum --diff q p
want_status 2
want_out 'four: UNREADABLE
one: UNREADABLE
sub/three: UNREADABLE
two: UNREADABLE'
run treesum --diff p p/empty
want_status 2
want_err_line 'treesum: p/empty/: is empty, and has files on the other side: is something not mounted?'

# A directory is compared with another directory only.
treesum a >list
for other in list - a/fifo; do
	run treesum --diff a $other </dev/null
	want_status 2
	want_err 'treesum: a: is a directory, and the other PATH is none: --audit=MANIFEST compares a directory with a manifest'
	run treesum --diff $other a </dev/null
	want_status 2
	want_out ''
done
run treesum --diff a nowhere
want_status 2
want_err 'treesum: nowhere: No such file or directory'

# What one side could not read is on neither side.
if [ "$(id -u)" -eq 0 ]; then
	chmod 755 .
	as=("${unprivileged[@]}")
	chmod 000 a/gone b/sub/same
	run "${as[@]}" treesum --diff a b
	want_status 2
	want_out 'copy: NEW
m2: MOVED from sub/moved
new: NEW
sub/edited: CHANGED
sub/rotten: CHANGED (same mtime)
sub/same: UNREADABLE'
	want_err_line 'treesum: a/gone: Permission denied'
	want_err_line 'treesum: b/sub/same: Permission denied'
	run "${as[@]}" treesum --diff b a
	want_status 2
	want_err_line 'treesum: a/gone: Permission denied'
	want_err_line 'treesum: b/sub/same: Permission denied'
	want grep -qx 'sub/same: UNREADABLE' "$out"
	echo back >b/gone/file
	for paths in 'a b' 'b a'; do
		run "${as[@]}" treesum --diff $paths
		want_status 2
		want grep -qx 'gone/file: UNREADABLE' "$out"
	done
	chmod 755 a/gone b/sub/same
fi

# The same lines as from two manifests of them, whatever the trees are.
RANDOM=7
for _ in 1 2 3; do
	rm -rf x y && mkdir -p x y
	for ((i = 0; i < 120; i++)); do
		for tree in x y; do
			directory=$tree/d$((RANDOM % 3))
			mkdir -p $directory
			echo $((RANDOM % 30)) >$directory/$((RANDOM % 40))
		done
	done
	run treesum --diff x y
	sed 's/ (same mtime)//' "$out" >found
	treesum -C x . -o "$PWD/X" && treesum -C y . -o "$PWD/Y"
	run treesum --diff X Y
	want_same_bytes found <(sed 's/^\.\///; s/from \.\//from /' "$out")
	want [ -s found ]
done

# Of manifests, patterns choose among the names, and a slash is where these start.
treesum x >X
treesum y >Y
for options in '--exclude=/y/d0 --exclude=/x/d0' '--exclude=1?' '--include=d1/*** --include=[xy]/ --exclude=*'; do
	run treesum --diff $options --prefix-map=x=y X Y
	cp "$out" found
	run treesum --diff ${options//\/[xy]\//\/} x y
	want_same_bytes <(sed 's/ (same mtime)//' "$out" | sort) <(sed 's|^[xy]/||; s|from [xy]/|from |' found | sort)
	want [ -s found ]
done
