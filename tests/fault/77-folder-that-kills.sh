# A folder kills whoever lists it: it is reported as not read, the rest is done; lines of a manifest below it stay.
. "$TEST_TOP/tests/lib.sh"
need_strace
ulimit -c 0

# Enough names for several calls.
printf -v long '%0200d' 0
mkdir -p tree/{a,deadly/below,z}
for i in {1..600}; do
	: >tree/deadly/$long$i
done
for name in a/x deadly/below/x z/x; do
	echo $name >tree/$name
done
oracle_manifest tree >"$SCRATCH/all"
grep -v deadly/ "$SCRATCH/all" >"$SCRATCH/others"

# The first call: nothing is known of it.
for signal in KILL SEGV; do
	for options in '' -j1 --unsorted '-o sums'; do
		echo old >sums
		run traced -P "$PWD/tree/deadly" -e inject=getdents64:signal=$signal -- treesum $options tree
		want grep -q "killed by SIG$signal" "$SCRATCH/trace"
		want_status 1
		[ "$options" != '-o sums' ] || mv sums "$out"
		sort -k 2 -o "$out" "$out"
		want_same_bytes "$SCRATCH/others" "$out"
		want_err "treesum: tree/deadly: its reader was killed by signal $(kill -l $signal)"
		want_none_left
	done
done
# So too where it is opened; or named.
run traced -P deadly -e inject=openat,openat2:signal=KILL -- treesum tree
want_status 1
want_same_bytes "$SCRATCH/others" "$out"
want_err 'treesum: tree/deadly: its reader was killed by signal 9'
run traced -P "$PWD/tree/deadly" -e inject=getdents64:signal=KILL -- treesum tree/deadly tree/z
want_status 1
want_same_bytes <(oracle_manifest tree/z) "$out"
want_err 'treesum: tree/deadly: its reader was killed by signal 9'

# A later one: what has come of it until then is listed, or not; nothing else is, and nothing twice.
for call in 2 3 4; do
	for options in -j1 --unsorted; do
		run traced -P "$PWD/tree/deadly" -e inject=getdents64:signal=KILL:when=$call -- treesum $options tree
		want_status 1
		want_err 'treesum: tree/deadly: its reader was killed by signal 9'
		sort "$out" >"$SCRATCH/listed"
		want_text <(sort "$SCRATCH/all" | comm -23 "$SCRATCH/listed" -) ''
		want_text <(sort "$SCRATCH/others" | comm -23 - "$SCRATCH/listed") ''
	done
done

# Nothing below it counts as missing.
for call in 1 3; do
	for mode in audit update; do
		cp "$SCRATCH/all" list
		run traced -P "$PWD/tree/deadly" -e inject=getdents64:signal=KILL:when=$call -- treesum --$mode=list tree
		want_status 2
		want_err_line 'treesum: tree/deadly: its reader was killed by signal 9'
		want_not grep -q MISSING "$out"
		want_not grep -v UNREADABLE "$out"
		[ $call = 3 ] || want grep -qx 'tree/deadly/below/x: UNREADABLE' "$out"
		want_same_bytes "$SCRATCH/all" <(grep -v '^#' list)
	done
done
