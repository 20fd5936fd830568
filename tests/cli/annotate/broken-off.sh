# A run that broke off prints no seal, so that what it has printed is no manifest.
. "$TEST_TOP/tests/lib.sh"
need_strace

for i in {1..20}; do
	mkdir -p tree/$i
	echo $i >tree/$i/file
done
no_seal() { ! grep -q '^#end' "$1"; }

ulimit -c 0
# The program is killed, at once or later; or its workers die again and again.
mkdir -p many/{1..100}
touch many/{1..100}/deadly
for fault in epoll_wait:signal=KILL:when={1,2,4} 'openat:signal=SEGV -P deadly'; do
	run traced -e inject=$fault -- treesum --annotate -j1 tree many
	want_failure
	want_out ''
	run traced -e inject=$fault -- treesum --annotate --unsorted -j1 tree/*/file many
	want_failure
	want no_seal "$out"
	[[ $fault != openat* ]] || {
		want [ "$(grep -c '^[0-9a-f]' "$out")" -eq 20 ]
		want grep -q '^treesum: the workers died again and again: giving up$' "$err"
	}
	[ ! -s "$out" ] || {
		cp "$out" sums
		run treesum -c sums
		want_status 1
		want_out ''
		want_err 'treesum: sums: was cut off: it has no seal at its end'
	}
done

# It is interrupted while it waits for a file.
mkfifo fifo
env --default-signal=INT treesum --annotate --unsorted tree/1/file fifo >"$out" 2>"$err" &
pid=$!
exec 3<>fifo
wait_until is_held fifo
wait_until [ -s "$out" ]
kill -INT $pid
status=0
wait $pid || status=$?
want_status 130
want grep -q '^#= 2 ' "$out"
want no_seal "$out"
want_none_left
exec 3>&-

# A line is lost.
prelude='exec >/dev/full'
run treesum --annotate tree
want_status 1
want_err 'treesum: write error: No space left on device'
prelude=
echo old >sums
run treesum --annotate -o /dev/full tree
want_status 1
run traced -e inject=write:error=ENOSPC:when=1 -P "$PWD/.sums.treesum" -- treesum --annotate -o sums tree
want_status 1
want_injected
want_text sums old
