# Links inside a tree are not followed, wherever they lead, and are not part of the manifest.
. "$TEST_TOP/tests/lib.sh"

mkdir -p tree/sub outside
echo inside >tree/file
echo below >tree/sub/file
echo outside >outside/secret
ln -s file tree/to-file
ln -s sub tree/to-folder
ln -s ../outside tree/out
ln -s ../outside/secret tree/sub/out
ln -s "$PWD/outside" tree/absolute
ln -s nowhere tree/dangling
ln -s . tree/loop
ln -s .. tree/sub/up
ln -s self tree/self
ln tree/file tree/sub/hard

oracle_manifest tree >"$SCRATCH/expected"
want_text <(cut -c 131- "$SCRATCH/expected") 'tree/file
tree/sub/file
tree/sub/hard'
for options in '' -j1 --unsorted; do
	run treesum $options tree
	sort -o "$out" -k 2 "$out"
	want_manifest "$SCRATCH/expected"
done
