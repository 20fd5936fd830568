#!/usr/bin/env bash
# Makes what is missing of the benchmark's inputs in a folder: 7.5 GB, 1.2 million files, or only some of it.
#
# Usage: tests/bench/inputs.sh build/bench [INPUT...]
set -eu
cd "$1"
shift

packaged=/usr/src/linux-source-6.1.tar.xz

unpack() { # DIRECTORY
	mkdir "$1"
	tar -xJf $packaged -C "$1" --strip-components=1
}

# A name that is there is complete.
need() { # NAME COMMAND...
	local name=$1
	shift
	[ -e "$name" ] && return
	echo "making $PWD/$name" >&2
	rm -rf part
	"$@"
	mv part "$name"
}

make_bag() { # DIRECTORY
	mkdir "$1"
	./inputs files "$1/data" 400 20000 4096
	printf 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n' >"$1/bagit.txt"
	for algorithm in sha512 md5; do
		(cd "$1" && find data -type f -print0 | LC_ALL=C sort -z | xargs -0 ${algorithm}sum >manifest-$algorithm.txt)
	done
}

make_input() { # INPUT
	case $1 in
	source)
		if [ -e $packaged ]; then
			need linux-source-6.1 unpack part
		elif [ ! -e linux-source-6.1 ]; then
			need generated-source ./inputs source part
		fi
		;;
	64-files) need "$1" ./inputs files part 1 64 $((32 << 20)) ;;
	2-GiB) need "$1" ./inputs files part 1 1 $((2 << 30)) ;;
	1-KiB) need "$1" ./inputs files part 1 1 1024 ;;
	empty-100000) need "$1" ./inputs files part 1000 100000 0 ;;
	empty-1000000) need "$1" ./inputs files part 1000 1000000 0 ;;
	bag) need "$1" make_bag part ;;
	# For storage.sh.
	2000-of-8-KB) need "$1" ./inputs files part 40 2000 8192 ;;
	20000-of-8-KB) need "$1" ./inputs files part 400 20000 8192 ;;
	1500-in-a-folder) need "$1" ./inputs files part 1 1500 8192 ;;
	8-of-200-MB) need "$1" ./inputs files part 1 8 200000000 ;;
	500-of-100-KB) need "$1" ./inputs files part 1 500 100000 ;;
	16-of-24-MB) need "$1" ./inputs files part 1 16 24000000 ;;
	*) echo "inputs.sh: $1: no such input" >&2 && exit 2 ;;
	esac
}

[ $# -gt 0 ] || set -- source 64-files 2-GiB 1-KiB empty-100000 empty-1000000 bag 2000-of-8-KB 20000-of-8-KB \
	1500-in-a-folder 8-of-200-MB 500-of-100-KB 16-of-24-MB
for input; do
	make_input "$input"
done
