# Links that lead nowhere, to themselves or in circles: not followed, no error; with -L reported once.
. "$TEST_TOP/tests/lib.sh"

mkdir -p tree/a/b
echo x >tree/a/b/x
ln -s nowhere tree/dangling
ln -s self tree/self
ln -s two tree/one
ln -s one tree/two
ln -s ../.. tree/a/b/up
ln -s . tree/a/here
ln -s "$PWD/tree" tree/a/b/root
ln -s / tree/slash
oracle_manifest tree >"$SCRATCH/expected"
for options in '' -j1 --unsorted; do
	[ "$options" = -j1 ] && TREESUM_STAT=never || TREESUM_STAT=always
	export TREESUM_STAT
	run treesum $options tree
	want_manifest "$SCRATCH/expected"
done

# With -L each is an error; the directory that is met twice is not walked twice.
for TREESUM_STAT in always never; do
	run treesum -L --exclude=/slash tree
	want_status 1
	want_same_bytes "$SCRATCH/expected" "$out"
	want_err 'treesum: tree/a/b/root: Too many levels of symbolic links
treesum: tree/a/b/up: Too many levels of symbolic links
treesum: tree/a/here: Too many levels of symbolic links
treesum: tree/dangling: No such file or directory
treesum: tree/one: Too many levels of symbolic links
treesum: tree/self: Too many levels of symbolic links
treesum: tree/two: Too many levels of symbolic links'
done
unset TREESUM_STAT

# On the command line a circle is an error of that operand.
run treesum tree/self tree/a tree/one
want_status 1
want_same_bytes <(oracle_manifest tree/a) "$out"
want_err 'treesum: tree/self: Too many levels of symbolic links
treesum: tree/one: Too many levels of symbolic links'
