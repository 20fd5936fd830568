# --uncached reads the disk, on Btrfs, but for what is compressed or kept inline: that is an error, once.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/disks.sh"
need_disk btrfs
disk_mount btrfs 400M disk
mkdir disk/tree disk/small disk/compressed disk/mixed
disk_files disk/tree 4095
want_read $disk_bytes treesum --uncached disk/tree
oracle_manifest disk/tree >"$SCRATCH/expected"
want_manifest "$SCRATCH/expected"
cat disk/tree/* >/dev/null
for options in -j1 -j3 --engine=libcrypto; do
	want_read $disk_bytes treesum --uncached $options disk/tree
	want_manifest "$SCRATCH/expected"
done

# It was just written, and is found to be compressed all the same.
chattr +c disk/compressed
yes | head -c 3000000 >disk/compressed/large
yes again | head -c 3000000 >disk/compressed/larger
echo inline >disk/small/one
echo inline >disk/small/two
# One extent among others.
head -c 1000000 /dev/urandom >disk/mixed/file
sync
chattr +c disk/mixed/file
yes | head -c 1000000 >>disk/mixed/file
for names in 'compressed large' 'small one' 'mixed file'; do
	read -r directory name <<<"$names"
	run treesum --uncached disk/$directory
	want_status 1
	want_err "treesum: disk/$directory/$name: cannot bypass the page cache for files of this kind on this file system (btrfs)"
	want_same_bytes <(oracle_manifest disk/$directory) "$out"
done
disk_unmount disk
