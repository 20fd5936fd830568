# The reader of the output goes away (| head -1): ended at once and in silence, as sha512sum ends.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
for i in {1..2000}; do
	echo $i >tree/$i
done
set +e
env --default-signal=PIPE sha512sum tree/* 2>"$SCRATCH/oracle.err" | head -n 1 >"$SCRATCH/line"
expected=${PIPESTATUS[0]}
set -e
want [ "$expected" -eq 141 ]

for options in '' -j1 --unsorted; do
	set +e
	env --default-signal=PIPE treesum $options tree 2>"$err" | head -n 1 >"$out"
	status=${PIPESTATUS[0]}
	set -e
	want_status "$expected"
	want_err ''
	want [ "$(wc -l <"$out")" -eq 1 ]
	want_none_left
done

# It does not wait for what is still being hashed.
truncate -s 1T tree/endless
set +e
env --default-signal=PIPE treesum -j2 --unsorted tree 2>"$err" | head -n 1 >"$out"
status=${PIPESTATUS[0]}
set -e
want_status "$expected"
want_err ''
want_none_left
rm tree/endless

# Where the reader stays but reads nothing, the wait for it can be interrupted, also when a part of a
# write has gone into the pipe.
mkdir long
touch long/{1..3000}
mkfifo pipe
exec 3<>pipe
treesum long >pipe 2>"$err" 3>&- &
pid=$!
is_blocked() { grep -qs pipe_write "/proc/$pid/wchan" || grep -qs '^1 0x1 ' "/proc/$pid/syscall"; }
wait_until is_blocked
want kill -TERM $pid
ended() { ! kill -0 $pid 2>/dev/null; }
wait_until ended || kill -KILL $pid
status=0
wait $pid || status=$?
want_status 143
want_err ''
want_none_left
