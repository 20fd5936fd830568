# A directory cannot be read (getdents64 fails with EIO), at the first or a later call: it is reported.
. "$TEST_TOP/tests/lib.sh"
need_strace

# Enough names for several calls.
mkdir -p tree/bad tree/good
printf -v long '%0200d' 0
for i in {1..800}; do
	: >tree/bad/$long$i
done
echo z >tree/good/z
echo z >tree/z
oracle_manifest tree >"$SCRATCH/all"
grep -v bad/ "$SCRATCH/all" >"$SCRATCH/good"

for options in '' --unsorted; do
	run traced -P "$PWD/tree/bad" -e inject=getdents64:error=EIO:when=1 -- treesum $options tree
	want_injected
	want_status 1
	sort -k 2 -o "$out" "$out"
	want_same_bytes "$SCRATCH/good" "$out"
	want_err 'treesum: tree/bad: Input/output error'
	for call in 2 3 4; do
		run traced -P "$PWD/tree/bad" -e inject=getdents64:error=EIO:when=$call -- treesum $options tree
		want_injected
		want_status 1
		want_err 'treesum: tree/bad: Input/output error'
		# What had been read before is listed or not; nothing else is, and all the rest is.
		sort "$out" >"$SCRATCH/listed"
		sort "$SCRATCH/all" >"$SCRATCH/possible"
		want_text <(comm -23 "$SCRATCH/listed" "$SCRATCH/possible") ''
		want_text <(sort "$SCRATCH/good" | comm -23 - "$SCRATCH/listed") ''
	done
done

# The root itself.
run traced -P "$PWD/tree/good" -e inject=getdents64:error=EIO -- treesum tree/good tree/z
want_injected
want_status 1
want_same_bytes <(sha512sum tree/z) "$out"
want_err 'treesum: tree/good: Input/output error'
