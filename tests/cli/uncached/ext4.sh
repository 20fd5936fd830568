# --uncached reads the disk, on ext4: what is cached, too, and what was not written yet.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/disks.sh"
need_disk ext4
disk_mount ext4 200M disk -O ^inline_data
mkdir disk/tree
disk_files disk/tree

# It was just written.
want_read $disk_bytes treesum --uncached disk/tree
oracle_manifest disk/tree >"$SCRATCH/expected"
want_manifest "$SCRATCH/expected"

for options in -j1 -j3 --engine=libcrypto '-a sha256' --unsorted; do
	cat disk/tree/* >/dev/null
	want_read $disk_bytes treesum --uncached $options disk/tree
	want_status 0
	want_err ''
	[ "$options" = '-a sha256' ] || want_text <(LC_ALL=C sort -k 2 "$out") "$(cat "$SCRATCH/expected")"
done
want_read 9437185 treesum --uncached -a sha256 disk/tree/9437185
want_out "$(sha256sum disk/tree/9437185)"

# The other modes.
want_read $disk_bytes treesum --uncached -c "$SCRATCH/expected"
want_status 0
want_err ''
want_read $disk_bytes treesum --uncached --audit="$SCRATCH/expected" disk/tree
want_status 0
want_out ''
want_read $disk_bytes treesum --uncached --update=sums disk/tree
want_status 0
want_text <(grep -v '^#' sums) "$(cat "$SCRATCH/expected")"

# Standard input under its name; a device.
prelude='exec <disk/tree/9437185' want_read 9437185 treesum --uncached /dev/stdin
want_out "$(sha512sum <disk/tree/9437185 | sed 's, -$, /dev/stdin,')"
sync
umount disk
disk_device=$(losetup --find --show "$SCRATCH/disk.img")
# What is cached of a device is forgotten when nobody has it open.
exec 9<"$disk_device"
sha512sum "$disk_device" >"$SCRATCH/device"
want_read 200000000 treesum --uncached "$disk_device"
exec 9<&-
losetup --detach "$disk_device"
want_manifest "$SCRATCH/device"
rm "$SCRATCH/disk.img"

# Files that the file system itself reads through the page cache.
disk_mount ext4 200M disk -O inline_data
head -c 1000000 /dev/urandom >disk/large
echo inline >disk/small
echo inline >disk/tiny
want_read 1000000 treesum --uncached disk
oracle_manifest disk >"$SCRATCH/expected"
want_status 1
want_err 'treesum: disk/small: cannot bypass the page cache for files of this kind on this file system (ext4)'
want_same_bytes "$SCRATCH/expected" "$out"
disk_unmount disk
