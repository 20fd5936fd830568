# A file whose every reader is killed: that file is reported with the signal, all others are hashed.
. "$TEST_TOP/tests/lib.sh"
need_strace

mkdir tree
for i in {1..100}; do
	echo $i >tree/$i
done
echo poison >tree/poison
oracle_manifest tree | grep -v poison >"$SCRATCH/expected"
for signal in KILL SEGV; do
	run traced -P poison -P tree/poison -e inject=read,pread64,readv,preadv,preadv2:signal=$signal -- treesum tree
	want grep -q "killed by SIG$signal" "$SCRATCH/trace"
	want_status 1
	want_same_bytes "$SCRATCH/expected" "$out"
	want grep -q '^treesum: tree/poison: ' "$err"
	want_none_left
done
