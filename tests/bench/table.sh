#!/usr/bin/env bash
# Makes table.md and chart.svg of what run.sh has measured, and prints the table.
#
# Usage: tests/bench/table.sh build/treesum build/bench
# Environment: CC, the compiler
set -eu
. "$(dirname "$0")/race.sh"

treesum=$(realpath "$1")
chart=$(realpath "$(dirname "$0")/chart.gp")
cd "$2"
results=results.tsv
compiler=$(${CC:-cc} --version | head -n 1)

# Virtual machines hide the name of the model, but not its numbers.
cpu=$(awk -F '[[:space:]]*: ' '
	$1 == "cpu family" { family = $2 }
	$1 == "model" { model = $2 }
	$1 == "model name" { name = $2 }
	$1 == "flags" { widest = /avx512f/ ? "AVX-512" : / avx2 / ? "AVX2" : "no AVX2" }
	$0 == "" { exit }
	END { if (name) print name " (family " family ", model " model ", " widest ")" }' /proc/cpuinfo)
machine="$(nproc) × ${cpu:-$(uname -m)}"
tree='Linux 6.1 sources'
[ -e linux-source-6.1 ] || tree='a tree of the shape of the Linux 6.1 sources'

version() { # PROGRAM: its name and version, where it is here
	"$@" 2>/dev/null | head -n 1 || true
}

machine_list() {
	echo "- $machine, $(awk '/^MemTotal/ { printf "%.0f GiB", $2 / 1024 ^ 2 }' /proc/meminfo), Linux $(uname -r)"
	echo "- $(version "$treesum" --version), $compiler"
	"$treesum" --debug /dev/null 2>&1 >/dev/null | sed 's/^[^:]*: /- /'
	for program in 'openssl version' 'sha512sum --version' 'xargs --version' 'b3sum --version' \
		'rhash --version' 'python3 --version' 'hyperfine --version'; do
		version $program | sed 's/^/- /'
	done
}

table() { # RACE TITLE: the commands' times, and as multiples of the first one's
	grep -q "^$1	" $results || return 0
	printf '\n## %s\n\n| | ratio | seconds | processor seconds |\n|---|--:|--:|--:|\n' "$2"
	awk -F '\t' -v race="$1" '$1 == race {
		if (!first)
			first = $3
		digits = first < 0.1 ? 4 : 2
		printf "| %s | %.2f | %.*f | %.*f |\n", $2, $3 / first, digits, $3, digits, $4
	}' $results
}

# Bytes of memory that each of the 900,000 more files has cost.
memory_unsorted() {
	calculate "(($(measured memory 1000000 3)) - ($(measured memory 100000 3))) * 1024 / 900000"
}

aims() {
	local processor_floor
	processor_floor="($(measured tree 'floor: walk' 4)) + ($(measured tree 'floor: read' 4)) + ($(measured tree 'floor: kernel' 4))"
	printf '\n## Aims\n\nfor two processors that have AVX-512\n\n| | measured | aim | |\n|---|--:|--:|---|\n'
	aim 'sources: Python over treesum' "$(ratio tree 'Python Pool' treesum)" '>=' 4.0
	aim 'sources: xargs -n64 sha512sum over treesum' "$(ratio tree 'xargs -n64 sha512sum' treesum)" '>=' 4.0
	aim 'sources: xargs -n64 b3sum over treesum' "$(ratio tree 'xargs -n64 b3sum' treesum)" '>=' 1.25
	aim 'sources: xargs -n1000 b3sum over treesum' "$(ratio tree 'xargs -n1000 b3sum' treesum)" '>=' 1.25
	aim '64 × 32 MiB: xargs -n1 openssl over treesum' "$(ratio big 'xargs -n1 openssl' treesum)" '>=' 2.7
	aim '64 × 32 MiB: treesum over xargs -n1 b3sum' "$(ratio big treesum 'xargs -n1 b3sum')" '<=' 1.35
	aim '64 × 32 MiB: treesum over the floor' "$(calculate "($(measured big treesum 3)) / (($(measured big 'floor: read' 3)) + ($(measured big 'floor: kernel' 3)))")" '<=' 1.15
	aim '2 GiB: treesum over openssl' "$(ratio one treesum openssl)" '<=' 1.03
	aim '1 KiB: treesum over sha512sum' "$(ratio small treesum sha512sum)" '<=' 2.5
	aim 'sources, cold: xargs -n64 sha512sum over treesum' "$(ratio cold 'xargs -n64 sha512sum' treesum)" '>=' 3
	aim 'sources, cold: treesum over the floor' "$(ratio cold treesum 'floor: read, 64 readers')" '<=' 1.3
	aim 'sources: -c over generating' "$(ratio check 'treesum -c' treesum)" '<=' 1.1
	aim "a bag: bagit-python's work over treesum" "$(ratio bag "bagit-python's work" treesum)" '>=' 3
	aim 'empty files: time of one in a million over one in 100,000' \
		"$(calculate "($(ratio empty 'treesum, 1000000 files' 'treesum, 100000 files')) / 10")" '<=' 1.3
	aim 'empty files, --unsorted: bytes of memory for each' "$(memory_unsorted)" '<=' 1
	aim 'the lanes over one stream of libcrypto' "$(ratio kernel libcrypto lanes)" '>=' 3.5
	aim 'sources: processor time over the floor' "$(calculate "($(measured tree treesum 4)) / ($processor_floor)")" '<=' 1.25
}

# What the chart shows of a race: label and seconds, the floors left out.
chart_data() { # RACE
	awk -F '\t' -v OFS='\t' -v race="$1" '$1 == race && $2 !~ /^floor/ { print $2, $3 }' $results >"$1.chart"
}

{
	echo '# treesum beside its rivals'
	echo
	machine_list
	table tree "$tree, $(wc -l <files) files"
	table big '64 files of 32 MiB'
	table one 'One file of 2 GiB'
	table small 'One file of 1 KiB'
	table cold "$tree, nothing cached"
	table check "$tree: check"
	table bag 'A BagIt bag of 20,000 files of 4 KiB, SHA-512 and MD5'
	table empty 'Empty files in 1,000 folders'
	table kernel '1 GiB in memory, one process'
	aims
} >table.md
cat table.md

if command -v gnuplot >/dev/null; then
	chart_data tree
	chart_data big
	gnuplot -c "$chart" "$machine" "$tree"
else
	echo 'the chart is left out: there is no gnuplot' >&2
fi
