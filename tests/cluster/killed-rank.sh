# One task of several is killed: the others go on, and the merge says which part is missing. It is run again by
# itself, takes from its journal what it had read, and all is there.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/cluster.sh"
for launcher in mpirun.openmpi mpiexec.mpich; do
	command -v $launcher >/dev/null || skip "no $launcher here: make deps-cluster"
done
need_cluster

# A file that takes long, and the others of its share, which do not.
mkdir tree
share=$(shard_of tree/large 4)
others=()
for number in {1..40}; do
	echo "$number" >"tree/$number"
	[ "$(shard_of "tree/$number" 4)" -ne "$share" ] || others+=("$number")
done
want [ ${#others[@]} -gt 2 ]

others_are_kept() {
	local number
	for number in "${others[@]}"; do
		grep -qaF "tree/$number" "sums/.of.$share-of-4.treesum-journal" 2>/dev/null || return
	done
}

shard='treesum -j2 --shard=auto -o sums/of tree'
for command in "srun -N4 --kill-on-bad-exit=0 $shard" \
	"mpirun.openmpi --allow-run-as-root --host node1,node2,node3,node4 sh -c '$shard || true'" \
	"mpiexec.mpich -hosts node1,node2,node3,node4 sh -c '$shard || true'"; do
	rm -rf sums
	mkdir sums
	truncate -s 40G tree/large
	settle
	bash -c "$command" >"$out" 2>"$err" &
	launcher=$!
	reader=$(hasher_of tree/large)
	wait_until others_are_kept
	task=$(sed -n 's/^PPid:\t//p' "/proc/$reader/status")
	want [ "$(readlink "/proc/$task/exe")" = "$TREESUM" ]
	kill -KILL "$task"
	wait $launcher || true
	want_none_left
	want [ ! -e "sums/of.$share-of-4" ]
	want [ "$(find sums -name 'of.?-of-4' | wc -l)" -eq 3 ]
	run treesum --merge sums/of.*-of-4
	want_failure
	want_out ''
	want_err_line "treesum: shard $share/4 is missing"

	# Shorter, it is read in a moment.
	truncate -s 1M tree/large
	settle
	run treesum --shard="$share/4" --resume --summary -o sums/of tree
	want_status 0
	want grep -q "known (${#others[@]} files" "$err"
	treesum --annotate tree >"$SCRATCH/whole"
	want_merged sums/of 4
done
