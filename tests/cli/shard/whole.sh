# What needs a whole manifest refuses a part of one, and says what to do; --no-seal takes it as it stands.
. "$TEST_TOP/tests/lib.sh"
mkdir tree
for i in {1..9}; do
	echo "$i" >"tree/$i"
done
settle
for index in 1 2; do
	treesum --shard=$index/2 tree >part.$index
done
cp part.1 saved
treesum --annotate -o sums tree
refusal='is only shard 1/2 of a run: --merge all'

run treesum --audit=part.1 tree
want_status 2
want_out ''
want_err "treesum: part.1: $refusal"
run treesum --update=part.1 tree
want_status 2
want_out ''
want_err "treesum: part.1: $refusal"
for operands in 'part.1 sums' 'part.1 part.2' 'sums part.1'; do
	# shellcheck disable=SC2086
	run treesum --diff $operands
	want_status 2
	want_out ''
	want_err_line "treesum: part.1: $refusal"
done
prelude='exec <part.1'
run treesum --audit=- tree
want_status 2
want_err "treesum: 'standard input': $refusal"
prelude=
# A single shard of one lists all, but it is sealed as a part.
treesum --shard=1/1 tree >only
run treesum --audit=only tree
want_status 2
want_err 'treesum: only: is only shard 1/1 of a run: --merge all'
want_same_bytes saved part.1

run treesum --no-seal --audit=part.1 tree
want_status 1
want_same_bytes <(grep -v '^#' part.2 | sed 's|.*  ||') <(sed 's|: .*||' "$out")
treesum --merge part.1 part.2 >merged
run treesum --audit=merged tree
want_status 0
want_out ''
run treesum --diff merged sums
want_status 0
