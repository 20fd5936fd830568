# A process is stopped while it walks, with --timeout: the same manifest; one that is only slow has its time.
# slow
. "$TEST_TOP/tests/lib.sh"
need_strace

for i in {1..20}; do
	mkdir -p tree/$i
	echo $i >tree/$i/file
done
oracle_manifest tree >"$SCRATCH/expected"

# The first one that comes to a directory is stopped for good, all others go on.
for options in -j1 '-j2 -o sums' '-j4 --unsorted'; do
	for call in getdents64 openat; do
		[ $call = getdents64 ] && path=$PWD/tree/13 || path=13
		stop_at $call $path -- treesum --timeout=1 $options tree
		stops=1
		while wait_until has_stopped_again_or_ended && kill -0 $traced 2>/dev/null; do
			stops=$((stops + 1))
			kill -CONT "$(stopped_process)" 2>/dev/null || true
		done
		status=0
		wait $traced || status=$?
		want grep -q "^$stopped .*killed by SIGKILL" "$SCRATCH/trace"
		[[ $options != *-o* ]] || mv sums "$out"
		sort -V -k 2 -o "$out" "$out"
		sort -V -k 2 -o "$SCRATCH/expected" "$SCRATCH/expected"
		want_manifest "$SCRATCH/expected"
		want_none_left
	done
done
oracle_manifest tree >"$SCRATCH/expected"

# Stopped for a while, without.
stop_at getdents64 "$PWD/tree/13" -- treesum tree
go_on
want_manifest "$SCRATCH/expected"

# Each call takes two seconds, and there are two or more for a directory.
run traced -P "$PWD/tree/13" -e inject=getdents64:delay_enter=2000000 -- treesum --timeout=3 tree
want grep -q DELAYED "$SCRATCH/trace"
want_manifest "$SCRATCH/expected"

# So too where it finds nothing but what is left out.
rm -r tree
mkdir tree
touch tree/{1..60}.out
echo a >tree/a
run traced -e inject=newfstatat,fstatat64,statx:delay_enter=100000 -- treesum --timeout=3 --exclude='*.out' tree
want grep -q DELAYED "$SCRATCH/trace"
want_manifest <(sha512sum tree/a)
