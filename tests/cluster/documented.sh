# What README and the manual have for several machines, as it stands there: Slurm's script, the lines for mpirun,
# mpiexec and parallel, and lists. If a file cannot be read, the other shares are not ended.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/cluster.sh"
for command in mpirun.openmpi mpiexec.mpich parallel mandoc; do
	command -v $command >/dev/null || skip "no $command here: make deps-cluster"
done
need_cluster

# Whose they are, where both are installed, and what root is asked for.
mkdir bin
for launcher in mpirun.openmpi mpiexec.mpich; do
	printf '#!/bin/sh\nexec %s "$@"\n' $launcher >bin/${launcher%.*}
	chmod +x bin/${launcher%.*}
done
export PATH=$PWD/bin:$PATH OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

displays() { # HEADING
	mandoc -T ascii -O width=200 "$TEST_TOP/src/treesum.1" | col -bx |
		sed -n "/^   $1\$/,/^ \{0,3\}[^ ]/{/^   $1\$/d;p;}" | sed -n 's/^ \{11\}//p'
}
# A command is one line.
joined() { sed -E ':join; /(\\|&&)$/{N; s/(\\)?\n/ /; b join}; s/[ \t]+/ /g'; }
readme sh | joined >of_readme
displays Launchers | joined >of_manual
want [ "$(wc -l <of_manual)" -ge 7 ]
want_text <(grep -vxF -f of_readme of_manual) ''
here <of_readme >recipes
shared_tree "$PWD/shared/archive"
sums=$PWD/shared/SUMS

# Run each recipe, and expect of what it leaves what a function expects.
tested=0
try() { # FUNCTION COMMAND...
	local expect=$1
	shift
	rm -f "$sums"*
	run "$@"
	$expect
}
try_recipes() { # FUNCTION
	local line
	sed -n '/^#!/,/--merge/p' recipes >script
	try "$1" sbatch --wait --output=script.log script
	while read -r line; do
		case $line in
		mpirun\ * | mpiexec\ *) try "$1" salloc -N4 bash -c "$line" ;;
		parallel\ *) try "$1" bash -c "$line" ;;
		esac
	done <recipes
}

# All parts of what one run prints; Slurm's script has merged them.
want_all() {
	tested=$((tested + 1))
	want_status 0
	[ ! -e "$sums" ] || want_whole "$sums"
	run treesum --merge "$sums".*-of-4
	want_status 0
	want_err ''
	cp "$out" "$SCRATCH/merged"
	want_whole "$SCRATCH/merged"
}
try_recipes want_all

# A share that was lost, by the line that is there for it.
line=$(grep '^treesum --shard=' recipes)
rm "$sums.3-of-4"
run treesum --merge "$sums".*-of-4
want_failure
run bash -c "$line"
want_all
want [ $tested -eq 5 ]

# Lists in place of shards: all that is found, each file once.
displays 'Large file systems' | here >lists
want [ "$(wc -l <lists)" -eq 2 ]
run bash -c "$(head -n 1 lists)"
want_status 0
for list in shared/list.*; do
	run bash -c "$(tail -n 1 lists | sed "s/\.aa/.${list##*.}/g")"
	want_status 0
done
sed '/^#/d' "$SCRATCH/whole" | sort >lines
want_same_bytes lines <(sort shared/SUMS.??)

# A file that even root cannot read. In another share there is one that takes longer: it is read nevertheless, all
# parts are written, and the merge says that one is not complete.
number=0
while [ "$(shard_of "$PWD/shared/archive/large-$number" 4)" -eq "$(shard_of "$PWD/shared/archive/a/1" 4)" ]; do
	number=$((number + 1))
done
truncate -s 1G "shared/archive/large-$number"
mount --bind /proc/1/mem "$PWD/shared/archive/a/1"
want_all_but_one() {
	tested=$((tested + 1))
	want [ "$(find shared -name 'SUMS.?-of-4' | wc -l)" -eq 4 ]
	run treesum --merge "$sums".*-of-4
	want_status 1
	want grep -q "$(shard_of "$PWD/shared/archive/a/1" 4)-of-4" "$err"
	want [ "$(grep -c '^#= ' "$out")" -eq "$(grep -c '^#= ' "$SCRATCH/whole")" ]
}
try_recipes want_all_but_one
want [ $tested -eq 9 ]
