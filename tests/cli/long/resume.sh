# A run that is broken off leaves a journal beside its target, and --resume reads only what is not in it.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/broken_off.sh"
need_strace
make_tree
before=$(ls -A)

# By whatever signal: the target is as it was, and nothing is read twice.
for signal in TERM INT HUP KILL; do
	echo old >sums
	break_off $signal has_all -o sums tree last
	want_status $((128 + $(kill -l $signal)))
	want_out ''
	[ $signal = KILL ] && want_err '' || want_err "$kept"
	want_text sums old
	want_text <(stat -c %a $journal) 600
	[ $signal = KILL ] || want [ ! -e .sums.treesum ]
	go_on_with --resume -o sums tree last
	want_status 0
	want_err ''
	want_same_bytes expected sums
	want_read last
	rm sums
	want_text <(ls -A) "$before"
done

# Where nothing is kept, nothing is said.
is_waiting() { is_held pipe; }
exec 3<>pipe
break_off TERM is_waiting -o sums last
exec 3<&-
want_status 143
want_err ''
rm -f $journal

# How much was known is in the summary.
break_off TERM has_all -o sums tree last
run treesum --resume --summary -o sums tree last
want_status 0
want grep -q '^treesum: 7 files, 5 bytes in .*; 0 errors; resumed: 99% known (6 files, 300 kB)$' "$err"

# Several operands; names that are spelled otherwise are the same files.
break_off TERM has_all -o sums tree/sub ./tree//one tree last
go_on_with --resume -o sums tree/sub tree//one ./tree last
want_read last
want_same_bytes <(sha512sum tree/sub/three tree//one ./tree/empty ./tree/link-a ./tree/link-b ./tree/one ./tree/sub/three \
	./tree/two last) sums

# What was altered is read: its contents, its size, its mode, its contents with its mtime set back; what
# took its name; what is new. What was removed is not listed.
break_off TERM has_all -o sums tree last
cp -a tree saved
echo 0ne >tree/one
touch -r data tree/one
chmod 640 tree/sub/three
cp -p tree/two tree/twin
mv tree/twin tree/two
echo new >tree/added
rm tree/empty
echo longer >>tree/link-a
go_on_with --resume -o sums tree last
want_status 0
want_err ''
want_read 'added last link one three two'
oracle_manifest tree >altered
sha512sum last >>altered
want_same_bytes altered sums
rm -rf tree altered
mv saved tree

# One name was given another file with the same times: only the inode tells.
settle
break_off TERM has_all -o sums tree last
mv tree/link-a "$SCRATCH/one"
cp -p "$SCRATCH/one" tree/link-a
go_on_with --resume -o sums tree last
want_read 'last link'
want_same_bytes expected sums
ln -f tree/link-a tree/link-b

# Not from what was written less than two seconds before it was read. On a busy machine, tried again.
settle
for _ in {1..10}; do
	rm -f $journal
	written=$(date +%s)
	echo young >tree/young
	break_off TERM has_all -o sums tree last
	[ "$(date +%s)" -gt $((written + 1)) ] || break
done
if [ "$(date +%s)" -le $((written + 1)) ]; then
	want_not journal_has tree/young
	go_on_with --resume -o sums tree last
	want_read 'last young'
	want grep -q '  tree/young$' sums
fi
