# Workers are killed at random while two thousand directories are walked: the right manifest every time.
. "$TEST_TOP/tests/lib.sh"

for i in {1..40}; do
	mkdir -p tree/$i/{1..50}
	for j in {1..50}; do
		echo $i.$j >tree/$i/$j/file
	done
done
oracle_manifest tree >"$SCRATCH/expected"
cp "$SCRATCH/expected" list

# One of the children of a process, if it has any.
kill_one_of() { # PID
	local children=()
	read -r -a children 2>/dev/null <"/proc/$1/task/$1/children" || true
	[ ${#children[@]} -gt 0 ] && kill -KILL "${children[RANDOM % ${#children[@]}]}" 2>/dev/null
}
kills=0
for options in -j2 '-j4 --unsorted' '-j4 --audit=list' '-j1 -o sums' '-j8' -j1 -j3; do
	treesum $options tree >"$out" 2>"$err" &
	pid=$!
	# A task may be lost twice, not three times.
	for _ in 1 2; do
		wait_until eval "kill_one_of $pid || ! kill -0 $pid 2>/dev/null" && kills=$((kills + 1))
	done
	status=0
	wait $pid || status=$?
	want_status 0
	case $options in
	*--audit*) want_err 'treesum: 2000 the same' ;;
	*)
		[[ $options != *-o* ]] || mv sums "$out"
		sort -k 2 -o "$out" "$out"
		want_manifest <(sort -k 2 "$SCRATCH/expected")
		;;
	esac
	want_none_left
done
want [ $kills -gt 0 ]
