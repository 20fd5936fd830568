# Under -o: write the temporary, fsync it, rename it, fsync the directory; in this order.
. "$TEST_TOP/tests/lib.sh"
need_strace

mkdir tree there
echo a >tree/a
for _ in new old; do
	run traced -y -e trace=write,pwrite64,writev,fsync,fdatasync,rename,renameat,renameat2,linkat -- treesum -o there/sums tree
	want_status 0
	want_same_bytes <(oracle_manifest tree) there/sums
	# One letter a call, on the folder and what is in it.
	grep -F "$PWD/there" "$SCRATCH/trace" | sed "s,^[0-9]* *,,
		s,^\(write\|pwrite64\|writev\)(.*,w,
		s,^\(fsync\|fdatasync\)([0-9]*<$PWD/there/.*,f,
		s,^rename[a-z0-9]*(.*,r,
		s,^\(fsync\)([0-9]*<$PWD/there>.*,d," | tr -d '\n' >"$SCRATCH/calls"
	want grep -qx 'w\{1,\}frd' "$SCRATCH/calls"
done
