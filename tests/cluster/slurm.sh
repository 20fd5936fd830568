# Slurm runs the shards of a tree: as the tasks of one job, on several nodes and on one, and as an array of jobs.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/cluster.sh"
need_cluster

shared_tree tree
mkdir nodes node pmi array

run srun -N4 treesum --shard=auto -o nodes/sums tree
want_status 0
want_err ''
want_merged nodes/sums 4

run srun -N1 -n3 --overcommit treesum --shard=auto -o node/sums tree
want_status 0
want_merged node/sums 3

# Slurm sets the variables of PMI, too, where it is asked to.
run srun -N4 --mpi=pmi2 treesum --shard=auto -o pmi/sums tree
want_status 0
want_merged pmi/sums 4

cat >job <<'END'
#!/bin/bash
#SBATCH --array=1-5 --output=array/log-%a
treesum --shard="$SLURM_ARRAY_TASK_ID/5" -o array/sums tree
END
run sbatch --wait job
want_status 0
want_text <(cat array/log-*) ''
want_merged array/sums 5

# Each job of an array has one task, which is not the first of one, but does not know of how many.
cat >job <<'END'
#!/bin/bash
#SBATCH --array=1-2 --output=array/log-%a
srun treesum --shard=auto -o array/auto tree
echo $?
treesum --shard=auto -o array/auto tree
echo $?
END
run sbatch --wait job
for job in 1 2; do
	want [ "$(grep -c 'K/N' array/log-$job)" -eq 2 ]
	want [ "$(grep -cx 1 array/log-$job)" -eq 2 ]
done
want_not ls array/auto*
