# The walking process hangs, with --timeout: an error and no manifest; one that is only slow has its time.
# slow
. "$TEST_TOP/tests/lib.sh"
need_strace

for i in {1..20}; do
	mkdir -p tree/$i
	echo $i >tree/$i/file
done
echo old >sums
oracle_manifest tree >"$SCRATCH/expected"

for options in '' '-o sums' '-o new' --unsorted; do
	stop_at getdents64 "$PWD/tree/13" -- treesum --timeout=1 $options tree
	# Nobody lets it go on.
	status=0
	wait $traced || status=$?
	want_status 1
	want_err 'treesum: the walk was cut short: the walker did not answer in time'
	[ "$options" = --unsorted ] || want_out ''
	want_text sums old
	want_text <(ls -A) $'sums\ntree'
	want_none_left
done

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
