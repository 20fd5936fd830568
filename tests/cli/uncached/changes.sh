# --uncached: a file grows, shrinks or is written to while it is read.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/disks.sh"
need_disk ext4
need_strace
disk_mount ext4 200M disk -O ^inline_data

# A large file waits for a grant before it is read, and is opened again with it, even if it is cached.
head -c 9000000 /dev/urandom >disk/f
run traced -y -e trace=pread64,openat,openat2 -- treesum --uncached disk/f
want_manifest <(oracle_manifest disk/f)
want [ "$(grep -c 'open.*disk/f.*O_NONBLOCK' "$SCRATCH/trace")" -eq 2 ]
want [ "$(grep -n 'pread64.*disk/f' "$SCRATCH/trace" | head -n 1 | cut -d : -f 1)" -gt \
	"$(grep -n 'open.*disk/f.*O_NONBLOCK' "$SCRATCH/trace" | tail -n 1 | cut -d : -f 1)" ]

for size in 100 3000000 9000000; do
	for change in 'echo more >>disk/f' 'truncate -s -50 disk/f' 'truncate -s 4096 disk/f' \
		'printf x | dd of=disk/f conv=notrunc status=none'; do
		# Once: what counts is the second reading.
		head -c $size /dev/urandom >disk/f
		stop_at pread64 disk/f -- treesum --uncached disk/f
		want [ "$stopped" ]
		eval "$change"
		go_on
		want_manifest <(oracle_manifest disk/f)
		want_none_left

		# At each read: neither reading is believed.
		head -c $size /dev/urandom >disk/f
		at_each_stop pread64 disk/f "$change" -- treesum -j1 --uncached disk/f
		want [ "$stops" -ge 2 ]
		want_status 1
		want_out ''
		want_err 'treesum: disk/f: changed while it was read'
		want_none_left
	done
done
disk_unmount disk
