# -o: the target appears complete or not at all, keeps its mode, is followed where it is a link, and is
# never listed in itself.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
echo a >tree/a
echo b >tree/b
oracle_manifest tree >"$SCRATCH/expected"

only() { # FOLDER NAME...: nothing else is there
	local folder=$1
	shift
	want_text <(ls -A "$folder") "$(printf '%s\n' "$@")"
}

run treesum -o sums tree
want_status 0
want_out ''
want_err ''
want_same_bytes "$SCRATCH/expected" sums
only . sums tree
# A new file has the mode that a redirection would give it.
(umask 022 && : >redirected)
prelude='umask 022'
run treesum --output=fresh tree
want [ "$(stat -c %a fresh)" = "$(stat -c %a redirected)" ]
prelude=''

# An existing file keeps its mode; it is another file afterwards.
echo old >sums
chmod 640 sums
inode=$(stat -c %i sums)
run treesum tree -o sums
want_status 0
want_same_bytes "$SCRATCH/expected" sums
want [ "$(stat -c %a sums)" = 640 ]
want [ "$(stat -c %i sums)" != "$inode" ]

# A link stays a link, also a dangling one.
mkdir other
ln -s other/real link
run treesum -o link tree
want_status 0
want [ -L link ]
want_same_bytes "$SCRATCH/expected" other/real
ln -s other/target chain1
ln -s chain1 chain2
echo old >other/target
run treesum -o chain2 tree
want_status 0
want [ -L chain2 ]
want [ -L chain1 ]
want_same_bytes "$SCRATCH/expected" other/target
only other real target

# Names that no file can have, or that lead nowhere. A long one is fine, as long as it is a name.
name=$(printf 'x%.0s' {1..255})
run treesum -o "$name" tree
want_status 0
want_same_bytes "$SCRATCH/expected" "$name"
rm "$name"
ln -s loop loop
ls -A >"$SCRATCH/before"
for bad in "x$name:File name too long" "$(printf 'tree/../%.0s' {1..600})x:File name too long" \
	'loop:Too many levels of symbolic links' "'':No such file or directory" 'other/:Is a directory' \
	'nope/x:No such file or directory' 'tree/a/x:Not a directory'; do
	name=${bad%:*}
	[ "$name" != "''" ] || name=''
	run treesum -o "$name" tree
	want_status 1
	want_out ''
	want_err "treesum: ${bad%:*}: ${bad##*:}"
done
want_text <(ls -A) "$(cat "$SCRATCH/before")"
rm loop

# What is no regular file is written directly.
run treesum -o /dev/stdout tree
want_manifest "$SCRATCH/expected"
run treesum -o /dev/null tree
want_status 0
want [ -c /dev/null ]
mkfifo fifo
cat fifo >"$SCRATCH/read" &
run treesum -o fifo tree
wait $!
want [ -p fifo ]
want_same_bytes "$SCRATCH/expected" "$SCRATCH/read"

# Into the tree itself, whether it is there before or not; and so with a redirection.
run treesum -o tree/sums tree
want_status 0
want_same_bytes "$SCRATCH/expected" tree/sums
run treesum -o tree/sums tree
want_status 0
want_same_bytes "$SCRATCH/expected" tree/sums
only tree a b sums
prelude='exec >tree/sums'
run treesum tree
want_status 0
want_same_bytes "$SCRATCH/expected" tree/sums
prelude='cd tree && exec >sums'
run treesum .
want_status 0
rm tree/sums.old 2>/dev/null || true
want_same_bytes <(sed 's, tree/, ./,' "$SCRATCH/expected") tree/sums
rm tree/sums
prelude='exec >>tree/sums'
run treesum tree
want_same_bytes "$SCRATCH/expected" tree/sums
rm tree/sums
prelude=''

# Some files unreadable: still written, status 1.
echo secret >tree/secret
chmod 000 tree/secret
hand_over . sums
run "${unprivileged[@]}" treesum -o sums tree
want_status 1
want_same_bytes "$SCRATCH/expected" sums
want_err 'treesum: tree/secret: Permission denied'
run treesum -o sums tree/a nope
want_status 1
want_out ''
want_same_bytes <(sha512sum tree/a) sums
rm -f tree/secret

# It cannot be written: said so, and nothing is left behind.
run treesum -o nope/sums tree
want_status 1
want_out ''
want_err 'treesum: nope/sums: No such file or directory'
run treesum -o tree tree
want_status 1
want_err 'treesum: tree: Is a directory'
run treesum -o /dev/full tree
want_status 1
want_err 'treesum: /dev/full: No space left on device'
mkdir .fresh.treesum
run treesum -o fresh tree
want_status 1
want_err 'treesum: fresh: the name of its temporary, .NAME.treesum, is taken'
rmdir .fresh.treesum
mkdir closed
echo old >closed/sums
chmod 555 closed
run "${unprivileged[@]}" treesum -o closed/sums tree
want_status 1
want_out ''
want_text closed/sums old
only closed sums

# The results of -c go there too.
run treesum -o results -c sums
want_status 0
want_out ''
want_text results 'tree/a: OK'
only tree a b
