# -L and -P: links below a directory are followed or not; a loop is reported once.
. "$TEST_TOP/tests/lib.sh"

mkdir -p tree/{d,e} outside/sub
echo inside >tree/d/file
echo outside >outside/file
echo below >outside/sub/file
ln -s d tree/to-folder
ln -s d/file tree/to-file
ln -s ../outside tree/out
ln -s ../../outside/sub tree/e/sub
ln -s to-folder tree/twice
ln -s "$PWD/outside/file" tree/d/absolute
# Names whose order depends on what a link leads to.
ln -s ../outside tree/o
echo minus >tree/o-
echo zero >tree/o0
ln -s ../outside/file tree/f
echo minus >tree/f-
ln -s tree link

oracle_followed() { # TREE...
	local tree
	for tree; do
		find -L "$tree" -type f -print0 2>/dev/null | sort -z | xargs -0r "$SHA512SUM"
	done
}
for operand in tree tree/ . link tree/out; do
	oracle_followed $operand >"$SCRATCH/expected"
	want [ "$(wc -l <"$SCRATCH/expected")" -ge 2 ]
	for options in -L --dereference '-P -L' '-L -j1'; do
		run treesum $options $operand
		want_manifest "$SCRATCH/expected"
	done
	run treesum -L --unsorted $operand
	sort -k 2 -o "$out" "$out"
	want_manifest <(sort -k 2 "$SCRATCH/expected")
done
for operand in tree link/; do
	oracle_manifest $operand >"$SCRATCH/expected"
	for options in '' -P '-L -P' '-LP' '-P --unsorted -j1'; do
		run treesum $options $operand
		sort -k 2 -o "$out" "$out"
		want_manifest <(sort -k 2 "$SCRATCH/expected")
	done
done
run treesum -L tree
sha512sum -c --quiet "$out" >"$SCRATCH/checked" 2>&1
want_text "$SCRATCH/checked" ''

# FIFOs, devices and sockets behind links are not opened, and no error.
mkfifo fifo
ln -s ../fifo tree/fifo
ln -s /dev/zero tree/zero
oracle_followed tree >"$SCRATCH/expected"
run treesum -L tree
want_manifest "$SCRATCH/expected"

# What cannot be followed is reported; all else is hashed.
ln -s . tree/d/here
ln -s .. tree/e/up
ln -s "$PWD/tree" tree/root
ln -s nowhere tree/dangling
ln -s self tree/self
oracle_followed tree >"$SCRATCH/expected"
for options in '' -j1 --unsorted; do
	run treesum -L $options tree
	want_status 1
	sort -k 2 -o "$out" "$out"
	want_same_bytes <(sort -k 2 "$SCRATCH/expected") "$out"
	sort -o "$err" "$err"
	want_err 'treesum: tree/d/here: Too many levels of symbolic links
treesum: tree/dangling: No such file or directory
treesum: tree/e/up: Too many levels of symbolic links
treesum: tree/root: Too many levels of symbolic links
treesum: tree/self: Too many levels of symbolic links
treesum: tree/to-folder/here: Too many levels of symbolic links
treesum: tree/twice/here: Too many levels of symbolic links'
done
# Unless it is excluded; a link is there what it leads to.
run treesum -L --exclude=here/ --exclude=dangling --exclude=/e/up/ --exclude=/root --exclude=self tree
want_manifest "$SCRATCH/expected"

# A tree that is deeper than descriptors go, in part by links.
mkdir -p far/a
path=deep
for ((i = 0; i < 40; i++)); do
	mkdir -p $path/1 far/$i
	echo $i >$path/z
	echo far $i >far/$i/z
	ln -s "$PWD/far/$i" $path/1/l
	path=$path/1
	if ((i % 3 == 0)); then
		path=$path/l
	fi
done
oracle_followed deep >"$SCRATCH/expected"
want [ "$(wc -l <"$SCRATCH/expected")" -ge 60 ]
run treesum -L deep
want_manifest "$SCRATCH/expected"

# Paths that are longer than a name may be are opened, too.
name=$(printf '%0200d' 0)
mkdir long
(
	cd long
	for _ in {1..30}; do
		mkdir $name
		cd -P $name
	done
	echo deep >file
)
run treesum -L long
want_status 0
want_err ''
want_text <(cut -c 1-128 "$out") "$(echo deep | sha512sum | cut -c 1-128)"

# The output is known by what it is, not by its name.
mkdir own
echo a >own/a
echo old >own/sums
ln -s sums own/link
run treesum -L -o own/sums own
want_status 0
want_same_bytes <(sha512sum own/a) own/sums
