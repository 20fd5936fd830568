# --progress without a terminal: nothing unless it is wanted, then whole lines; and words that are none.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
for i in {1..20}; do echo "$i" >"tree/$i"; done
mkfifo fifo
digest=$(printf x | "$SHA512SUM" | cut -d ' ' -f 1)
{
	oracle_manifest tree
	echo "$digest  fifo"
} >"$SCRATCH/expected"

# A line each second, as long as it lasts.
status=0
treesum --progress=always tree fifo >"$out" 2>"$err" &
pid=$!
has_lines() { [ "$(wc -l <"$err")" -ge 2 ]; }
wait_until has_lines
printf x >fifo
wait $pid || status=$?
want_status 0
want_same_bytes "$SCRATCH/expected" "$out"
want_not grep -v '^51 B [0-9.]* k\?B/s 20 files fifo$' "$err"
want_not grep -q $'[\r\033]' "$err"

# With a percentage, and below COLUMNS, until it is ended.
truncate -s 1T endless
status=0
: >"$err"
env COLUMNS=30 treesum --progress endless >"$out" 2>"$err" &
pid=$!
wait_until has_lines
want kill -TERM $pid
wait $pid || status=$?
want_status 143
want_not grep -v '^ *[0-9]*% 0.[0-9]*/1.10 TB\( [0-9.]* [MG]B/s\)\?$' "$err"
want_none_left
rm endless

# The words and what they leave when all is done before there was something to tell.
sed '$d' "$SCRATCH/expected" >"$SCRATCH/manifest"
for options in '' --progress --progress=auto --progress=always --progress=never --prog '--progress=never --progress'; do
	run treesum $options tree
	want_manifest "$SCRATCH/manifest"
done
for prelude in 'exec 2>&-' 'exec 2>/dev/full' 'exec 2> >(true)'; do
	run env --default-signal=PIPE treesum --progress=always tree
	want_status 0
	want_same_bytes "$SCRATCH/manifest" "$out"
done
prelude=''
for word in '' yes ALWAYS 'auto,'; do
	run treesum --progress="$word" tree
	want_status 1
	want_out ''
	want_err "treesum: invalid progress: '$word' (auto, always or never)
Try 'treesum --help' for more information."
done

# Where standard error is closed, or nobody reads it, a long run has no line, and goes on. That it is long
# enough is told by another one, which was started later.
mkfifo later
for where in '2>&-' '2>/dev/full' '2> >(true)'; do
	status=0
	eval "env --default-signal=PIPE treesum --progress=always tree fifo >\"\$out\" $where &"
	pid=$!
	wait_until takes_usr1 $pid
	: >"$err"
	treesum --progress=always later >"$SCRATCH/later" 2>"$err" &
	wait_until [ -s "$err" ]
	: >later
	printf x >fifo
	wait $pid || status=$?
	want_status 0
	want_same_bytes "$SCRATCH/expected" "$out"
	wait
done
