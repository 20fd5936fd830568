# A manifest is brought up to date: only what is new or altered is read, nothing is forgotten, nothing
# corrupt is blessed.
. "$TEST_TOP/tests/lib.sh"

need_strace
update() { run traced -e trace=openat,openat2 -- treesum --update=sums "$@"; }
# The files that were opened for their data.
read_files() { sed -n '/O_NOCTTY/{/sums/!s/^[^"]*"\([^"]*\)".*/\1/p}' "$SCRATCH/trace" | sort | tr '\n' ' ' | sed 's/ $/\n/'; }
accepted() { want sha512sum -c --quiet --strict sums; }

mkdir -p tree/sub outside
echo a >tree/a
echo b >tree/b
echo c >tree/sub/c
: >tree/empty
echo o >outside/o
{ echo "# kept by hand" && sha512sum outside/o; } >sums
chmod 640 sums

# Made from nothing, or from a plain manifest; what lies elsewhere keeps its line, comments stay.
update --accept=new tree
want_status 0
want_out 'tree/a: NEW
tree/b: NEW
tree/empty: NEW
tree/sub/c: NEW'
want_err 'treesum: 0 the same, 4 new, 1 not looked at'
want_text <(head -n 2 sums | cut -c 1-14,131-) '# kept by hand
'"$(sha512sum outside/o | cut -c 1-14)outside/o"
want_text <(stat -c %a sums) 640
accepted
run treesum --update=fresh tree
want_status 0
want sha512sum -c --quiet --strict fresh

# Twice in a row reads nothing the second time, and replaces nothing.
settle
update tree
want_status 0
want_text <(read_files) 'a b c empty'
inode=$(stat -c %i sums)
update tree
want_status 0
want_out ''
want_err 'treesum: 4 the same, 1 not looked at'
want_text <(read_files) ''
want_text <(stat -c %i sums) "$inode"
run treesum --summary --update=sums tree
want grep -q '^treesum: 4 files (4 as they were), 0 bytes in ' "$err"

# Each way to be altered: contents, times only, a rename, a copy, a removal, a new file.
echo changed >tree/a
touch -d 2001-01-01 tree/b
mv tree/sub/c tree/sub/moved
cp tree/b tree/copy
rm tree/empty
echo new >tree/new
update tree
want_status 0
want_text <(read_files) 'a b copy moved new'
want_out 'tree/a: CHANGED
tree/copy: COPIED from tree/b
tree/empty: MISSING
tree/new: NEW
tree/sub/moved: MOVED from tree/sub/c'
accepted
want_text <(grep -c . sums) $((2 + 2 * 5 + 1))
treesum --annotate tree | grep -v '^#' >expected
want_same_bytes expected <(grep -v '^#' sums | tail -n +2)

# Bit rot is not blessed, unless that is said; the old line stays, and is read again next time.
settle
update tree
cp sums good
touch -r tree/a stamp
echo chbnged >tree/a
touch -r stamp tree/a
for _ in 1 2; do
	update tree
	want_status 1
	want_out 'tree/a: CORRUPT (ctime differs)'
	want_text <(grep ' tree/a$' sums) "$(grep ' tree/a$' good)"
done
update --accept=corrupt tree
want_status 0
want_out 'tree/a: CORRUPT (ctime differs)'
accepted
# A file of the same size and mtime is told by its ctime.
want_text <(read_files) 'a'

# What cannot be read keeps its line; a new file that cannot be read has none.
chmod 000 tree/b
echo hidden >tree/hidden
chmod 000 tree/hidden
chmod 777 . tree
hand_over sums
as=("${unprivileged[@]}")
cp sums before
run "${as[@]}" treesum --update=sums tree
want_status 1
want_out 'tree/b: UNREADABLE
tree/hidden: UNREADABLE'
want_err 'treesum: tree/b: Permission denied
treesum: tree/hidden: Permission denied
treesum: 4 the same, 2 unreadable, 1 not looked at'
want_text <(grep ' tree/b$' sums) "$(grep ' tree/b$' before)"
want_text <(grep -c hidden sums) 0
chmod 644 tree/b
rm tree/hidden

# Where a directory cannot be listed nobody knows what there is: of --audit, too, the status says so. Where it
# can, but nothing in it can be opened, each file is one that cannot be read. All others are renewed.
for mode in 000 444; do
	chmod $mode tree/sub
	echo $mode >tree/a
	[ $mode = 000 ] && closed=sub || closed=sub/moved
	for option in audit update; do
		run "${as[@]}" treesum --$option=sums tree
		[ $mode$option = 444update ] && want_status 1 || want_status 2
		want_out 'tree/a: CHANGED
tree/sub/moved: UNREADABLE'
		want_err_line "treesum: tree/$closed: Permission denied"
	done
	chmod 755 tree/sub
	accepted
done

# A directory that is empty now: a disk may be missing.
rm tree/sub/*
touch -d 2001-01-01 tree/sub
cp sums before
update tree
want_status 2
want_out 'tree/sub/moved: UNREADABLE'
want_text <(grep ' tree/sub/moved$' sums) "$(grep ' tree/sub/moved$' before)"
update --accept=missing tree
want_status 0
want_out 'tree/sub/moved: MISSING'
accepted
# A root that is not there.
cp sums before
update tree nowhere
want_status 2
mv tree elsewhere
update tree
want_status 2
want_same_bytes <(grep -v '^#' before) <(grep -v '^#' sums)
mv elsewhere tree

# In use; no regular file; standard input; the manifest in the tree.
touch tree/a
stop_at openat:error=EINTR a -- treesum --update=sums tree elsewhere
run treesum --update=sums tree
want_status 2
want_err 'treesum: sums: in use by another run'
go_on
mkfifo fifo
for manifest in fifo /dev/null tree -; do
	run treesum --update=$manifest tree
	want_status 2
	want_out ''
done
prelude='cd tree'
for _ in 1 2; do
	run treesum --update=own.sha512 .
	want_status 0
done
want_out ''
want_not grep -q 'own' tree/own.sha512

# Killed or failing on the way: the old manifest stands.
prelude=''
echo more >tree/more
cp sums before
run traced -e inject=fsync:error=EIO -- treesum --update=sums tree
want_status 2
want_same_bytes before sums
want_not test -e .sums.treesum
