# The parent is killed at each of its system calls on the journal and the target, the run that resumes, too: the next one is right.
# slow
. "$TEST_TOP/tests/lib.sh"
need_strace
# Leaks cannot be looked for under ptrace.
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0"

mkdir -p tree/d there
for i in {1..6}; do
	echo $i >tree/d/$i
done
head -c 300000 /dev/zero >tree/z
oracle_manifest tree >"$SCRATCH/new"
# What was just written is not journaled.
sleep 2.1
# What an update begins with: some of the lines are there, one is wrong.
treesum --annotate -o "$SCRATCH/part" tree/d/1 tree/d/2
echo old >"$SCRATCH/old"

lines() { grep -v '^#' "$1" || true; }

# Whether the target is as it was; or else it has to be right.
is_old() { cmp -s "$old" there/sums; }
want_new() {
	want_same_bytes "$SCRATCH/new" <(lines there/sums)
	[ $mode != update ] || want treesum -c --status there/sums
}

# What the parent does with the files of a target: by name, and by descriptor.
paths=()
for name in sums .sums.treesum .sums.treesum-journal; do
	paths+=(-P "$name" -P "there/$name" -P "$PWD/there/$name")
done
paths+=(-P there -P "$PWD/there")

# Run until a call of some number, and no longer; fails where there is no such call.
killed_at() { # CALL NUMBER COMMAND...
	local call=$1 n=$2
	shift 2
	: >"$SCRATCH/trace"
	{
		strace -qq -o "$SCRATCH/trace" "${paths[@]}" -e trace="$call" \
			-e inject="$call:signal=KILL:when=$n" "$@" >"$out" 2>&1 || true
	} 2>/dev/null
	grep -q 'killed by SIGKILL' "$SCRATCH/trace" || return 1
	expectations=$((expectations + 1))
	if is_old; then
		kept=$((kept + 1))
	else
		want_new
		replaced=$((replaced + 1))
	fi
}

# Killed, resumed and killed, resumed: at all calls of a name.
sweep() { # CALL
	local n
	for ((n = 1; ; n++)); do
		cp "$old" there/sums
		killed_at "$1" $n "${first[@]}" || break
		killed_at "$1" $n "${again[@]}" || true
		run "${again[@]}" --summary
		want_status 0
		want_new
		want_text <(ls -A there) sums
		! grep -q 'resumed: ' "$err" || resumed=$((resumed + 1))
	done
	rm -rf there
	mkdir there
}

for mode in output update; do
	old=$SCRATCH/old kept=0 replaced=0 resumed=0
	first=(treesum -j1 -o there/sums tree) again=(treesum -j1 --resume -o there/sums tree)
	if [ $mode = update ]; then
		old=$SCRATCH/part first=(treesum -j1 --update=there/sums tree) again=("${first[@]}")
	fi
	cp "$old" there/sums
	strace -o "$SCRATCH/trace" "${paths[@]}" "${first[@]}" >"$out" 2>&1
	want_new
	sed -n 's/^\([a-z0-9_]*\)(.*/\1/p' "$SCRATCH/trace" | sort -u >"$SCRATCH/calls"
	for call in openat write fsync unlinkat; do
		want grep -qx $call "$SCRATCH/calls"
	done
	while read -r call; do
		sweep "$call"
	done <"$SCRATCH/calls"
	echo "$mode: killed $((kept + replaced)) times: the old file $kept times, the new one $replaced times;" \
		"$resumed went on from a journal"
	want [ $kept -gt 40 ]
	want [ $replaced -gt 0 ]
	want [ $resumed -gt 5 ]
done
want_none_left
