# SIGTERM, SIGHUP and the like to the parent alone: ended by them (143, 129), with nothing left.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
truncate -s 1T tree/endless
echo old >sums
ulimit -c 0
for signal in TERM HUP QUIT ALRM XCPU PIPE; do
	for options in '' '-o sums' '-o new'; do
		status=0
		env --default-signal=QUIT,PIPE treesum $options tree >"$out" 2>"$err" &
		pid=$!
		hasher_of tree/endless >"$SCRATCH/hasher"
		want kill -$signal $pid
		wait $pid || status=$?
		want_status $((128 + $(kill -l $signal)))
		want_out ''
		want_none_left
		want_text sums old
		# How far it was read may be kept.
		want_text <(ls -A -I '.*.treesum-journal') $'sums\ntree'
	done
done

# Nor does a temporary stay behind where nobody reads the messages.
status=0
(env --default-signal=PIPE treesum -o new missing{1..3000} 2>&1 || echo $? >"$SCRATCH/status") | true
want_text "$SCRATCH/status" 141
want_none_left
want [ ! -e .new.treesum ]

# A SIGHUP that was ignored at the start (nohup) stays ignored.
rm tree/endless
echo a >tree/a
mkfifo pipe
status=0
env --ignore-signal=HUP treesum pipe tree >"$out" 2>"$err" &
pid=$!
exec 3>pipe # waits for the one that reads it
want kill -HUP $pid
exec 3>&-
wait $pid || status=$?
want_manifest <(printf '%s  pipe\n' "$(sha512sum </dev/null | cut -c 1-128)" && oracle_manifest tree)

# The signal is raised again: whoever waits sees an end by signal, not an exit with 143.
need_strace
truncate -s 1T tree/endless
env --default-signal strace -qq -o "$SCRATCH/trace" -e trace=none treesum tree >"$out" 2>"$err" &
pid=$!
hasher_of tree/endless >"$SCRATCH/hasher"
want kill -TERM "$(child_of $pid)"
wait $pid || true
want grep -q 'killed by SIGTERM' "$SCRATCH/trace"
want_none_left
