# shellcheck shell=bash disable=SC2154,SC2034 # lib.sh comes before
# Runs that are broken off when all of a tree is in the journal. To be read after lib.sh.
#
#	. "$TEST_TOP/tests/broken_off.sh"
#	make_tree
#	break_off TERM has_all -o sums tree last
#	go_on_with --resume -o sums tree last
#	want_read last

journal=.sums.treesum-journal
# No core is dumped.
ulimit -c 0

# The tree. The operand `last` is a FIFO while a run is to be broken off: it is read when all else was read, and
# the run waits for a writer. Afterwards it is a file, so that the next run ends.
make_tree() {
	mkdir -p tree/sub
	mkfifo pipe
	echo one >tree/one
	head -c 300000 /dev/zero >tree/two
	echo three >tree/sub/three
	: >tree/empty
	echo linked >tree/link-a
	ln tree/link-a tree/link-b
	echo data >data
	touch -r data tree/one
	ln -s data last
	printf 'tree\0last\0' >list
	oracle_manifest tree >expected
	sha512sum last >>expected
	settle
}
kept='treesum: 6 files (300 kB) are kept in .sums.treesum-journal: --resume goes on'
hint='treesum: sums: the journal of an interrupted run is there: --resume would use it'

# The files of the tree that are in a journal, each once.
journaled() { # [JOURNAL]
	grep -aoE 'tree/(one|two|empty|sub/three|link-a|link-b|added|young)' "${1:-$journal}" 2>/dev/null | sort -u |
		paste -sd ' '
}
has_all() { # [JOURNAL]
	[ "$(journaled "$@")" = 'tree/empty tree/link-a tree/link-b tree/one tree/sub/three tree/two' ]
}
has_all_twice() {
	[ "$(grep -aoE 'tree/(one|two|empty|sub/three|link-a|link-b)' $journal | sort | uniq -d | wc -l)" -eq 6 ]
}
journal_has() { [[ " $(journaled) " == *" $1 "* ]]; } # FILE

# Start a run, wait for an event, and end the run by a signal.
break_off() { # SIGNAL EVENT ARGUMENT...
	local signal=$1 event=$2 pid
	shift 2
	ln -sfn "$PWD/pipe" last
	env --default-signal=INT,QUIT,PIPE treesum "$@" </dev/null >"$out" 2>"$err" &
	pid=$!
	wait_until $event || true
	want kill -"$signal" $pid
	status=0
	wait $pid 2>"$SCRATCH/wait" || status=$?
	ln -sfn "$PWD/data" last
}

# A run, and which files it has opened. Of a file with two links it may open either, and once more to read it.
go_on_with() { run traced -e trace=openat,openat2 -- treesum "$@"; }
want_read() { # NAMES
	want_text <(files_read | tr ' ' '\n' | sed 's/link-[ab]/link/' | uniq | paste -sd ' ' | grep .) "$1"
}
