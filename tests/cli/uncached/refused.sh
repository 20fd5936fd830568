# --uncached: a file system takes O_DIRECT and refuses it when it reads; a read fails.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/disks.sh"
need_disk ext4
need_strace
disk_mount ext4 200M disk -O ^inline_data
head -c 10000000 /dev/urandom >disk/a
head -c 3000 /dev/urandom >disk/b
oracle_manifest disk/a disk/b >"$SCRATCH/expected"
cp "$SCRATCH/expected" list

# In the first read or later, and in each of a run that is put aside and goes on: read as usual from there.
for file in a b; do
	for when in 1 1+ 3 7+; do
		[ $file = a ] || [[ $when = 1* ]] || continue
		for command in '-j1 --uncached disk' '-j2 --uncached -c list'; do
			run traced -P disk/$file -P $file -e inject=pread64:error=EINVAL:when=$when -- treesum $command
			want_injected
			want_status 1
			want_err "treesum: disk/$file: cannot bypass the page cache for files of this kind on this file system (ext4)"
			case $command in
			*list) want_out $'disk/a: OK\ndisk/b: OK' ;;
			*) want_same_bytes "$SCRATCH/expected" "$out" ;;
			esac
		done
	done
done

# O_DIRECT cannot be set.
run traced -P disk/b -P b -e inject=fcntl:error=EINVAL:when=2 -- treesum -j1 --uncached disk
want_injected
want_status 1
want_err 'treesum: disk/b: cannot bypass the page cache for files of this kind on this file system (ext4)'
want_same_bytes "$SCRATCH/expected" "$out"

# An error is an error, and no digest of what came before.
for when in 1 4; do
	run traced -P disk/a -P a -e inject=pread64:error=EIO:when=$when -- treesum -j1 --uncached disk
	want_injected
	want_status 1
	want_err 'treesum: disk/a: Input/output error'
	want_same_bytes <(grep 'b$' "$SCRATCH/expected") "$out"
done
run traced -P disk/a -P a -e inject=pread64:error=EINTR:when=2 -- treesum -j1 --uncached disk
want_injected
want_manifest "$SCRATCH/expected"
disk_unmount disk
