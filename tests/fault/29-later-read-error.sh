# A file's third read fails (EIO), and only that: reported, and no digest of what was read before or after.
. "$TEST_TOP/tests/lib.sh"
need_strace

mkdir tree
head -c 700000 /dev/zero >tree/bad
for i in {1..9}; do
	head -c ${i}00000 /dev/zero >tree/$i
done
oracle_manifest tree >"$SCRATCH/all"
grep -v bad "$SCRATCH/all" >"$SCRATCH/good"
cp "$SCRATCH/all" list
reads=read,pread64,readv,preadv,preadv2

for options in --engine=libcrypto --engine=lanes --engine=auto '-a sha256' --unsorted; do
	case $options in
	*lanes) treesum $options </dev/null >/dev/null 2>&1 || continue ;;
	esac
	sum=$SHA512SUM
	[ "$options" != '-a sha256' ] || sum=sha256sum
	for call in 2 3 4; do
		run traced -P tree/bad -P bad -e inject=$reads:error=EIO:when=$call -- treesum -j1 $options tree
		want_injected
		want_status 1
		want_err 'treesum: tree/bad: Input/output error'
		sort -k 2 -o "$out" "$out"
		want_same_bytes <($sum tree/[1-9]) "$out"
	done
done
run traced -P bad -P tree/bad -e inject=$reads:error=EIO:when=3 -- treesum -c list
want_injected
want_status 1
want_text <(grep bad "$out") 'tree/bad: FAILED open or read'
# A stream.
prelude='exec <tree/bad' run traced -P "$PWD/tree/bad" -e inject=read:error=EIO:when=3 -- treesum - tree/1
want_injected
want_status 1
want_out "$(grep 'tree/1$' list)"
want_err 'treesum: -: Input/output error'
