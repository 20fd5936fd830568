# --uncached on FUSE: files are read all the same, with one error.
# slow
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/slow_fs.sh"
need_slow_fs

mkdir -p mnt tree/d
head -c 3000000 /dev/urandom >tree/large
echo a >tree/d/a
slow_mount latency=0 tree mnt
run treesum --uncached -C mnt .
want_status 1
want_err 'treesum: ./d/a: cannot bypass the page cache on this file system (fuse)'
want_same_bytes <(cd tree && oracle_manifest .) "$out"
slow_unmount
