# The signal comes when the new manifest is written, but not yet in its place: the old one stands.
. "$TEST_TOP/tests/lib.sh"
need_strace

mkdir tree
echo a >tree/a
oracle_manifest tree >"$SCRATCH/new"
cp "$SCRATCH/new" list
for options in tree '-c list'; do
	for signal in TERM INT; do
		echo old >sums
		stop_at fsync "$PWD/.sums.treesum" -- env --default-signal treesum -o sums $options
		# What it has written is the whole.
		want [ "$(wc -l <.sums.treesum)" -eq 1 ]
		kill -$signal "$stopped"
		go_on
		want_status $((128 + $(kill -l $signal)))
		ignore_journal
		want_err ''
		want_text sums old
		want_text <(ls -A -I '.*.treesum-journal') $'list\nsums\ntree'
		want_none_left
	done
done

# When it is in its place, it is complete.
stop_at renameat,renameat2 "$PWD" -- env --default-signal treesum -o sums tree
kill -TERM "$stopped"
go_on
want_status 143
want_same_bytes "$SCRATCH/new" sums
want_text <(ls -A -I '.*.treesum-journal') $'list\nsums\ntree'
