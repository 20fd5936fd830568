# Several operands, files and trees, missing and repeated ones: in the order given, each as it was typed.
. "$TEST_TOP/tests/lib.sh"

mkdir -p one/sub two empty
echo a >one/a
echo b >one/sub/b
echo c >two/c
echo f >f
ln -s one link
ln -s nowhere dangling

each() { # what sha512sum has to say of operands that are files or trees
	local operand
	for operand; do
		if [ -d "$operand" ]; then oracle_manifest "$operand/"; else sha512sum "$operand"; fi
	done
}
for operands in 'f one' 'one f' 'two one' 'one one' 'f one f two f' 'one one/sub one/a' 'one/sub/b one' 'two empty f' '- f one'; do
	each $operands </dev/null >"$SCRATCH/expected"
	for options in '' -j1 -j8; do
		run treesum $options $operands
		want_manifest "$SCRATCH/expected"
	done
done

run treesum empty
want_status 0
want_out ''
want_err ''

# What fails does not keep the rest from being done.
run treesum nope one gone f 'no such' two
want_status 1
each one f two >"$SCRATCH/expected"
want_same_bytes "$SCRATCH/expected" "$out"
want_err "treesum: nope: No such file or directory
treesum: gone: No such file or directory
treesum: 'no such': No such file or directory"

run treesum one nope/ dangling f/ two
want_status 1
each one two >"$SCRATCH/expected"
want_same_bytes "$SCRATCH/expected" "$out"
want_err_line 'treesum: nope/: No such file or directory'
want_err_line 'treesum: dangling: No such file or directory'
want_err_line 'treesum: f/: Not a directory'

# A link on the command line is followed; what it was called stands in the manifest.
for operand in link link/ ./link; do
	oracle_manifest "${operand%/}/" >"$SCRATCH/expected"
	run treesum $operand
	want_manifest "$SCRATCH/expected"
done

# -- ends the options; a tree's name may begin with a dash.
mkdir ./-j
echo dash >./-j/x
oracle_manifest ./-j | sed 's, \./, ,' >"$SCRATCH/expected"
run treesum -- -j
want_manifest "$SCRATCH/expected"
