# shellcheck shell=bash disable=SC2154 # lib.sh comes before
# Directories that are slow, that never answer, or that kill who lists them, by FUSE; tests/bench/slow_fs.c
# says what options there are. To be read after lib.sh, in scripts that are marked `# slow`: `make
# check-faults` builds it, `make check` does not.
#
#	. "$TEST_TOP/tests/slow_fs.sh"
#	need_slow_fs
#	mkdir -p mnt tree/silent
#	echo a >tree/a
#	slow_mount silent=silent tree mnt
#	run treesum --timeout=1 mnt
#	...
#	slow_unmount

# The test goes on in a mount namespace of its own, so that nothing stays mounted when it ends.
need_slow_fs() {
	[ -w /dev/fuse ] || skip 'no /dev/fuse'
	unshare -m true 2>/dev/null || skip 'needs root, to mount a file system'
	[ "${APART:-}" ] || exec env APART=1 unshare -m bash "$test_script"
}

slow_mount() { # OPTIONS DIRECTORY MOUNTPOINT
	"$BUILD/bench/slow_fs" -o "$1" "$2" "$3" &
	slow_fs=$!
	wait_until mountpoint -q "$3"
}

# Whoever still waits for an answer has an error, and can end.
slow_unmount() {
	want kill $slow_fs
	want wait $slow_fs
	want_none_left
}
