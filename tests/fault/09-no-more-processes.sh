# The user may have no more processes: as many workers as can be had, and without any an error.
. "$TEST_TOP/tests/lib.sh"

[ "$(id -u)" -eq 0 ] || skip 'needs root, to become a user without processes'
mkdir tree
for i in $(seq 50); do echo "$i" >tree/$i; done
chmod -R a+rX . "$TEST_DIR"
sha512sum tree/* >expected
# A user of nobody else's; the program itself counts. Two workers, one, none.
limited() { # PROCESSES
	# To look for leaks would take one more process.
	prlimit --nproc="$1" setpriv --reuid=54321 --regid=54321 --clear-groups \
		env ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" treesum -j4 tree
}
for processes in 3 2; do
	run limited $processes
	want_status 0
	want cmp "$out" expected
done

run limited 1
want_status 1
want_out ''
want_err 'treesum: cannot hash: Resource temporarily unavailable'
