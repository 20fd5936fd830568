# A file cannot be read (EIO), at once or later, or cannot be opened or examined: it is reported.
. "$TEST_TOP/tests/lib.sh"
need_strace

mkdir tree
echo bad >tree/bad
head -c 3000000 /dev/zero >tree/bad-later
for i in {1..50}; do
	echo $i >tree/$i
done
oracle_manifest tree >"$SCRATCH/all"
sha512sum tree/1 tree/bad tree/2 >list
reads=read,pread64,readv,preadv,preadv2

for options in '' -j1 --unsorted; do
	for fault in "bad $reads:error=EIO" "bad-later $reads:error=EIO:when=2+" "bad openat,openat2:error=EIO" \
		"bad-later $reads:error=EIO:when=3"; do
		read -r name inject <<<"$fault"
		run traced -P $name -P tree/$name -e inject=$inject -- treesum $options tree
		want_injected
		want_status 1
		sort -k 2 -o "$out" "$out"
		want_same_bytes <(grep -v "tree/$name\$" "$SCRATCH/all") "$out"
		want_err "treesum: tree/$name: Input/output error"
	done
done

run traced -P bad -P tree/bad -e inject=$reads:error=EIO -- treesum -c list
want_injected
want_status 1
want_out 'tree/1: OK
tree/bad: FAILED open or read
tree/2: OK'
want_err 'treesum: tree/bad: Input/output error
treesum: WARNING: 1 listed file could not be read'

# An interrupted call is no error.
for inject in $reads:error=EINTR:when=1 openat,openat2:error=EINTR:when=1; do
	run traced -P bad -P tree/bad -e inject=$inject -- treesum tree
	want_injected
	want_manifest "$SCRATCH/all"
done

# A sandbox that forbids a call which it does not know (EPERM): there are others.
run traced -e inject=preadv2:error=EPERM -- treesum tree
want_injected
want_manifest "$SCRATCH/all"
