# Workers are killed at random, twenty a second, for KILL_SECONDS (10): the right manifest every time.
# slow
. "$TEST_TOP/tests/lib.sh"

# Many small files, and some that take a while: sparse ones, which cost nothing but time. A file of which
# no reader lives long enough to read it to its end cannot be hashed; at twenty kills a second, all of which
# find a busy process, one of 16 MiB has three in four tries.
mkdir -p tree/{small,middle,large}
for i in {1..5000}; do
	echo $i >tree/small/$i
done
for i in {1..200}; do
	truncate -s $((i * 10000)) tree/middle/$i
done
for i in {1..16}; do
	truncate -s ${i}M tree/large/$i
done
oracle_manifest tree >"$SCRATCH/expected"

# All children of a process, into `children`.
children_of() { # PID
	children=()
	read -r -a children 2>/dev/null <"/proc/$1/task/$1/children" || true
}

kills=0
kill_workers_of() { # PID
	while kill -0 "$1" 2>/dev/null; do
		children_of "$1"
		if [ ${#children[@]} -gt 0 ]; then
			victim=${children[RANDOM % ${#children[@]}]}
			! kill -KILL "$victim" 2>/dev/null || kills=$((kills + 1))
		fi
		sleep 0.0$((RANDOM % 9))
	done
}

end=$((SECONDS + ${KILL_SECONDS:-10}))
runs=0
while [ $SECONDS -lt $end ]; do
	for options in -j24 -j2 '-j24 --unsorted'; do
		treesum $options tree >"$out" 2>"$err" &
		pid=$!
		kill_workers_of $pid
		status=0
		wait $pid || status=$?
		runs=$((runs + 1))
		[ "$options" = "${options%--unsorted}" ] || sort -k 2 -o "$out" "$out"
		want_manifest "$SCRATCH/expected"
		want_none_left
	done
done
want [ $kills -gt 0 ]
echo "$runs runs, $kills kills"
