# --resume --uncached takes from a journal only what was read from the medium.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/disks.sh"
. "$TEST_TOP/tests/broken_off.sh"
need_disk ext4
need_strace
disk_mount ext4 50M disk -O ^inline_data
cd disk
make_tree
all='empty last link one three two'

# What came through the page cache is read again.
break_off TERM has_all -o sums tree last
go_on_with --resume --uncached -o sums tree last
want_status 0
want_err ''
want_read "$all"
want_same_bytes expected sums

# What did not is good for every run.
for option in '' --uncached; do
	break_off TERM has_all --uncached -o sums tree last
	go_on_with --resume $option -o sums tree last
	want_status 0
	want_err ''
	want_read last
	want_same_bytes expected sums
done

# The newest reading counts: that of a file which was read through the page cache since is not passed over.
break_off TERM has_all --uncached -o sums tree last
break_off TERM has_all_twice -o sums tree last
go_on_with --resume --uncached -o sums tree last
want_read "$all"

# Where the page cache cannot be bypassed, the next run says so, too.
mkdir ../memory
mount -t tmpfs none ../memory
cp -a tree ../memory/
cd ../memory
ln -s ../disk/data data
mkfifo pipe
settle
is_waiting() { is_held pipe; }
exec 3<>pipe
break_off TERM is_waiting --uncached -o sums tree last
exec 3<&-
go_on_with --resume --uncached -o sums tree last
want_status 1
# Of an empty file nothing comes through it.
want_err 'treesum: tree/link-a: cannot bypass the page cache on this file system (tmpfs)'
want_read 'last link one three two'
want_same_bytes ../disk/expected sums
cd ..
umount memory
disk_unmount disk
