# Descriptors 0 to 2 closed at the start: no data file is opened in their place and written to.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
for i in a b c d; do
	echo $i >tree/$i
done
chmod u+w tree/*
oracle_manifest tree >"$SCRATCH/expected"
cp "$SCRATCH/expected" list
for prelude in 'exec <&-' 'exec >&-' 'exec 2>&-' 'exec <&- >&-' 'exec <&- 2>&-' 'exec >&- 2>&-' 'exec <&- >&- 2>&-'; do
	for options in 'tree nope' '-c list' '-c nope' '--unsorted tree tree/a nope' '-j1 tree - nope' '--debug tree'; do
		run treesum $options
		case $prelude:$options in
		*'exec >'* | *'<&- >&-'*) ;;
		*:tree*) want_same_bytes "$SCRATCH/expected" "$out" ;;
		esac
		want_same_bytes "$SCRATCH/expected" <(oracle_manifest tree)
		want_same_bytes "$SCRATCH/expected" list
	done
	run treesum -o sums tree
	want_status 0
	want_same_bytes "$SCRATCH/expected" sums
	rm sums
done

# They cannot be filled: said so, with a status that is trouble and no difference.
need_strace
prelude='exec <&-'
for options in tree '-c list'; do
	run traced -P /dev/null -e inject=openat:error=EMFILE -- treesum $options
	want_injected
	want_status 1
	want_err 'treesum: cannot start: Too many open files'
done
run traced -P /dev/null -e inject=openat:error=EMFILE -- treesum --audit=list tree
want_status 2
want_err 'treesum: cannot start: Too many open files'
