# A named folder becomes a link while another one is walked: the sandbox ends at the folder that was named.
. "$TEST_TOP/tests/lib.sh"
need_strace

mkdir outside
echo secret >outside/x
renew() {
	rm -rf one two
	mkdir one two
	echo one >one/x
	echo inside >two/x
}
renew
oracle_manifest one >"$SCRATCH/expected"
for options in '' -j1 --unsorted; do
	# Where the walk is about to go on from one to the other.
	renew
	stop_at getdents64 "$PWD/one" -- treesum $options one two
	mv two "$SCRATCH/two.$RANDOM"
	ln -s outside two
	go_on
	if has_sandbox; then
		want_status 1
		want_same_bytes "$SCRATCH/expected" "$out"
		want_err 'treesum: two: Permission denied'
	else # as if the link had been there from the start
		sort -k 2 -o "$out" "$out" # for --unsorted
		want_manifest <(sha512sum one/x two/x)
	fi
	want_none_left
done
