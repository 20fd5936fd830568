# Two runs on one target: the second is told that it is in use, and does no harm to the first.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
truncate -s 1T tree/endless
echo a >a
echo old >sums
ln -s sums link
status=0
env --default-signal=INT treesum -o sums tree >"$out" 2>"$err" &
first=$!
hasher_of tree/endless >"$SCRATCH/hasher"
for target in sums ./sums link "$PWD/sums"; do
	run treesum -o "$target" a
	want_status 1
	want_out ''
	want_err "treesum: $target: in use by another run"
	want_text sums old
	want [ -e .sums.treesum ]
done
# --update writes, too.
run treesum --update=sums a
want_status 2
want_out ''
want_err 'treesum: sums: in use by another run'
want_text sums old
# Another target in the same folder is another matter.
run treesum -o other a
want_status 0
want kill -INT $first
wait $first || true
want_text sums old

# And as soon as the first has gone, killed or not, there is nothing in the way.
for signal in INT KILL; do
	env --default-signal=INT treesum -o sums tree >"$out" 2>"$err" &
	first=$!
	hasher_of tree/endless >"$SCRATCH/hasher"
	want kill -$signal $first
	wait $first || true
	want_none_left
	run treesum -o sums a
	want_status 0
	want_same_bytes other sums
done
want_text <(ls -A -I '.*.treesum-journal') $'a\nlink\nother\nsums\ntree'
