# With -c each shard checks its own files of a manifest; together they check all of them, once.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/shards.sh"
make_odd_tree tree
settle
treesum --annotate tree >sums
treesum tree >plain
sed 's|  tree/|  .//tree/./|' plain >dotted
treesum -c sums >"$SCRATCH/expected"

for list in sums plain dotted 'sums -j1' '- <sums' '- <plain'; do
	for count in 1 2 3 16; do
		for ((index = 1; index <= count; index++)); do
			prelude=
			[[ $list != '- '* ]] || prelude="exec ${list#- }"
			# shellcheck disable=SC2086
			run treesum -c --shard=$index/$count ${list%<*}
			want_status 0
			want_err ''
			cat "$out"
		done >"$SCRATCH/all"
		want_same_bytes <(sort "$SCRATCH/expected") <(sed 's|^\(\\\?\)\.//tree/\./|\1tree/|' "$SCRATCH/all" | sort)
	done
done
prelude=
# In the order of the manifest; the same files that printing has in that shard.
run treesum -c --shard=2/3 sums
want_same_bytes <(grep -xFf "$out" "$SCRATCH/expected") "$out"
treesum --shard=2/3 tree >part
want_same_bytes <(treesum -c part) "$out"
# A part, as it stands, and again in shards.
run treesum -c --quiet part
want_manifest /dev/null
for index in 1 3; do
	run treesum -c --shard=$index/3 part
	want_status 0
	want_out ''
	want_err ''
done

# What others are to check is counted.
run treesum -c --shard=2/3 --summary --quiet sums
mine=$(treesum -c --shard=2/3 sums | wc -l)
others=$(($(wc -l <"$SCRATCH/expected") - mine))
want grep -q "; $mine ok; skipped $others files of other shards\$" "$err"
run treesum -c --shard=2/3 --json sums
want_json
want_jq 'select(.type == "summary") | [.results.ok, .skipped, .skipped_kinds.other_shards, .status]' "[$mine,$others,$others,0]"

# An altered and a missing file are told by the shard that has them, and by no other.
shard_of() { # NAME: of 2
	treesum -c --shard=1/2 sums | grep -qxF "$1: OK" && echo 1 || echo 2
}
altered=$(shard_of tree/a0) missing=$(shard_of tree/deep/7)
echo altered >tree/a0
for index in 1 2; do
	run treesum -c --quiet --shard=$index/2 sums
	if [ $index -eq $altered ]; then
		want_status 1
		want_out 'tree/a0: FAILED'
		want_err 'treesum: WARNING: 1 computed checksum did NOT match'
	else
		want_manifest /dev/null
	fi
done
printf %s a0 >tree/a0
rm tree/deep/7
for index in 1 2; do
	run treesum -c --status --shard=$index/2 sums
	want_status $((index == missing))
	run treesum -c --ignore-missing --quiet --shard=$index/2 sums
	want_manifest /dev/null
done

# A shard of which nothing is listed has nothing to do; one of whose files none is there has verified none.
grep 'tree/deep/[1-6]$' plain >few
for index in {1..50}; do
	run treesum -c --quiet --shard=$index/50 few
	want_manifest /dev/null
done
sed 's|tree|gone|' few >lost
empty=0 none=0
for index in {1..20}; do
	# By the listed name, wherever that is looked for.
	lines=$(treesum -c --prefix-map=gone=tree --shard=$index/20 lost | wc -l)
	run treesum -c --ignore-missing --shard=$index/20 lost
	if [ "$lines" -eq 0 ]; then
		empty=1
		want_manifest /dev/null
	else
		none=1
		want_status 1
		want_err 'treesum: lost: no file was verified'
	fi
done
want [ $empty$none = 11 ]
# What patterns leave out besides makes no difference; that they leave out all is told as ever.
run treesum -c --exclude='tree/deep/[1-5]' --shard=1/50 few
want_status 0
run treesum -c --exclude='*' --shard=1/1 few
want_status 1
want_err 'treesum: few: the patterns leave out all that it lists'

# Lines that are none are told by each; --strict; no line at all.
{ echo nonsense && cat few; } >strange
for index in {1..3}; do
	run treesum -c --quiet --shard=$index/3 strange
	want_status 0
	want_err 'treesum: WARNING: 1 line is improperly formatted'
	run treesum -c --quiet --strict -w --shard=$index/3 strange
	want_status 1
	want_err_line 'treesum: strange: 1: improperly formatted SHA512 checksum line'
	run treesum -c --shard=$index/3 /dev/null
	want_status 1
	want_err 'treesum: /dev/null: no properly formatted checksum lines found'
done

# A manifest that was edited is refused by each, also by one that has nothing of it; two names that become one, too.
sed 's|tree/a0$|tree/a1|' sums >edited
sed 's|tree/deep/1$|other/2|; s|tree/deep/2$|more/2|' few >two
for index in {1..9}; do
	run treesum -c --shard=$index/9 edited
	want_status 1
	want_out ''
	want_err 'treesum: edited: was edited after it was sealed'
	run treesum -c --prefix-map=other=tree/deep --prefix-map=more=tree/deep --shard=$index/9 two
	want_status 1
	want_err_line "treesum: more/2: becomes a name that is listed already (--prefix-map)"
done
