#!/usr/bin/env bash
# Makes what is missing of the benchmark's inputs in a folder: 5.3 GB, 1.2 million files.
#
# Usage: tests/bench/inputs.sh build/bench
set -eu
cd "$1"

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

if [ -e $packaged ]; then
	need linux-source-6.1 unpack part
elif [ ! -e linux-source-6.1 ]; then
	need generated-source ./inputs source part
fi
need 64-files ./inputs files part 1 64 $((32 << 20))
need 2-GiB ./inputs files part 1 1 $((2 << 30))
need 1-KiB ./inputs files part 1 1 1024
need empty-100000 ./inputs files part 1000 100000 0
need empty-1000000 ./inputs files part 1000 1000000 0
