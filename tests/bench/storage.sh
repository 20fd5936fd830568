#!/usr/bin/env bash
# Measures what treesum has to reach on slow storage, and beside an older build of its own: the rows of a table,
# which is printed row by row and is in build/bench/storage.md.
#
# Usage: tests/bench/storage.sh build/treesum build/bench [ROW...]
# Environment: BASE=PROGRAM: the build to compare with; BENCH_QUICK=1: fewer rounds
set -eu -o pipefail
. "$(dirname "$0")/race.sh"

here=$(realpath "$(dirname "$0")")
treesum=$(realpath "$1")
base=${BASE:+$(realpath "$BASE")}
cd "$2"
shift 2
slow_rows='latency latency_many update directory untyped head_large head_small'
[ $# -gt 0 ] || set -- $slow_rows source source_cold names memory operands small forks

results=storage.tsv
# What takes long is measured less often.
few=5 fewer=3
[ "${BENCH_QUICK:-0}" = 0 ] || few=3 fewer=1
xargs='find mnt -type f -print0 | xargs -0 -P32 -n8 sha512sum'

input() { # INPUT...
	"$here/inputs.sh" . "$@"
}

# Run a race of commands that read mnt, which is mounted anew before each of them.
slow_race() { # NAME ROUNDS DIRECTORY OPTIONS...: of slow_fs, one for all commands, or one for each
	local rounds=$2 options prepare=()
	for options in "${@:4}"; do
		prepare+=(--prepare "'$here/mount.sh' $options $3")
	done
	race "$1" 1 "${prepare[@]}"
}

seconds() { # RACE NAME [COLUMN]
	measured "$1" "$2" "${3:-3}" | awk '{ printf "%.*f s", $1 < 0.1 ? 4 : 2, $1 }'
}

# A row: the seconds of A as a multiple of those of B.
compare() { # WHAT RACE A B <=|>= ASKED
	aim "$1" "$(ratio "$2" "$3" "$4")" "$5" "$6" "$(seconds "$2" "$3") : $(seconds "$2" "$4")"
}

row_latency() {
	input 2000-of-8-KB
	"$here/mount.sh" latency=10 2000-of-8-KB
	compare_digests mnt
	enter xargs "$xargs"
	enter 'treesum -j32' "$treesum -j32 mnt"
	enter treesum "$treesum mnt"
	slow_race latency $few 2000-of-8-KB latency=2000
	compare '2 ms a call, 2,000 files: -j32 over xargs -P32' latency 'treesum -j32' xargs '<=' 0.9
	compare '2 ms a call, 2,000 files: without -j over -j32' latency treesum 'treesum -j32' '<=' 2
}

row_latency_many() {
	input 20000-of-8-KB
	enter 'treesum -j32' "$treesum -j32 mnt"
	enter treesum "$treesum mnt"
	slow_race latency_many $fewer 20000-of-8-KB latency=2000
	compare '2 ms a call, 20,000 files: without -j over -j32' latency_many treesum 'treesum -j32' '<=' 1.3
}

# The manifest is up to date, and stays so.
row_update() {
	input 2000-of-8-KB
	rm -f update.sums
	"$here/mount.sh" timeout=60 2000-of-8-KB
	"$treesum" --update=update.sums mnt >/dev/null 2>&1
	cp update.sums update.expected
	enter 'treesum -j32' "$treesum -j32 mnt"
	enter update "$treesum -j32 --update=update.sums mnt"
	slow_race update $few 2000-of-8-KB latency=2000
	cmp update.expected update.sums
	compare '2 ms a call, 2,000 files, -j32: --update of the unaltered tree over printing' update update \
		'treesum -j32' '<=' 1
}

row_directory() {
	input 1500-in-a-folder
	enter xargs "$xargs"
	enter 'treesum -j32' "$treesum -j32 mnt"
	slow_race directory $few 1500-in-a-folder latency=2000
	compare '2 ms a call, 1,500 files in one directory: -j32 over xargs -P32' directory 'treesum -j32' xargs \
		'<=' 0.9
}

# find asks for each type, one after the other: xargs is at its best where types are known.
row_untyped() {
	input 1500-in-a-folder
	enter xargs "$xargs"
	enter 'xargs, untyped' "$xargs"
	enter 'treesum -j32' "$treesum -j32 mnt"
	slow_race untyped $few 1500-in-a-folder latency=2000 latency=2000,untyped latency=2000,untyped
	compare 'the same, types unknown: -j32 over xargs -P32 where they are known' untyped 'treesum -j32' xargs '<=' 1.5
	compare 'the same, types unknown: -j32 over xargs -P32' untyped 'treesum -j32' 'xargs, untyped' '<=' 1.5
}

# A run that takes too long is ended.
head_race() { # RACE DIRECTORY WHAT
	input "$2"
	enter cat 'find mnt -type f | sort | xargs cat'
	enter treesum "timeout 150 $treesum mnt || [ \$? -eq 124 ]"
	slow_race "$1" $fewer "$2" head
	compare "one head, $3: without -j over one file after the other by cat" "$1" treesum cat '<=' 1.25
}
row_head_large() {
	head_race head_large 8-of-200-MB '8 files of 200 MB'
}
row_head_small() {
	head_race head_small 500-of-100-KB '500 files of 100 KB'
}

# Commands of both builds, where there are two.
enter_builds() { # ARGUMENTS
	enter treesum "$treesum $1"
	[ ! "$base" ] || enter base "$base $1"
}

row_source() {
	local tree bytes floor
	input source
	tree=$(source_tree)
	find $tree -type f >files
	bytes=$(./floor walk $tree | sed 's/.*bytes=\([0-9]*\).*/\1/')
	enter_builds "-j2 $tree"
	enter walk "./floor walk $tree"
	enter read './floor read files 2'
	enter kernel "./floor kernel $bytes 2"
	race source
	compare 'sources, warm, -j2: over the older build' source treesum base '<=' 1.03
	floor="($(measured source walk 4)) + ($(measured source read 4)) + ($(measured source kernel 4))"
	aim 'sources, warm, -j2: processor time over the floor' "$(calculate "($(measured source treesum 4)) / ($floor)")" \
		'<=' 1.2 "$(seconds source treesum 4) of the processor"
}

row_source_cold() {
	local rounds=$few
	if ! [ -w /proc/sys/vm/drop_caches ]; then
		echo 'source_cold is left out: only root can empty the cache' >&2
		return
	fi
	input source
	enter_builds "-j2 $(source_tree)"
	race source_cold 1 --prepare 'sync; echo 3 >/proc/sys/vm/drop_caches'
	compare 'sources, nothing cached, -j2: over the older build' source_cold treesum base '<=' 1.03
}

row_names() {
	input empty-1000000
	"$treesum" -j2 empty-1000000 >/dev/null
	enter_builds '-j2 empty-1000000'
	race names
	compare '1,000,000 empty files, -j2: names a second over the older build' names base treesum '>=' 1.15
}

# In the parent, over what it takes to list an empty directory.
row_memory() {
	local files=1000000 names
	input empty-$files
	mkdir -p empty
	names=$(find empty-$files -type f -printf %f | wc -c)
	aim "1,000,000 empty files: bytes of memory for each, beside the last component" \
		"$(calculate "(($(./peak "$treesum" empty-$files)) - ($(./peak "$treesum" empty))) * 1024 / $files - $names / $files")" \
		'<=' 140 "$((names / files)) bytes a name"
}

row_operands() {
	input 16-of-24-MB
	enter listed "$treesum -j2 16-of-24-MB"
	enter named "$treesum -j2 16-of-24-MB/*/*"
	race operands
	compare '16 files of 24 MB, -j2: listed over named' operands listed named '<=' 1.1
	compare '16 files of 24 MB, -j2: named over listed' operands named listed '<=' 1.1
}

row_small() {
	input 1-KiB
	enter_builds "$(find 1-KiB -type f)"
	race small_builds 200 -N --warmup 10
	compare '1 KiB: over the older build' small_builds treesum base '<=' 1
}

row_forks() {
	if ! command -v strace >/dev/null; then
		echo 'forks is left out: there is no strace' >&2
		return
	fi
	input 1-KiB
	strace -f -qq -o forks -e trace=clone,clone3,fork,vfork "$treesum" "$(find 1-KiB -type f)" >/dev/null
	aim '1 KiB: processes forked' "$(grep -c ' = [1-9]' forks)" '<=' 1
}

# Why nothing slow can be mounted here.
slow=''
[ -w /dev/fuse ] || slow='/dev/fuse cannot be opened'
[ "$(id -u)" -eq 0 ] || slow='only root can mount'
[ "$base" ] || echo 'no older build to compare with: BASE is not set' >&2

: >$results
trap '"$here/mount.sh"' EXIT
{
	printf '| | measured | asked | | |\n|---|--:|--:|---|---|\n'
	for row; do
		if [ "$slow" ] && [[ " $slow_rows " == *" $row "* ]]; then
			echo "$row is left out: $slow" >&2
		else
			"row_$row"
		fi
	done
} | tee storage.md
