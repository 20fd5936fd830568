#!/usr/bin/env bash
# Shows a folder as slow_fs shows it, as mnt in build/bench, with nothing of it cached; without arguments, ends that.
#
# Usage, in build/bench: mount.sh [OPTIONS DIRECTORY]
set -eu

! mountpoint -q mnt || umount mnt
[ $# -eq 2 ] || exit 0
mkdir -p mnt
./slow_fs -o "$1" "$2" mnt </dev/null >mount.log 2>&1 &
until mountpoint -q mnt; do
	kill -0 $! 2>/dev/null || { cat mount.log >&2 && exit 1; }
	sleep 0.01
done
