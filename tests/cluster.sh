# shellcheck shell=bash disable=SC2154 # lib.sh comes before
# A cluster of four machines inside of this one: Slurm and ssh on node1 to node4, as seen from a fifth, head.
# To be read after lib.sh. need_cluster is for the scripts that need it; the others have helpers here, too.
#
#	. "$TEST_TOP/tests/cluster.sh"
#	need_cluster
#	run srun -N4 treesum --shard=auto -o sums tree
#
# Each machine is a UTS namespace, so that it has a host name, and an address of its own. They share a network
# that leads nowhere, the files, and the processes, which all end with the test: no service of this machine is
# touched, no port taken, no file altered under /etc or /run.

cluster_nodes=(node1 node2 node3 node4)
cluster_dir=$SCRATCH/cluster

# The test goes on as the first process of the namespaces of the cluster, which is then ready.
need_cluster() {
	if [ ! "${APART:-}" ]; then
		cluster_missing
		exec env APART=1 unshare -muinpf --mount-proc --kill-child bash "$test_script"
	fi
	mkdir -m 755 "$cluster_dir"
	cluster_network
	cluster_home
	cluster_munge
	cluster_slurm
	wait_until cluster_is_up || show_cluster
}

# Skip the test where that cannot be had.
cluster_missing() {
	local command
	[ "$(id -u)" -eq 0 ] || skip 'needs root, for Slurm'
	for command in ip munged slurmctld slurmd srun dropbear ssh; do
		command -v $command >/dev/null || skip "no $command here: make deps-cluster"
	done
	[ -f /etc/hosts ] || skip 'no /etc/hosts here, to mount that of the cluster on'
	unshare -muinpf --mount-proc true 2>"$SCRATCH/unshare" || skip "no namespaces here: $(cat "$SCRATCH/unshare")"
}

# Programs look for addresses of a kind only where there is one beside 127.0.0.1.
cluster_network() {
	local number=10 node
	hostname head
	ip link set lo up
	ip address add 192.0.2.10 dev lo
	echo '127.0.0.1 localhost
192.0.2.10 head' >"$cluster_dir/hosts"
	for node in "${cluster_nodes[@]}"; do
		number=$((number + 1))
		ip address add 192.0.2.$number dev lo
		echo "192.0.2.$number $node" >>"$cluster_dir/hosts"
	done
	mount --bind "$cluster_dir/hosts" /etc/hosts
	# Open MPI passes over lo where it is not told.
	export OMPI_MCA_oob_tcp_if_include=lo
}

# A home, with keys for ssh to each node, and what shells have in their environment there.
cluster_home() {
	local node address
	export HOME=$cluster_dir/home
	mkdir -m 700 "$HOME" "$HOME/.ssh"
	sed "s,^root:.*,root:x:0:0:root:$HOME:/bin/bash," /etc/passwd >"$cluster_dir/passwd"
	mount --bind "$cluster_dir/passwd" /etc/passwd
	declare -px PATH LC_ALL TEST_DIR OMPI_MCA_oob_tcp_if_include >"$HOME/.bashrc"
	printf '%s\n' 'StrictHostKeyChecking no' 'LogLevel ERROR' >"$HOME/.ssh/config"
	ssh-keygen -q -t ed25519 -N '' -f "$HOME/.ssh/id_ed25519"
	cp "$HOME/.ssh/id_ed25519.pub" "$HOME/.ssh/authorized_keys"
	dropbearkey -t ed25519 -f "$cluster_dir/host_key" >"$cluster_dir/host_key.log" 2>&1
	while read -r address node; do
		[ "$address" != 127.0.0.1 ] || continue
		on_node "$node" dropbear -F -E -s -P '' -r "$cluster_dir/host_key" -p "$address:22"
	done <"$cluster_dir/hosts"
}

# Start a service.
on_node() { # NODE COMMAND...
	unshare -u bash -c 'hostname "$0" && exec "$@"' "$@" >"$cluster_dir/$1-$2.log" 2>&1 &
}

cluster_munge() {
	local dir=$cluster_dir/munge
	mkdir -m 755 "$dir"
	(umask 077 && head -c 1024 /dev/urandom >"$dir/key")
	# --force: /tmp may be everybody's.
	munged --force --key-file="$dir/key" --socket="$dir/socket" --pid-file="$dir/pid" --log-file="$dir/log" \
		--seed-file="$dir/seed" >"$dir/out" 2>&1 || show_cluster
}

