#!/usr/bin/env bash
# Measures shared runs and the merging of their parts, and holds them against what they have to reach: rows of a
# table. The memory of a merge is that of 5,000,000 entries (1.1 GB) beside 200,000.
#
# Usage: tests/bench/shards.sh build/treesum build/bench
# Environment: BENCH_QUICK=1: fewer rounds
set -eu -o pipefail
. "$(dirname "$0")/race.sh"

here=$(realpath "$(dirname "$0")")
treesum=$(realpath "$1")
cd "$2"
results=shards.tsv
: >$results
[ -e linux-source-6.1 ] || [ -e generated-source ] || "$here/inputs.sh" . source
tree=$(source_tree)
for entries in 200000 5000000; do
	[ -e parts-$entries.16-of-16 ] || "$here/parts.py" $entries 16 parts-$entries
done

# The seconds of the clock and of processors of A as multiples of those of B.
compare() { # WHAT RACE A B ASKED
	aim "$1" "$(ratio "$2" "$3" "$4")" '<=' "$5" 'by the clock'
	aim "$1" "$(calculate "($(measured "$2" "$3" 4)) / ($(measured "$2" "$4" 4))")" '<=' "$5" 'of processor time'
}

enter one "$treesum -j2 --annotate $tree"
enter two "{ $treesum -j1 --shard=1/2 $tree & $treesum -j1 --shard=2/2 $tree; wait; }"
race shards
compare 'two shards with -j1 side by side over one run with -j2' shards two one 1.15

enter sha512sum 'sha512sum parts-5000000.*'
enter merge "$treesum --merge parts-5000000.*"
race merge
compare '--merge over sha512sum of the parts' merge merge sha512sum 4

peak() { # ENTRIES: KiB, by GNU time
	env time -f %M -o peak "$treesum" --merge "parts-$1".* >/dev/null
	cat peak
}
aim 'the memory of --merge of 5,000,000 entries over that of 200,000' \
	"$(calculate "$(peak 5000000) / $(peak 200000)")" '<=' 1.1

aim 'the files of the largest of 16 shards over the mean' "$(
	for index in {1..16}; do
		"$treesum" --shard=$index/16 "$tree" | sed -n 's/^#end files=\([0-9]*\) .*/\1/p'
	done | awk '{ all += $1; if ($1 > most) most = $1 } END { printf "%.2f", most * NR / all }'
)" '<=' 1.15
