# shellcheck shell=bash disable=SC2154 # lib.sh comes before
# File systems on loop devices, to see what a run reads from the disk. To be read after lib.sh.
#
#	. "$TEST_TOP/tests/disks.sh"
#	need_disk ext4
#	disk_mount ext4 600M disk
#	...
#	disk_unmount disk

# The test goes on in a mount namespace of its own: nothing stays mounted when it ends, and a loop device
# is released with what was mounted from it.
need_disk() { # TYPE
	[ ! "${APART:-}" ] || return 0
	local missing='' image=$SCRATCH/probe device
	command -v "mkfs.$1" >/dev/null || missing="mkfs.$1 is not installed"
	grep -qw "$1" /proc/filesystems || missing="this kernel has no $1"
	truncate -s 1M "$image"
	if device=$(losetup --find --show "$image" 2>/dev/null); then
		losetup --detach "$device"
	else
		missing='there are no loop devices'
	fi
	unshare -m true 2>/dev/null || missing='nothing can be mounted'
	[ "$missing" ] || exec env APART=1 unshare -m bash "$test_script"
	echo "NOT TESTED: $missing"
	expectations=$((expectations + 1))
	exit 0
}

# Mount a new file system, and set disk_device.
disk_mount() { # TYPE SIZE DIRECTORY [MKFS-OPTION]...
	local type=$1 directory=$3 image=$SCRATCH/$3.img
	truncate -s "$2" "$image"
	shift 3
	"mkfs.$type" -q "$@" "$image" >"$SCRATCH/mkfs" 2>&1 || fail "mkfs.$type: $(cat "$SCRATCH/mkfs")"
	disk_device=$(losetup --find --show "$image")
	mkdir -p "$directory"
	mount -t "$type" "$disk_device" "$directory"
	# From now on it is released when it is unmounted.
	losetup --detach "$disk_device"
}

disk_unmount() { # DIRECTORY
	umount "$1"
	rm "$SCRATCH/$1.img"
}

# The sectors of 512 bytes that were read from the disk so far.
disk_sectors() {
	awk '{ print $3 }' "/sys/block/${disk_device##*/}/stat"
}

# Run a command, and expect it to read at least so many bytes from the disk.
want_read() { # BYTES COMMAND...
	local bytes=$1 before read
	shift
	before=$(disk_sectors)
	run "$@"
	read=$((512 * ($(disk_sectors) - before)))
	expectations=$((expectations + 1))
	[ $read -ge "$bytes" ] || fail "read $read bytes from the disk, not $bytes: $*"
}

# Files of sizes around those of sectors, pages and buffers; sets disk_bytes to their sum.
disk_files() { # DIRECTORY [SMALLEST]
	local size
	disk_bytes=0
	for size in 1 511 512 4095 4096 4097 1048575 1048576 1048577 3145745 9437185; do
		[ $size -ge "${2:-1}" ] || continue
		head -c $size /dev/urandom >"$1/$size"
		disk_bytes=$((disk_bytes + size))
	done
	: >"$1/0"
}
