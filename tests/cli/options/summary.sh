# --summary: a last line in numbers, in every mode; and what a manifest lacks, said to people only.
. "$TEST_TOP/tests/lib.sh"

# The summary without what differs from run to run: seconds and bytes a second.
timeless() { # FILE
	sed -E 's/ in [0-9]+\.[0-9]{2} s( \([0-9.]+ [kMGTPE]?B\/s\))?;?/ in TIME;/' "$1"
}
want_summary() { # TEXT
	want_text <(timeless "$err") "$1"
}

mkdir -p tree/closed
echo a >tree/a
head -c 1234 /dev/zero >tree/b
ln -s a tree/link
mkfifo tree/fifo
for options in '' -j1 --unsorted -z; do
	run treesum $options tree
	cp "$out" "$SCRATCH/expected"
	run treesum $options --summary tree
	want_status 0
	[ "$options" = --unsorted ] || want_same_bytes "$SCRATCH/expected" "$out"
	want_summary 'treesum: 2 files, 1236 bytes (1.2 kB) in TIME; 0 errors; skipped 1 link, 1 special file'
done
run treesum --summary -o tree/sums tree/a
want_summary 'treesum: 1 file, 2 bytes in TIME; 0 errors'
run treesum --summary -o tree/sums tree
want_summary 'treesum: 2 files, 1236 bytes (1.2 kB) in TIME; 0 errors; skipped 1 link, 1 special file, 3 own outputs'
rm tree/sums
# What a pattern leaves out counts by names that the walk met: once as a directory, whatever is below it.
mkdir -p tree/left/out && echo a >tree/left/out/b && echo o >tree/out
for mode in '' -j1 --unsorted --audit=/dev/null; do
	run treesum --summary $mode --exclude=left --exclude=out --exclude=fifo tree tree/left
	want grep -qE '; skipped 1 link, 4 excluded names(, .*)?$' "$err"
	if command -v jq >"$SCRATCH/which"; then
		run treesum --json $mode --exclude=left --exclude=out --exclude=fifo tree tree/left
		want_jq 'select(.type == "summary") | .skipped_kinds.excluded, .skipped' $'4\n5'
	fi
done
run treesum --summary --exclude=out/ tree/left tree/nope
want grep -q '; skipped 1 excluded name$' "$err"
run treesum --summary --include='*' --exclude=a tree
want_not grep excluded "$err"
rm -r tree/left tree/out
run treesum --summary </dev/null
want_summary 'treesum: 1 file, 0 bytes in TIME; 0 errors'

# Errors by kind, and what to do about them.
treesum -o list tree
run treesum --summary tree nope
want_status 1
want_summary 'treesum: nope: No such file or directory
treesum: WARNING: 1 path could not be read and is not listed: see the reasons above, then run again
treesum: 2 files, 1236 bytes (1.2 kB) in TIME; 1 error (1 missing); skipped 1 link, 1 special file'
chmod 000 tree/closed tree/b
run "${unprivileged[@]}" treesum --summary tree nope
want_status 1
want_summary "treesum: tree/b: Permission denied
treesum: tree/closed: Permission denied
treesum: nope: No such file or directory
treesum: WARNING: 3 paths could not be read and are not listed: run again as a user who may read them
treesum: 1 file, 2 bytes in TIME; 3 errors (1 missing, 2 denied); skipped 1 link, 1 special file"

# The warning alone is for a terminal, and after a walk.
if command -v python3 >/dev/null; then
	on_terminal 2 "${unprivileged[@]}" treesum tree
	want_status 1
	want_text "$SCRATCH/terminal" "treesum: tree/b: Permission denied
treesum: tree/closed: Permission denied
treesum: WARNING: 2 paths could not be read and are not listed: run again as a user who may read them"
	on_terminal 1 "${unprivileged[@]}" treesum tree
	want_err 'treesum: tree/b: Permission denied
treesum: tree/closed: Permission denied'
	on_terminal 2 "${unprivileged[@]}" treesum tree/a tree/b
	want_text "$SCRATCH/terminal" 'treesum: tree/b: Permission denied'
	on_terminal 12 treesum tree/a tree
	want_status 0
	want_not grep -q treesum "$SCRATCH/terminal"
fi
chmod 755 tree/closed tree/b

# The other modes.
echo other >tree/a
echo bad >>list
run treesum -c --summary list
want_status 1
want_summary 'treesum: WARNING: 1 line is improperly formatted
treesum: WARNING: 1 computed checksum did NOT match
treesum: 2 files, 1240 bytes (1.2 kB) in TIME; 1 ok, 1 failed, 1 malformed line'
rm tree/b
run treesum -c --summary --status list
want_status 1
want_summary 'treesum: tree/b: No such file or directory
treesum: 1 file, 6 bytes in TIME; 1 failed, 1 unreadable, 1 malformed line; 1 error (1 missing)'
run treesum -c --summary --ignore-missing --quiet list
want_summary 'treesum: WARNING: 1 line is improperly formatted
treesum: WARNING: 1 computed checksum did NOT match
treesum: list: no file was verified
treesum: 1 file, 6 bytes in TIME; 1 failed, 1 malformed line; 1 error; skipped 1 missing file'
sed -i '$d' list
run treesum --summary --audit=list tree
want_status 1
want_summary 'treesum: 1 file, 6 bytes in TIME; 1 changed, 1 missing; skipped 1 link, 1 special file'
run treesum --summary --update=sums tree
want_status 0
want_summary 'treesum: 1 file, 6 bytes in TIME; 1 new; skipped 1 link, 1 special file'
run treesum --summary --diff list sums
want_status 1
want_summary 'treesum: 0 files, 0 bytes in TIME; 1 changed, 1 missing'

# Nothing is complete where the output failed, or the run was broken off.
prelude='exec >/dev/full'
run treesum --summary tree nope
want_status 1
want_summary 'treesum: nope: No such file or directory
treesum: write error: No space left on device
treesum: broken off: 1 file, 6 bytes in TIME; 2 errors (1 missing); skipped 1 link, 1 special file'
