#!/usr/bin/env bash
# Measures treesum beside its rivals. Writes to build/bench/results.tsv, from which table.sh makes the tables.
#
# Usage: tests/bench/run.sh build/treesum build/bench [RACE...]
# Environment: BENCH_QUICK=1: three rounds instead of eleven
set -eu
. "$(dirname "$0")/race.sh"

treesum=$(realpath "$1")
cd "$2"
shift 2
[ $# -gt 0 ] || set -- tree big one small cold check bag empty kernel

results=results.tsv
source=$(source_tree)
# The program itself: what stands for it may be a script that looks for it.
python=$(python3 -c 'import sys; print(sys.executable)' 2>/dev/null || echo python3)
pool=../../tests/bench/pool.py

warm() { # FILE...
	"$treesum" "$@" >/dev/null
}

race_tree() {
	find $source -type f >files
	compare_digests $source
	bytes=$(./floor walk $source | sed 's/.*bytes=\([0-9]*\).*/\1/')
	enter treesum "$treesum $source"
	enter 'treesum --engine=libcrypto' "$treesum --engine=libcrypto $source"
	enter_rival python3 'Python Pool' "$python $pool $source"
	for each in 64 1000; do
		enter_xargs $source $each sha512sum
		enter_xargs $source $each openssl dgst -sha512
		enter_xargs $source $each b3sum --num-threads 1
	done
	enter_rival rhash 'rhash -r' "rhash --sha512 -r $source"
	enter 'floor: walk' "./floor walk $source"
	enter 'floor: read' "./floor read files $jobs"
	enter 'floor: kernel' "./floor kernel $bytes $jobs"
	race tree
}

race_big() {
	find 64-files -type f >files.big
	warm 64-files
	enter treesum "$treesum 64-files"
	enter 'treesum --engine=libcrypto' "$treesum --engine=libcrypto 64-files"
	enter_rival python3 'Python Pool' "$python $pool 64-files"
	enter_xargs 64-files 1 sha512sum
	enter_xargs 64-files 1 openssl dgst -sha512
	enter_xargs 64-files 1 b3sum --num-threads 1
	enter_rival rhash 'rhash -r' 'rhash --sha512 -r 64-files'
	enter 'floor: read' "./floor read files.big $jobs"
	enter 'floor: kernel' "./floor kernel $((64 << 25)) $jobs"
	race big
}

race_one() {
	local file
	file=$(find 2-GiB -type f)
	warm "$file"
	enter treesum "$treesum $file"
	enter_rival openssl openssl "openssl dgst -sha512 $file"
	enter_rival sha512sum sha512sum "sha512sum $file"
	enter_rival b3sum b3sum "b3sum --num-threads 1 $file"
	race one
}

race_small() {
	local file
	file=$(find 1-KiB -type f)
	enter treesum "$treesum $file"
	enter_rival sha512sum sha512sum "sha512sum $file"
	enter_rival openssl openssl "openssl dgst -sha512 $file"
	enter_rival b3sum b3sum "b3sum --num-threads 1 $file"
	race small 200 -N --warmup 10
}

# With as many readers at a time as keep a disk busy, the floor's reading is the disk's limit.
race_cold() {
	if ! [ -w /proc/sys/vm/drop_caches ]; then
		echo 'the race from a cold cache is left out: only root can empty the cache' >&2
		return
	fi
	find $source -type f >files
	enter treesum "$treesum $source"
	enter_xargs $source 64 sha512sum
	enter_xargs $source 64 b3sum --num-threads 1
	enter 'floor: read, 64 readers' './floor read files 64'
	race cold 1 --prepare 'sync; echo 3 >/proc/sys/vm/drop_caches'
}

race_check() {
	warm $source
	"$treesum" -o manifest $source
	enter treesum "$treesum $source"
	enter 'treesum -c' "$treesum -c manifest"
	enter 'sha512sum -c' 'sha512sum -c manifest'
	race check
}

race_bag() {
	warm bag
	enter treesum "$treesum --bag bag"
	enter_rival python3 "bagit-python's work" "$python ../../tests/bench/bag.py bag"
	race bag
}

race_empty() {
	for options in '' ' --unsorted'; do
		for files in 100000 1000000; do
			warm empty-$files
			enter "treesum$options, $files files" "$treesum$options empty-$files"
		done
	done
	race empty
	# Peak memory of the parent, in KiB.
	for files in 100000 1000000; do
		printf 'memory\t%s\t%s\t-\n' $files "$(./peak "$treesum" --unsorted empty-$files)" >>$results
	done
}

race_kernel() {
	enter 'lanes' "./floor kernel $((1 << 30))"
	enter 'libcrypto' "./floor stream $((1 << 30))"
	race kernel
}

: >$results
for name; do
	"race_$name"
done
