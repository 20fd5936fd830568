# The walking process is killed, crashes or is stopped, at any stage: an incomplete answer is never a manifest.
. "$TEST_TOP/tests/lib.sh"
need_strace

for i in {1..20}; do
	mkdir -p tree/$i
	echo $i >tree/$i/file
done
echo old >sums
oracle_manifest tree >"$SCRATCH/expected"

# Ended by a signal in its n-th reading of a directory; the last ones never come.
for signal in KILL SEGV; do
	for call in 1 2 3 10 39; do
		for options in '' '-o sums' '-o new' --unsorted -j1; do
			run traced -e inject=getdents64:signal=$signal:when=$call -- treesum $options tree
			want grep -q "killed by SIG$signal" "$SCRATCH/trace"
			want_failure
			want [ -s "$err" ]
			[ "$options" = --unsorted ] || want_out ''
			want_text sums old
			want_text <(ls -A) $'sums\ntree'
			want_none_left
		done
	done
done
# In other calls of its: opening directories, examining what is in them.
for calls in openat,openat2 newfstatat,fstatat64,statx; do
	run traced -P 7 -e inject=$calls:signal=KILL -- treesum -o sums tree
	want grep -q 'killed by SIGKILL' "$SCRATCH/trace"
	want_failure
	want_text sums old
done

# Stopped for a while: all is well in the end. Stopped and then killed: no manifest.
for end in CONT KILL; do
	stop_at getdents64 "$PWD/tree/13" -- treesum -o sums tree
	want_text sums old
	go_on $end
	case $end in
	CONT)
		want_status 0
		want_same_bytes "$SCRATCH/expected" sums
		echo old >sums
		;;
	KILL)
		want_failure
		want_text sums old
		;;
	esac
	want_text <(ls -A) $'sums\ntree'
	want_none_left
done
