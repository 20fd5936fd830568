# The launchers of Open MPI and MPICH run the shards of a tree: by ssh on the nodes they are told, and on those that
# Slurm has given.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/cluster.sh"
for launcher in mpirun.openmpi mpiexec.mpich; do
	command -v $launcher >/dev/null || skip "no $launcher here: make deps-cluster"
done
need_cluster

shared_tree tree
hosts=node1,node2,node3,node4
openmpi=(mpirun.openmpi --allow-run-as-root --oversubscribe)

number=0
while read -r command; do
	number=$((number + 1))
	mkdir $number
	run $command treesum --shard=auto -o $number/sums tree
	want_status 0
	want_out ''
	want_merged $number/sums 4
done <<END
${openmpi[*]} -n 4
${openmpi[*]} --host $hosts --map-by ppr:1:node
salloc -N4 ${openmpi[*]} --map-by ppr:1:node
salloc -N2 ${openmpi[*]} -n 4
mpiexec.mpich -n 4
mpiexec.mpich -hosts $hosts -ppn 1
salloc -N4 mpiexec.mpich -ppn 1
salloc -N2 mpiexec.mpich -n 4
END
want [ $number -eq 8 ]
