# A directory becomes a link, in the walk or before its files are opened: nothing outside is hashed.
. "$TEST_TOP/tests/lib.sh"
need_strace

mkdir -p outside
echo secret >outside/x
echo secret >outside/extra
renew() {
	rm -rf tree
	mkdir -p tree/{a,victim,z}
	echo a >tree/a/x
	echo inside >tree/victim/x
	echo z >tree/z/x
}
renew
oracle_manifest tree/a tree/z >"$SCRATCH/expected"
swap() {
	mv tree/victim "$SCRATCH/victim.$RANDOM"
	ln -s ../outside tree/victim
}
for options in '' --unsorted; do
	# Where the walk would enter it.
	renew
	stop_at openat,openat2:error=EINTR victim -- treesum $options tree
	swap
	go_on
	want_injected
	want_status 1
	sort -k 2 -o "$out" "$out"
	want_same_bytes "$SCRATCH/expected" "$out"
	want grep -q '^treesum: tree/victim: ' "$err"

	# Where the hashing process would open what the walk found in it.
	renew
	stop_at openat,openat2:error=EINTR victim/x tree/victim/x -- treesum $options tree
	swap
	go_on
	want_injected
	want_status 1
	sort -k 2 -o "$out" "$out"
	want_same_bytes "$SCRATCH/expected" "$out"
	want grep -q '^treesum: tree/victim/x: ' "$err"
done
