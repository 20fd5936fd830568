#!/usr/bin/env bash
# forkpool against Python's multiprocessing.Pool: tasks that do nothing through imap_unordered and
# apply, and 1 MiB both ways, on two workers; the best of three runs each. And what ten million items
# and an empty pool cost.
#
# Usage: tests/bench/forkpool.sh build/bench/forkpool
set -eu

program=$1
python=$(dirname "$0")/forkpool.py

best() { # COMMAND...
	for _ in 1 2 3; do
		"$@" 2>/dev/null
	done | sort -n | tail -n 1
}

printf '%-26s %12s %12s %7s\n' 'tasks/s' forkpool Python ratio
for row in '1 400000 60000' '20 3000000 400000' '64 4000000 1000000' 'apply 40000 4000' 'mebibytes 2000 500'; do
	read -r chunk items python_items <<<"$row"
	ours=$(best "$program" 2 "$items" "$chunk")
	theirs=$(best python3 "$python" 2 "$python_items" "$chunk")
	awk -v chunk="$chunk" -v ours="$ours" -v theirs="$theirs" \
		'BEGIN { printf "%-26s %12d %12d %7.1f\n", (chunk > 0 ? "imap_unordered, chunk " : "") chunk, ours, theirs, ours / theirs }'
done
printf 'open and terminate, 2 workers: %s ms\n' "$("$program" 2 cycles)"
for items in 100000 10000000; do
	printf '%d items: the parent has used %s at the most\n' $items \
		"$("$program" 2 $items 64 2>&1 >/dev/null)"
done
