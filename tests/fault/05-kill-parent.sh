# The parent is killed: within two seconds no process of it is left, and no target is half written.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
truncate -s 1T tree/endless
echo a >tree/a
echo old >sums
for options in -j1 '-j4 --unsorted' '-o sums' '-c list'; do
	printf '%0128d  tree/endless\n' 0 >list
	[ "$options" = '-c list' ] && operand='' || operand=tree
	treesum $options $operand >"$out" 2>"$err" &
	pid=$!
	hasher_of tree/endless >"$SCRATCH/hasher"
	want kill -KILL $pid
	wait $pid || true
	want_none_left
	want_text sums old
done
