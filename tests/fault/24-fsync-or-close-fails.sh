# Under -o: fsync or close tells that bytes could not be kept. It is reported, and nothing is renamed.
. "$TEST_TOP/tests/lib.sh"
need_strace

mkdir tree there
echo a >tree/a
oracle_manifest tree >"$SCRATCH/new"
for fault in fsync:EIO fsync:ENOSPC close:EIO close:EDQUOT fchmod:EIO renameat,rename,renameat2:EIO; do
	echo old >there/sums
	case $fault in
	close:EDQUOT) message='Disk quota exceeded' ;;
	*:ENOSPC) message='No space left on device' ;;
	*) message='Input/output error' ;;
	esac
	run traced -P "$PWD/there/.sums.treesum" -P .sums.treesum -e trace=fsync,close,fchmod,rename,renameat,renameat2 \
		-e inject="${fault%:*}:error=${fault#*:}" -- treesum -o there/sums tree
	want_injected
	want_status 1
	ignore_journal
	want_err "treesum: there/sums: $message"
	want_text there/sums old
	want_text <(ls -A -I '.*.treesum-journal' there) sums
	want_not grep -q '^[0-9 ]*rename.* = 0$' "$SCRATCH/trace"
done

# An interrupted one is made again.
run traced -e inject=fsync:error=EINTR:when=1 -- treesum -o there/sums tree
want_injected
want_status 0
want_same_bytes "$SCRATCH/new" there/sums

# That of the directory comes after the rename: what is there is complete, and the failure is told.
echo old >there/sums
run traced -e inject=fsync:error=EIO:when=2 -- treesum -o there/sums tree
want_injected
want_status 1
ignore_journal
want_err 'treesum: there/sums: Input/output error'
want_same_bytes "$SCRATCH/new" there/sums
want_text <(ls -A -I '.*.treesum-journal' there) sums
