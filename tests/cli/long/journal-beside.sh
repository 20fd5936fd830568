# Where the journal cannot be kept the run goes on, and says so; where it is, it is never listed.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/broken_off.sh"
need_strace
make_tree

# It cannot be made, cannot be written, or cannot be removed.
run traced -P $journal -e inject=openat:error=EACCES -- treesum -o sums tree last
want_injected
want_status 0
want_err 'treesum: sums: no journal can be kept: Permission denied'
want_same_bytes expected sums
for error in 'ENOSPC No space left on device' 'EIO Input/output error'; do
	for when in 2 3+; do
		rm -f sums $journal
		run traced -P "$PWD/$journal" -e inject=write:error=${error%% *}:when=$when -- \
			treesum -o sums tree last
		[ $when = 3+ ] || want_injected
		want_status 0
		[ $when = 3+ ] || want_err "treesum: sums: its journal cannot be written: ${error#* }: what is read from now on is not kept if the run is interrupted"
		want_same_bytes expected sums
		want [ ! -e $journal ]
	done
done
run traced -P $journal -e inject=unlinkat:error=EACCES -- treesum -o sums tree last
want_injected
want_status 0
want_err 'treesum: sums: its journal cannot be removed: Permission denied'
want_same_bytes expected sums
rm $journal

# Never listed, in a tree with the target, nor what killed runs have left beside any file.
mkdir inside
cp data inside/a
cp data inside/b
settle
(umask 077 && : >inside/.a.treesum-journal)
(umask 077 && : >inside/.a.treesum)
echo of no file >inside/.c.treesum-journal
oracle_manifest inside/a inside/b inside/.c.treesum-journal | LC_ALL=C sort -k 2 >wanted
journal=inside/.sums.treesum-journal
has_inside() { [ "$(grep -aoE 'inside/(a|b)' $journal 2>/dev/null | sort -u | wc -l)" -eq 2 ]; }
break_off KILL has_inside -o inside/sums inside last
want test -e inside/.sums.treesum
go_on_with --resume -o inside/sums inside last
want_status 0
want_err ''
# What was just written is read; what killed runs have left is not even opened.
want_text <(files_read | tr ' ' '\n' | grep .) "$(printf '.c.treesum-journal\nlast')"
want_same_bytes <(cat wanted && sha512sum last) inside/sums
for _ in 1 2; do
	run treesum --update=inside/sums --accept=new inside last
	want_status 0
	want_same_bytes <(cat wanted && sha512sum last) <(grep -v '^#' inside/sums)
done
break_off TERM has_inside -o inside/sums inside last
want test -e $journal
run treesum --update=inside/list inside last
want_status 0
want_same_bytes <(cat wanted && sha512sum inside/sums last) <(grep -v '^#' inside/list)
rm -f inside/sums inside/list $journal

# Two targets with names that are nearly as long as can be have one journal: it is in use by the first run.
name=$(printf '%0241d' 0 | tr 0 x)
: >"$name"1
journal=.${name::238}.treesum-journal
ln -sfn "$PWD/pipe" last
treesum -o "$name"1 inside last >"$out" 2>"$err" &
pid=$!
wait_until has_inside
run treesum -o "$name"1 inside
want_status 1
want_err "treesum: ${name}1: in use by another run"
run treesum -o "$name"2 inside
want_status 0
want_err "treesum: ${name}2: no journal can be kept: Device or resource busy"
kill $pid
wait $pid 2>/dev/null || true
want has_inside

# Of such names only the beginning is left in those of the files beside it: these are recognised by their length.
mkdir far
echo data >far/a
(umask 077 && : >"far/.${name::238}.treesum-journal" && : >"far/.${name}xxxxx.treesum")
echo listed >"far/.${name::237}.treesum-journal"
run treesum far
want_status 0
want_same_bytes <(sha512sum "far/.${name::237}.treesum-journal" far/a) "$out"
cp "$out" wanted

# Of a target whose name is as long as can be: a run that is killed, walks meanwhile, and one that goes on.
name=$(printf '%0255d' 0 | tr 0 y)
journal=far/.${name::238}.treesum-journal
has_far() { grep -aq far/a "$journal" 2>/dev/null; }
settle
break_off KILL has_far -o "far/$name" far last
want test -e "$journal"
want test -e "far/.${name::246}.treesum"
# Neither is listed, or even opened, by a walk of others or by the run that goes on.
run traced -e trace=openat,openat2 -- treesum far
want_status 0
want_same_bytes wanted "$out"
want grep -q '"a"' "$SCRATCH/trace"
want_not grep '[./]yyy' "$SCRATCH/trace"
go_on_with --resume -o "far/$name" far last
want_status 0
want_err ''
want_same_bytes <(cat wanted && sha512sum last) "far/$name"
want_text <(files_read | tr ' ' '\n' | grep -x '[a-z]*') last
want_text <(cd far && printf '%s\n' .y* y*) ".y*"$'\n'"$name"
