# The manifest is a FIFO, a directory, /dev/zero: no hang, bounded memory.
. "$TEST_TOP/tests/lib.sh"

echo a >a
sha512sum a >list
mkfifo fifo

cat list >fifo &
run treesum -c fifo
wait $!
want_status 0
want_out 'a: OK'

run treesum -c .
want_status 1
want_out ''
want_err 'treesum: .: read error: Is a directory'

# While a FIFO gives nothing it can be interrupted.
exec 3<>fifo
env --default-signal=TERM treesum -c fifo >"$out" 2>"$err" &
pid=$!
wait_until is_held fifo
want kill -TERM $pid
status=0
wait $pid || status=$?
want_status 143
want_none_left
exec 3>&-

# Half a list, then a writer that takes its time: results of the first half do not depend on the rest.
mkfifo slow
treesum -c slow >"$out" 2>"$err" &
pid=$!
exec 3>slow
cat list >&3
printf '%s' "$(cat list)" >&3
exec 3>&-
status=0
wait $pid || status=$?
want_status 0
want_out 'a: OK
a: OK'

# /dev/zero has no end: it is given up, or read on in bounded memory until someone has enough.
status=0
env --default-signal=TERM treesum -c /dev/zero >"$out" 2>"$err" &
pid=$!
has_read_much() {
	! kill -0 $pid 2>/dev/null || [ "$(sed -n 's/^rchar: //p' /proc/$pid/io 2>/dev/null || echo 9999999999)" -gt 1000000000 ]
}
wait_until has_read_much
peak=$(sed -n 's/^VmHWM: *\([0-9]*\) kB/\1/p' /proc/$pid/status 2>/dev/null || true)
want [ "${peak:-0}" -lt 262144 ]
kill -TERM $pid 2>/dev/null || true
wait $pid || status=$?
want_failure
want_none_left
