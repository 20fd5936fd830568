# FIFOs, sockets and devices inside a tree: left out, and never opened.
. "$TEST_TOP/tests/lib.sh"
need_strace

mkdir -p tree/sub
echo a >tree/sub/a
mkfifo tree/special-fifo tree/sub/special-fifo
openssl s_server -nocert -unix tree/special-socket >"$SCRATCH/server" 2>&1 &
wait_until [ -S tree/special-socket ]
kill $!
wait $! || true
want [ -S tree/special-socket ]
mknod tree/special-null c 1 3 2>/dev/null || true
mknod tree/special-loop b 7 0 2>/dev/null || true

for options in '' -j1 --unsorted; do
	[ "$options" = -j1 ] && TREESUM_STAT=never || TREESUM_STAT=always
	export TREESUM_STAT
	run traced -e trace=open,openat,openat2 -- treesum $options tree
	want_manifest <(sha512sum tree/sub/a)
	want grep -q '"[^"]*a"' "$SCRATCH/trace" # calls were seen
	want_not grep special- "$SCRATCH/trace"
done
