# Several runs share one journal: those that do not believe it, those of other algorithms.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/broken_off.sh"
need_strace
make_tree
has_one() { journal_has tree/one; }
has_two() { journal_has tree/two; }

# Without --resume nothing of it is believed; that it is there is said, and it is added to.
break_off TERM has_one -o sums tree/one last
size=$(stat -c %s $journal)
break_off TERM has_two -o sums tree/two last
want_err "$hint
treesum: 1 file (300 kB) is kept in .sums.treesum-journal: --resume goes on"
want [ "$(stat -c %s $journal)" -gt "$size" ]
want has_one
# Both runs are of use then, and nothing is read twice.
break_off TERM has_all --resume -o sums tree last
want_err "$kept"
go_on_with --resume -o sums tree last
want_status 0
want_err ''
want_read last
want_same_bytes expected sums
want [ ! -e $journal ]

# Not believed and not needed: all is read, and when the target stands the journal goes.
break_off TERM has_all -o sums tree last
go_on_with -o sums tree last
want_status 0
want_err "$hint"
want_read 'empty last link one three two'
want_same_bytes expected sums
want [ ! -e $journal ]

# Where the target does not stand, it stays: a failure to write.
break_off TERM has_all -o sums tree last
cp -p $journal before
run traced -e inject=fsync:error=EIO -- treesum --resume -o sums tree last
want_injected
want_status 1
want_err 'treesum: sums: Input/output error
treesum: 7 files (300 kB) are kept in .sums.treesum-journal: --resume goes on'
want cmp -n "$(stat -c %s before)" before $journal
go_on_with --resume -o sums tree last
want_read ''
want_same_bytes expected sums

# Digests of another algorithm are kept, and not used.
break_off TERM has_all -o sums tree last
break_off TERM has_all_twice --resume -a sha256 -o sums tree last
want_err "$kept"
cp -p $journal both
go_on_with --resume -o sums tree last
want_read last
want_same_bytes expected sums
mv both $journal
go_on_with --resume -a sha256 -o sums tree last
want_read last
want_same_bytes <(sed 's/^[^ ]*  //' expected | tr '\n' '\0' | xargs -0 sha256sum) sums
want [ ! -e $journal ]
