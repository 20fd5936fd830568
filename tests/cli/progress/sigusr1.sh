# SIGUSR1: a line that says how far it is, and nothing else comes of it.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
for i in {1..20}; do echo "$i" >"tree/$i"; done
mkfifo fifo
oracle_manifest tree >"$SCRATCH/expected"
digest=$(printf x | "$SHA512SUM" | cut -d ' ' -f 1)
printf '%s  fifo\n' "$digest" >>"$SCRATCH/expected"

# Start treesum so that it waits at the FIFO, all others done.
start() { # ARGUMENT...
	status=0
	treesum "$@" tree fifo >"$out" 2>"$err" &
	pid=$!
	wait_until takes_usr1 $pid
}
answers() { grep -c '^treesum: [0-9]* files, [0-9]* bytes, [0-9.]* s, .*B/s, fifo$' "$err"; }
# Ask, but no process that has taken the number of one that is gone.
ask() { takes_usr1 $pid && kill -USR1 $pid; }
has_answered() { [ "$(answers)" -ge "$1" ]; }
end() {
	printf x >fifo
	wait $pid || status=$?
	want_status 0
}

# Each time one line, exact in what is done, whether there is a progress line or not.
for options in '' --progress=always --progress=never -j1 --unsorted; do
	start $options
	is_at_fifo() { ask && grep -q '^treesum: 20 files, 51 bytes, .* fifo$' "$err"; }
	wait_until is_at_fifo
	before=$(answers)
	for i in 1 2 3; do
		want ask
		wait_until has_answered $((before + i))
	done
	end
	want_not grep -v '^treesum: \(scanning: \)\?[0-9]* \(of [0-9]* \)\?files, \|B .* files' "$err"
	[ "$options" = --unsorted ] || want_same_bytes "$SCRATCH/expected" "$out"
	want_same_bytes <(sort "$SCRATCH/expected") <(sort "$out")
done

# To the whole group: the workers live on.
truncate -s 1T endless
status=0
setsid treesum tree endless >"$out" 2>"$err" &
pid=$!
hasher=$(hasher_of endless)
for i in 1 2 3; do
	want takes_usr1 $pid
	want kill -USR1 -- -$pid
	is_told() { [ "$(grep -c ' bytes' "$err")" -ge $i ]; }
	wait_until is_told
done
want [ "$(hasher_of endless)" = "$hasher" ]
want_not grep -v '^treesum: \(scanning: \)\?[0-9]* of [0-9]* files, [0-9]* of 10995[0-9]* bytes.*, endless$' "$err"
want kill -TERM $pid
wait $pid || status=$?
want_status 143
want_none_left

# In a storm of them nothing is lost, and no temporary is left behind.
start -o sums
storm() { for i in {1..300}; do ask; done; }
storm
is_at_fifo() { ask && has_answered 1; }
wait_until is_at_fifo
end
want_same_bytes "$SCRATCH/expected" sums
want_text <(ls -A -I '.*.treesum-journal') $'endless\nfifo\nsums\ntree'

# Nobody takes the answer: it is lost, the run is not.
for where in '2>&-' '2>/dev/full' '2> >(true)'; do
	status=0
	eval "env --default-signal=PIPE treesum tree fifo >\"\$out\" $where &"
	pid=$!
	wait_until takes_usr1 $pid
	for i in {1..20}; do want ask; done
	end
	want_same_bytes "$SCRATCH/expected" "$out"
done

# Ignored from the beginning, it stays so.
status=0
env --ignore-signal=USR1 treesum tree fifo >"$out" 2>"$err" &
pid=$!
has_child() { [ "$(our_processes | wc -l)" -gt 1 ]; }
wait_until has_child
want kill -USR1 $pid
end
want_err ''
want_same_bytes "$SCRATCH/expected" "$out"

# Checking: at once, while a manifest or a file is waited for.
head -n 20 "$SCRATCH/expected" >list
mkfifo manifest
: >"$err"
status=0
treesum -c manifest >"$out" 2>"$err" &
pid=$!
# The open waits until it is being read.
exec 4>manifest
wait_until takes_usr1 $pid
told() { grep -c '^treesum: 0 files, 0 bytes, [0-9.]* s, 0 B/s$' "$err"; }
has_told() { [ "$(told)" -ge "$1" ]; }
want ask
wait_until has_told 1
cat "$SCRATCH/expected" >&4
exec 4>&-
is_at_fifo() { ask && grep -q '^treesum: 20 files, 51 bytes, .* fifo$' "$err"; }
wait_until is_at_fifo
printf x >fifo
wait $pid || status=$?
want_status 0
want_text "$out" "$(sed 's/^[^ ]*  \(.*\)/\1: OK/' "$SCRATCH/expected")"

# A manifest that is verified before its files are read, if strace can show that moment.
if strace -o /dev/null true 2>"$SCRATCH/strace"; then
	stop_at read "$PWD/list" -- treesum -c list
	want kill -USR1 "$stopped"
	go_on
	want_status 0
	want grep -q '^treesum: 0 files, 0 bytes, .* s, 0 B/s, list$' "$err"
fi

# Loading a manifest to compare with: with its name.
for mode in '--audit=manifest tree' '--diff manifest list' '--diff list manifest'; do
	status=0
	: >"$err"
	treesum $mode >"$out" 2>"$err" &
	pid=$!
	exec 4>manifest
	wait_until takes_usr1 $pid
	has_told() { [ "$(grep -c '^treesum: 0 files, 0 bytes, .* s, 0 B/s, manifest$' "$err")" -ge "$1" ]; }
	want ask
	wait_until has_told 1
	head -n 10 list >&4
	want ask
	wait_until has_told 2
	tail -n +11 list >&4
	exec 4>&-
	wait $pid || status=$?
	want_status 0
done

# Patterns, which are read before anything else: the answer comes after them.
: >"$err"
status=0
treesum --exclude-from=manifest tree >"$out" 2>"$err" &
pid=$!
exec 4>manifest
want kill -USR1 $pid
exec 4>&-
wait $pid || status=$?
want_status 0
want grep -q '^treesum: .* files, .* bytes, .* s' "$err"
