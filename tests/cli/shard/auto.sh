# --shard=auto takes K and N from what a launcher tells its processes; what is missing or contradicts itself is named.
. "$TEST_TOP/tests/lib.sh"
mkdir tree
for i in {1..9}; do
	echo "$i" >"tree/$i"
done
unset ${!OMPI_*} ${!PMI_*} ${!SLURM_*}

takes() { # K/N VARIABLE=VALUE...
	run treesum --shard="$1" tree
	cp "$out" "$SCRATCH/expected"
	run env "${@:2}" treesum --shard=auto tree
	want_manifest "$SCRATCH/expected"
	want grep -q " shard=$1 " "$out"
}
takes 3/4 OMPI_COMM_WORLD_RANK=2 OMPI_COMM_WORLD_SIZE=4
takes 1/4 PMI_RANK=0 PMI_SIZE=4
takes 4/4 SLURM_PROCID=3 SLURM_NTASKS=4
takes 1/1 SLURM_PROCID=0 SLURM_NTASKS=1
takes 2/3 OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=3 PMI_RANK=0 PMI_SIZE=1 SLURM_PROCID=0 SLURM_NTASKS=1
takes 2/2 SLURM_PROCID=1 SLURM_NTASKS=2 SLURM_ARRAY_TASK_ID=5

refused() { # MESSAGE VARIABLE=VALUE...
	for mode in 'tree' '-c list' '-o sums tree'; do
		# shellcheck disable=SC2086
		run env "${@:2}" treesum --shard=auto $mode
		want_status 1
		want_out ''
		want_err "treesum: --shard=auto: $1: give --shard=K/N
Try 'treesum --help' for more information."
		want [ "$(ls)" = tree ]
	done
}
refused 'none of OMPI_COMM_WORLD_RANK, PMI_RANK and SLURM_PROCID is set' A=b
refused 'none of OMPI_COMM_WORLD_RANK, PMI_RANK and SLURM_PROCID is set' SLURM_ARRAY_TASK_ID=3
refused 'OMPI_COMM_WORLD_RANK and OMPI_COMM_WORLD_SIZE are not both set' OMPI_COMM_WORLD_RANK=0 PMI_RANK=0 PMI_SIZE=1
refused 'PMI_RANK and PMI_SIZE are not both set' PMI_SIZE=2
refused 'SLURM_PROCID and SLURM_NTASKS are not both set' SLURM_PROCID=0
refused 'PMI_RANK and PMI_SIZE are not both numbers' PMI_RANK=0 PMI_SIZE=two
refused 'PMI_RANK and PMI_SIZE are not both numbers' PMI_RANK=' 1' PMI_SIZE=2
refused 'PMI_RANK and PMI_SIZE are not both numbers' PMI_RANK= PMI_SIZE=2
refused 'SLURM_PROCID and SLURM_NTASKS contradict each other: the rank is not below the size' SLURM_PROCID=2 SLURM_NTASKS=2
refused 'SLURM_ARRAY_TASK_ID is set, and each job of the array has one task (SLURM_NTASKS)' \
	SLURM_PROCID=0 SLURM_NTASKS=1 SLURM_ARRAY_TASK_ID=3

# What is no shard at all.
for shard in 0/4 5/4 a/b 1 4/ /4 1/4294967296 99999999999999999999/99999999999999999999 ' 1/4' '1/ 4' +1/4 1/-4 '' Auto; do
	run treesum --shard="$shard" tree
	want_status 1
	want_out ''
	want grep -qF "treesum: invalid shard: '$shard' (K/N, where K is 1 to N; or auto)" "$err"
	want grep -qF "Try 'treesum --help'" "$err"
done
run treesum --shard
want_status 1
for mode in --audit=list --update=list --diff --merge; do
	run treesum $mode --shard=1/2 tree tree
	want_err "treesum: --shard goes only with printing and --check
Try 'treesum --help' for more information."
done
