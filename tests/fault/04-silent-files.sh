# A file never answers, for real, with --timeout: it is reported, all others are hashed. So too a folder.
# slow
. "$TEST_TOP/tests/lib.sh"

[ -w /dev/fuse ] || skip 'no /dev/fuse'
unshare -m true 2>/dev/null || skip 'needs root, to mount a file system'
[ "${APART:-}" ] || exec env APART=1 unshare -m bash "$test_script"

# A file system that hangs: see silent_fs.c. What hangs in it for good is left behind until it lets go.
mkdir mnt
serve() { # KIND
	"$BUILD/tests/silent_fs" mnt "$1" &
	server=$!
	wait_until mountpoint -q mnt
}
let_go() {
	kill $server
	wait $server || true
	umount -l mnt
	want_none_left
}
is_left() { grep -qs '^State:.D' "/proc/$1/status"; }
digest=$(echo a | sha512sum | cut -c 1-128)
printf '%s  mnt/a\n%s  mnt/z\n' "$digest" "$(echo z | sha512sum | cut -c 1-128)" >"$SCRATCH/expected"
cp "$SCRATCH/expected" list
printf '%s  mnt/silent\n' "$digest" >>list
for kind in cached direct; do
	serve $kind
	for options in -j1 --unsorted; do
		run treesum --timeout=1 $options mnt
		want_status 1
		want_same_bytes "$SCRATCH/expected" <(sort -k 2 "$out")
		want_err 'treesum: mnt/silent: its reader did not answer in time'
	done
	run treesum --timeout=1 -c list
	want_status 1
	want_out 'mnt/a: OK
mnt/z: OK
mnt/silent: FAILED open or read'
	let_go
done

# Without a time-out it waits, but can be interrupted.
serve direct
status=0
env --default-signal=INT treesum mnt >"$out" 2>"$err" &
pid=$!
hasher_of mnt/silent >"$SCRATCH/hasher"
want kill -INT $pid
wait $pid || status=$?
want_status 130
let_go

# What is left behind keeps neither who reads the output waiting, nor the next run: nothing else has those open.
serve direct
mkfifo pipe
cat pipe >"$SCRATCH/read" &
reader=$!
prelude='exec >pipe'
run treesum --timeout=1 -j1 mnt
prelude=''
want_status 1
wait $reader
want_same_bytes "$SCRATCH/expected" "$SCRATCH/read"
treesum -j1 -o sums mnt &
pid=$!
hasher=$(hasher_of mnt/silent)
wait_until is_left "$hasher"
want kill -KILL $pid
wait $pid || true
want is_left "$hasher"
run treesum -o sums mnt/a
want_status 0
let_go

# A folder that never answers: it alone is missing.
serve folder
sed -i "1a $("$SHA512SUM" </dev/null | cut -d ' ' -f 1)  mnt/silent" "$SCRATCH/expected"
for options in '' -j1 --unsorted; do
	run treesum --timeout=1 $options mnt
	want_status 1
	want_same_bytes "$SCRATCH/expected" <(sort -k 2 "$out")
	want_err 'treesum: mnt/silent-folder: its reader did not answer in time'
done
for mode in audit update; do
	cp "$SCRATCH/expected" list
	printf '%s  mnt/silent-folder/x\n' "$digest" >>list
	run treesum --timeout=1 --$mode=list mnt
	want_status 2
	want_out 'mnt/silent-folder: UNREADABLE
mnt/silent-folder/x: UNREADABLE'
	want_err_line 'treesum: mnt/silent-folder: its reader did not answer in time'
done
want grep -q '  mnt/silent-folder/x$' list
let_go
