# The disk is full, or the file may not grow, under -o: the old manifest stands, the temporary is gone.
. "$TEST_TOP/tests/lib.sh"

mkdir tree disk
for i in {1..2000}; do
	echo $i >tree/$i
done
echo old >disk/sums
only_sums() { want_text <(ls -A -I '.*.treesum-journal' disk) sums; }

# A limit on the size of files. Its signal, unless ignored, ends a program.
for signal in default ignore; do
	run bash -c "ulimit -f 16; exec env --$signal-signal=XFSZ treesum -o disk/sums tree"
	case $signal in
	default) want_failure ;;
	ignore)
		want_status 1
		ignore_journal
		want_err 'treesum: disk/sums: File too large'
		;;
	esac
	want_text disk/sums old
	only_sums
	want_none_left
done

# A file system of 64 KiB; where none can be mounted, writing fails as if there were one.
small_disk() {
	mount -t tmpfs -o size=64k none disk
	echo old >disk/sums
	treesum -o disk/sums tree 2>"$SCRATCH/inner.err" || echo $? >"$SCRATCH/inner.status"
	ls -A -I '.*.treesum-journal' disk >"$SCRATCH/inner.list"
	cat disk/sums >"$SCRATCH/inner.sums"
}
export -f small_disk
export SCRATCH
unshare -m true 2>/dev/null && apart='unshare -m' || apart='unshare -rm'
if $apart true 2>/dev/null; then
	$apart bash -ec small_disk
	want_text "$SCRATCH/inner.status" 1
	ignore_journal "$SCRATCH/inner.err"
	want_text "$SCRATCH/inner.err" 'treesum: disk/sums: No space left on device'
	want_text "$SCRATCH/inner.sums" old
	want_text "$SCRATCH/inner.list" sums
else
	need_strace
	run traced -P "$PWD/disk/.sums.treesum" -e inject=write,pwrite64,writev:error=ENOSPC -- treesum -o disk/sums tree
	want_injected
	want_status 1
	want_err 'treesum: disk/sums: No space left on device'
	want_text disk/sums old
	only_sums
fi
want_none_left
