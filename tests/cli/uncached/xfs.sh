# --uncached reads the disk, on XFS.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/disks.sh"
need_disk xfs
disk_mount xfs 400M disk
mkdir disk/tree
disk_files disk/tree
want_read $disk_bytes treesum --uncached disk/tree
oracle_manifest disk/tree >"$SCRATCH/expected"
want_manifest "$SCRATCH/expected"
cat disk/tree/* >/dev/null
want_read $disk_bytes treesum --uncached disk/tree
want_manifest "$SCRATCH/expected"
want_read $disk_bytes treesum --uncached -c "$SCRATCH/expected"
want_status 0
disk_unmount disk
