# On a terminal results and messages come in the order in which sha512sum gives them.
. "$TEST_TOP/tests/lib.sh"

echo a >a
echo b >b
{ sha512sum a b && sha512sum a | sed 's/  a/  gone/' && sha512sum b; } >list
for arguments in '-c list' '-c --quiet list' 'a none b'; do
	PATH=$ORACLE:$PATH on_terminal 12 treesum $arguments
	mv "$SCRATCH/terminal" "$SCRATCH/expected"
	on_terminal 12 treesum $arguments
	# What is wrong with operands is told when all are done.
	[ "$arguments" != 'a none b' ] || sort -o "$SCRATCH/expected" "$SCRATCH/expected"
	[ "$arguments" != 'a none b' ] || sort -o "$SCRATCH/terminal" "$SCRATCH/terminal"
	want_same_bytes "$SCRATCH/expected" "$SCRATCH/terminal"
done
