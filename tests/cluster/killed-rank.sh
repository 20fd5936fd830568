# One rank of a job is killed: its part is missing, which the merge says; it is run again by itself, goes on where
# it was, and all is there.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/cluster.sh"
need_cluster

# A file that takes long, and others of its share, which do not.
mkdir tree parts
truncate -s 40G tree/large
share=$(shard_of tree/large 4)
others=()
for number in {1..40}; do
	echo "$number" >"tree/$number"
	[ "$(shard_of "tree/$number" 4)" -ne "$share" ] || others+=("$number")
done
want [ ${#others[@]} -gt 2 ]
settle

others_are_kept() {
	local number
	for number in "${others[@]}"; do
		grep -qaF "tree/$number" "parts/.sums.$share-of-4.treesum-journal" 2>/dev/null || return
	done
}

srun -N4 --kill-on-bad-exit=0 treesum -j2 --shard=auto -o parts/sums tree >"$out" 2>"$err" &
job=$!
reader=$(hasher_of tree/large)
wait_until others_are_kept
rank=$(sed -n 's/^PPid:\t//p' "/proc/$reader/status")
want [ "$(readlink "/proc/$rank/exe")" = "$TREESUM" ]
kill -KILL "$rank"
status=0
wait $job || status=$?
want_failure
want_none_left
want [ ! -e "parts/sums.$share-of-4" ]
want [ "$(find parts -name 'sums.?-of-4' | wc -l)" -eq 3 ]

run treesum --merge parts/sums.*-of-4
want_failure
want_out ''
want_err_line "treesum: shard $share/4 is missing"

# Shorter, it is read in a moment.
truncate -s 1M tree/large
settle
run srun -n1 treesum --shard="$share/4" --resume --summary -o parts/sums tree
want_status 0
want grep -q "known (${#others[@]} files" "$err"
treesum --annotate tree >"$SCRATCH/whole"
want_merged parts/sums 4
