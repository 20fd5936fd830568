# Operands that are no regular files: a FIFO without a writer waits for one; <(command), /dev/stdin, -.
. "$TEST_TOP/tests/lib.sh"

echo a >a
mkfifo fifo
digest=$(sha512sum a | cut -c 1-128)

# It waits, as long as nobody writes; then it gets all that is written.
treesum fifo a >"$out" 2>"$err" &
pid=$!
exec 3>fifo # this waits until it is opened for reading
head -c 1 a >&3
tail -c +2 a >&3
exec 3>&-
status=0
wait $pid || status=$?
want_manifest <(printf '%s  fifo\n%s  a\n' "$digest" "$digest")

# Nobody ever writes: it can be interrupted.
env --default-signal=TERM treesum fifo a >"$out" 2>"$err" &
pid=$!
has_child() { [ "$(our_processes | wc -l)" -gt 1 ]; }
wait_until has_child
want kill -TERM $pid
status=0
wait $pid || status=$?
want_status 143
want_none_left

for prelude in 'exec <a' 'exec < <(cat a)'; do
	run treesum -
	want_manifest <(echo "$digest  -")
	run treesum /dev/stdin
	want_manifest <(echo "$digest  /dev/stdin")
	run treesum
	want_manifest <(echo "$digest  -")
	run treesum a - a
	want_manifest <(printf '%s  a\n%s  -\n%s  a\n' "$digest" "$digest" "$digest")
	prelude=''
done
status=0
treesum <(cat a) a <(cat a) >"$out" 2>"$err" || status=$?
want_status 0
want_err ''
want [ "$(cut -c 1-128 "$out" | uniq -c | tr -s ' ')" = " 3 $digest" ]
want grep -q '/dev/fd/' "$out"

# Two streams that depend on each other's being read in order, and a tree beside them.
mkdir tree
echo t >tree/t
mkfifo second
(cat a >fifo && cat a >second) &
run treesum fifo tree second
wait $!
want_manifest <(printf '%s  fifo\n' "$digest" && oracle_manifest tree && printf '%s  second\n' "$digest")

# They are read in the order of the operands, whatever they are: a process that writes into one after
# the other would wait for ever if the second were read first.
mkfifo {1..9}
for operands in 'fifo -' '1 2 3 4 5 6 7 8 9 -'; do
	# shellcheck disable=SC2016
	run timeout 20 bash -c '
		(for i in ${1/-/}; do cat a >"$i" || exit; done; cat a) | treesum -j4 $1' \
		bash "$operands"
	want_status 0
	want_err ''
	want_text <(cut -c 131- "$out") "${operands// /$'\n'}"
done

same /dev/null
run treesum -c <(sha512sum a)
want_status 0
want_out 'a: OK'

# A FIFO that a list names is read, too.
cat a >fifo &
printf '%s  fifo\n%s  a\n' "$digest" "$digest" >list
run treesum -c list
wait $!
want_status 0
want_out 'fifo: OK
a: OK'

# The reader of a stream is killed in the middle. What it has read is gone, and the rest is not the stream:
# no digest, while the next one is read as if nothing had been.
mkfifo slow
for operand in slow -; do
	prelude=''
	[ "$operand" = slow ] || prelude='exec <slow'
	(
		exec >"$out" 2>"$err"
		eval "$prelude"
		exec treesum $operand a <(cat a)
	) &
	pid=$!
	exec 3>slow
	head -c 300000 /dev/zero >&3 # more than the pipe holds
	reader=$(child_of $pid | tail -n 1)
	want kill -KILL "$reader"
	(trap '' PIPE && echo rest >&3) 2>"$SCRATCH/broken" || true
	exec 3>&-
	status=0
	wait $pid || status=$?
	want_status 1
	want_err "treesum: $operand: its reader was killed by signal 9"
	want_text <(cut -c 1-128 "$out") "$digest"$'\n'"$digest"
	want_none_left
done
