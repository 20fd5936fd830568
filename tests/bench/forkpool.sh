#!/usr/bin/env bash
# forkpool against Python's multiprocessing.Pool, on two workers: tasks that do nothing through
# imap_unordered and apply, 1 MiB both ways, and pools opened and joined. The two run in turn, three times;
# the best runs count. And what ten million items cost in memory.
#
# Usage: tests/bench/forkpool.sh build/bench/forkpool
set -eu

program=$1
python=$(dirname "$0")/forkpool.py

most() { # A B: the larger number
	echo $(($1 > $2 ? $1 : $2))
}

printf 'load average: %s\n\n' "$(cut -d ' ' -f 1 /proc/loadavg)"
printf '%-26s %12s %12s %7s\n' 'a second' forkpool Python ratio
while read -r kind items python_items name; do
	ours=0 theirs=0
	for _ in 1 2 3; do
		ours=$(most "$ours" "$("$program" 2 "$items" "$kind" 2>/dev/null)")
		theirs=$(most "$theirs" "$(python3 "$python" 2 "$python_items" "$kind")")
	done
	awk -v name="$name" -v ours="$ours" -v theirs="$theirs" \
		'BEGIN { printf "%-26s %12d %12d %7.1f\n", name, ours, theirs, ours / theirs }'
done <<END
1 400000 60000 no-ops, chunk 1
20 3000000 400000 no-ops, chunk 20
64 4000000 1000000 no-ops, chunk 64
mebibytes 2000 500 echoes of 1 MiB
apply 40000 4000 apply
cycles 300 60 open and join
END
echo
for items in 100000 10000000; do
	printf '%d items: the parent has used %s at the most\n' $items \
		"$("$program" 2 $items 64 2>&1 >/dev/null)"
done
