#!/usr/bin/env bash
# Measures treesum beside its rivals: the commands of a race in turn, several rounds, by hyperfine. Writes
# to build/bench/: RACE.ROUND.json, and results.tsv (race, command, medians of seconds of the clock and
# of processor time), from which table.sh makes the tables.
#
# Usage: tests/bench/run.sh build/treesum build/bench [RACE...]
# Environment: BENCH_QUICK=1: three rounds instead of eleven
set -eu

treesum=$(realpath "$1")
cd "$2"
shift 2
[ $# -gt 0 ] || set -- tree big one small cold check empty kernel

jobs=$(nproc)
rounds=11
[ "${BENCH_QUICK:-0}" = 0 ] || rounds=3
source=linux-source-6.1
[ -e $source ] || source=generated-source
# The program itself: what stands for it may be a script that looks for it.
python=$(python3 -c 'import sys; print(sys.executable)' 2>/dev/null || echo python3)
pool=../../tests/bench/pool.py

# The commands of the next race, in hyperfine's words.
commands=()
enter() { # NAME COMMAND
	commands+=(-n "$1" "$2")
}
enter_rival() { # PROGRAM NAME COMMAND
	if command -v "$1" >/dev/null; then
		enter "$2" "$3"
	else
		echo "$2 is left out: there is no $1" >&2
	fi
}
enter_xargs() { # DIRECTORY FILES-AT-A-TIME PROGRAM [ARGUMENT]...
	enter_rival "$3" "xargs -n$2 $3" "find $1 -type f -print0 | xargs -0 -P$jobs -n$2 ${*:3}"
}

# Of each command the median round.
medians() { # RACE
	cat "$1".*.json | awk -v race="$1" -F '"' '
		function median(list, values, count, i, j, swap) {
			count = split(list, values, " ")
			for (i = 2; i <= count; i++)
				for (j = i; j > 1 && values[j] + 0 < values[j - 1] + 0; j--) {
					swap = values[j]; values[j] = values[j - 1]; values[j - 1] = swap
				}
			return (values[int((count + 1) / 2)] + values[int(count / 2) + 1]) / 2
		}
		{ gsub(/[:, ]/, "", $3) }
		$2 == "command" { name = $4; if (!(name in wall)) names[++n] = name }
		$2 == "median" { wall[name] = wall[name] " " $3 }
		$2 == "user" { user = $3 }
		$2 == "system" { cpu[name] = cpu[name] " " user + $3 }
		END {
			for (i = 1; i <= n; i++)
				printf "%s\t%s\t%.6f\t%.6f\n", race, names[i], median(wall[names[i]]), median(cpu[names[i]])
		}' >>results.tsv
}

race() { # NAME [RUNS-A-ROUND [HYPERFINE-OPTION]...]
	local name=$1 runs=${2:-1} round
	echo "$name: $rounds rounds of $((${#commands[@]} / 3)) commands" >&2
	rm -f "$name".*.json
	for ((round = 1; round <= rounds; round++)); do
		hyperfine --runs "$runs" "${@:3}" --export-json "$name.$round.json" "${commands[@]}" >log 2>&1 ||
			{ cat log >&2 && exit 1; }
	done
	commands=()
	medians "$name"
}

warm() { # FILE...
	"$treesum" "$@" >/dev/null
}

# A race where a digest is wrong is none.
compare_digests() {
	"$treesum" $source | sort >digests.treesum
	find $source -type f -print0 | xargs -0 sha512sum | sort | cmp - digests.treesum
}

race_tree() {
	find $source -type f >files
	compare_digests
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

race_empty() {
	for options in '' ' --unsorted'; do
		for files in 100000 1000000; do
			warm empty-$files
			enter "treesum$options, $files files" "$treesum$options empty-$files"
			memory "treesum$options, $files files" "$treesum"$options empty-$files
		done
	done
	race empty
}

# Peak memory of the biggest process, in KiB.
memory() { # NAME COMMAND...
	if [ -x /usr/bin/time ]; then
		printf 'memory\t%s\t%s\t-\n' "$1" "$({ /usr/bin/time -f %M "${@:2}" >/dev/null; } 2>&1)" >>results.tsv
	else
		echo "the memory of $1 is left out: there is no /usr/bin/time" >&2
	fi
}

race_kernel() {
	enter 'lanes' "./floor kernel $((1 << 30))"
	enter 'libcrypto' "./floor stream $((1 << 30))"
	race kernel
}

: >results.tsv
for name; do
	"race_$name"
done