# One slurmctld, and a slurmd on each node, without systemd, control groups and accounting. Nodes have ports of
# their own, as slurmd listens on all addresses. Several tasks may share a processor.
cluster_slurm() {
	local node port=6820
	export SLURM_CONF=$cluster_dir/slurm.conf
	cat >"$SLURM_CONF" <<-END
		ClusterName=test
		SlurmctldHost=head
		SlurmUser=root
		SlurmdUser=root
		AuthType=auth/munge
		AuthInfo=socket=$cluster_dir/munge/socket
		CredType=cred/munge
		ProctrackType=proctrack/linuxproc
		TaskPlugin=task/none
		JobAcctGatherType=jobacct_gather/none
		AccountingStorageType=accounting_storage/none
		SelectType=select/linear
		SchedulerType=sched/builtin
		MpiDefault=none
		KillOnBadExit=1
		ReturnToService=2
		MailProg=/bin/true
		SlurmdParameters=config_overrides
		StateSaveLocation=$cluster_dir
		SlurmdSpoolDir=$cluster_dir/%n
		SlurmctldPidFile=$cluster_dir/slurmctld.pid
		SlurmdPidFile=$cluster_dir/%n.pid
		PartitionName=all Nodes=ALL Default=YES OverSubscribe=FORCE:8 MaxTime=INFINITE
	END
	# The plugin that is loaded in any case, and asks nothing of the system until it is used.
	printf '%s\n' CgroupPlugin=cgroup/v1 CgroupAutomount=no >"$cluster_dir/cgroup.conf"
	for node in "${cluster_nodes[@]}"; do
		port=$((port + 1))
		mkdir "$cluster_dir/$node"
		echo "NodeName=$node Port=$port CPUs=2" >>"$SLURM_CONF"
	done
	on_node head slurmctld -D
	for node in "${cluster_nodes[@]}"; do
		on_node "$node" slurmd -D
	done
}

cluster_is_up() {
	local node
	[ "$(sinfo -h -t idle -o %D 2>/dev/null)" = ${#cluster_nodes[@]} ] || return
	for node in "${cluster_nodes[@]}"; do
		ssh "$node" true 2>/dev/null || return
	done
}

# A tree, and what one run prints for it, in $SCRATCH/whole. Its times have settled, so that each later run prints
# the same.
shared_tree() { # DIRECTORY
	local number
	mkdir -p "$1/a/deep/er" "$1/b"
	for number in {1..40}; do
		echo "$number" >"$1/a/$number"
		echo "$number" >"$1/a/deep/er/$number"
	done
	: >"$1/b/empty"
	echo newline >"$1/b/new"$'\n'line
	echo blank >"$1/b/with a blank"
	settle
	treesum --annotate "$1" >"$SCRATCH/whole"
}

# Expect a manifest to be that of one run, but for the seal, which is its own.
want_whole() { # MANIFEST
	sed '$d' "$1" >"$SCRATCH/lines"
	want_same_bytes <(sed '$d' "$SCRATCH/whole") "$SCRATCH/lines"
	want_text <(tail -n 1 "$1") "$(oracle_seal "$SCRATCH/lines")"
	run treesum -c --quiet "$1"
	want_status 0
	want_out ''
}

# Expect the parts FILE.1-of-N to FILE.N-of-N, and nothing else beside them, to be merged into that.
want_merged() { # FILE N
	local number
	for number in $(seq "$2"); do
		want [ -s "$1.$number-of-$2" ]
	done
	want [ "$(find "$(dirname "$1")" -name "*${1##*/}*" | wc -l)" -eq "$2" ]
	run treesum --merge "$1".*-of-"$2"
	want_status 0
	want_err ''
	cp "$out" "$SCRATCH/merged"
	want_whole "$SCRATCH/merged"
}

# The commands, or the manifest, that README has for several machines.
readme() { # sh|yaml
	sed -n '/^## Several machines$/,/^## [^S]/p' "$TEST_TOP/README.md" | sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/{/^\`\`\`/d;p;}"
}
# With folders here instead of those at the root.
here() { sed "s,/\(shared\|srv\|var/lib\)\>,$PWD&,g"; }

# Which of N shards a name belongs to.
shard_of() { # NAME N
	local digest
	digest=$(printf %s "$1" | "$SHA512SUM")
	echo $(((0x${digest:0:8} % $2 * (0x100000000 % $2) + 0x${digest:8:8} % $2) % $2 + 1))
}

# What the services say where they do not come up.
show_cluster() {
	tail -n 5 "$cluster_dir"/*.log "$cluster_dir/munge/log"
	exit 1
}
