# A file that is not a journal, or that belongs to another user, is neither used nor altered. Of a damaged journal,
# the records before the damage are used. The manifest is right in each case.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/broken_off.sh"
need_strace
make_tree
everything='empty last link one three two'
break_off TERM has_all -o sums tree last
mv $journal "$SCRATCH/sound"
break_off TERM has_all -o sums tree last
mv $journal "$SCRATCH/another"
sound=$SCRATCH/sound
put() { cp "$sound" $journal && chmod 600 $journal; }

# Both kinds of runs, each beside a journal as the command makes it. They leave it as they find it, if told so.
complete() { # left|gone NAMES MESSAGE COMMAND
	local run
	for run in '--resume -o sums' '--update=sums --accept=new'; do
		rm -rf sums $journal
		$4
		state >before
		if [[ $run = *update* ]]; then
			run treesum $run tree last
		else
			go_on_with $run tree last
			want_read "$2"
		fi
		want_status 0
		want_text <(grep -v ' the same, ' "$err") "${3:+treesum: sums: $3}"
		want_same_bytes <(LC_ALL=C sort expected) <(grep -v '^#' sums | LC_ALL=C sort)
		[ "$1" = left ] && want_same_bytes before <(state) || want [ ! -e $journal ]
	done
	rm -rf $journal
}
state() {
	stat -c '%F %a %u %h %i %s' $journal
	[ ! -f $journal ] || sha512sum <$journal
}

# A link, to a journal or to a file that would be overwritten; a directory; a FIFO, which is not waited for.
unsafe='its journal is not a private file of this user, and is not used'
cp "$sound" elsewhere
chmod 600 elsewhere
cp elsewhere "$SCRATCH/elsewhere"
as_link() { ln -s elsewhere $journal; }
as_dangling() { ln -s nowhere $journal; }
as_directory() { mkdir -m 600 $journal; }
as_fifo() { mkfifo -m 600 $journal; }
# Open to others, or closed to us; with another name; of another user.
as_644() { put && chmod 644 $journal; }
as_660() { put && chmod 660 $journal; }
as_000() { put && chmod 000 $journal; }
as_linked() { put && ln -f $journal other-name; }
as_foreign() { put && chown 65534 $journal; }
for prepare in as_link as_dangling as_directory as_fifo as_644 as_660 as_000 as_linked as_foreign; do
	[ $prepare != as_foreign ] || [ "$(id -u)" -eq 0 ] || continue
	complete left "$everything" "$unsafe" $prepare
done
want_same_bytes "$SCRATCH/elsewhere" elsewhere
want [ ! -e nowhere ]
rm elsewhere other-name

# Of another version, or no journal: that is left alone, too.
other='its journal is of another version of treesum, and is not used'
as_other_version() { { printf 'treesum journal 1\n' && tail -c +19 "$sound"; } >$journal && chmod 600 $journal; }
as_garbage() { (umask 077 && head -c 1000 "$TREESUM" >$journal); }
as_text() { (umask 077 && echo 'notes of mine' >$journal); }
for prepare in as_other_version as_garbage as_text; do
	complete left "$everything" "$other" $prepare
done

# Damaged: what is before the damage is of use, and how much the rest is is told.
dropped() { echo "its journal is incomplete or damaged: its last $1 bytes are not used"; } # BYTES
records() { echo $(($(stat -c %s "$1") - 42)); }
as_nothing() { (umask 077 && : >$journal); }
as_half_a_header() { (umask 077 && head -c 20 "$sound" >$journal); }
as_zeros() { (umask 077 && head -c 5000 /dev/zero >$journal); }
complete gone "$everything" '' as_nothing
complete gone "$everything" "$(dropped 20)" as_half_a_header
complete gone "$everything" "$(dropped 5000)" as_zeros
as_whole() { put; }
as_followed_by_zeros() { put && truncate -s +5000 $journal; }
# What follows is sound, but was written to another journal.
as_joined() { put && tail -c +43 "$SCRATCH/another" >>$journal; }
as_twice() { put && tail -c +43 "$sound" >>$journal; }
complete gone last '' as_whole
complete gone last "$(dropped 5000)" as_followed_by_zeros
complete gone last "$(dropped "$(records "$SCRATCH/another")")" as_joined
complete gone last "$(dropped "$(records "$sound")")" as_twice
# The last record is lost, whichever that is: at most one file is read again beside `last`.
put
truncate -s -1 $journal
go_on_with --resume -o sums tree last
want_status 0
want_text <(sed 's/[1-9][0-9]* bytes/N bytes/' "$err") "treesum: sums: $(dropped N)"
want_same_bytes expected sums
want [ "$(files_read | sed 's/ link-[ab] link-[ab]//' | wc -w)" -le 2 ]
# The records of a foreign journal alone.
(umask 077 && { head -c 42 "$sound" && tail -c +43 "$SCRATCH/another"; } >$journal)
go_on_with --resume -o sums tree last
want_status 0
want_read "$everything"
want_same_bytes expected sums
