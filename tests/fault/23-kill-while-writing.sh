# The program is killed at each of its system calls, under -o: the old file is there, or the new one.
# slow
. "$TEST_TOP/tests/lib.sh"
need_strace
# Leaks cannot be looked for under ptrace.
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0"

mkdir tree there
echo a >tree/a
oracle_manifest tree >"$SCRATCH/new"
echo old >"$SCRATCH/old"

# Its calls on the target, in their order of first use; those of the other processes are not traced.
command=(treesum -j1 -o there/sums tree)
cp "$SCRATCH/old" there/sums
strace -o "$SCRATCH/trace" "${command[@]}"
sed -n '/there/,/^renameat/!d; s/^\([a-z0-9_]*\)(.*/\1/p' "$SCRATCH/trace" | sort -u >"$SCRATCH/calls"
for call in write fsync rename; do
	want grep -q $call "$SCRATCH/calls"
done

kept=0 replaced=0
while read -r call; do
	for ((n = 1; ; n++)); do
		cp "$SCRATCH/old" there/sums
		: >"$SCRATCH/trace"
		status=0
		(exec strace -qq -o "$SCRATCH/trace" -e trace="$call" -e inject="$call:signal=KILL:when=$n" \
			"${command[@]}" >"$out" 2>&1) 2>/dev/null || status=$?
		grep -q 'killed by SIGKILL' "$SCRATCH/trace" || break
		if cmp -s "$SCRATCH/old" there/sums; then
			kept=$((kept + 1))
		else
			want_same_bytes "$SCRATCH/new" there/sums
			replaced=$((replaced + 1))
		fi
	done
	# What is left of it is in nobody's way.
	run "${command[@]}"
	want_status 0
	want_same_bytes "$SCRATCH/new" there/sums
	want_text <(ls -A -I '.*.treesum-journal' there) sums
done <"$SCRATCH/calls"
want_none_left
echo "killed $((kept + replaced)) times: the old file $kept times, the new one $replaced times"
want [ $kept -gt 20 ]
want [ $replaced -gt 0 ]
