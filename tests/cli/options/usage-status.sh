# A command line that is wrong has the status of its mode, wherever in it that stands: 2 where a
# comparison is asked for, else 1.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
echo a >tree/a
treesum -o sums tree
wrong() { # STATUS ARGUMENT...
	local expected=$1
	shift
	run treesum "$@"
	[ "$status" -eq "$expected" ] || fail "treesum $*: status $status, not $expected"
	want_out ''
	want_err_line "Try 'treesum --help' for more information."
}
for mode in --audit=sums --update=sums --audi=sums; do
	for order in "--nonsense $mode tree" "$mode --nonsense tree" "tree -Q $mode" "-j0 tree $mode" \
		"--exclude $mode -j0 tree --diff" "--engine=x -a $mode -c --audit sums tree" "$mode --jobs" \
		"--nonsense tree ${mode/=/ }" "-c $mode tree" "$mode -c tree" "-ct --nonsense $mode tree"; do
		wrong 2 $order
	done
done
for order in '--nonsense --diff sums sums' '-Q sums --diff sums' '--diff=x sums sums' '--nonsense --dif sums sums' \
	'tree --audit' '--update'; do
	wrong 2 $order
done
want_same_bytes <(oracle_manifest tree) sums

# These are no modes: arguments of other options, operands after --, and after the first with POSIXLY_CORRECT.
for order in '--nonsense tree' '-c --nonsense sums' '--exclude --diff -j0 tree' '-C --audit=sums -Q tree' \
	'-Q -- --audit=sums --diff'; do
	wrong 1 $order
done
prelude='export POSIXLY_CORRECT=1'
wrong 1 -Q tree --audit=sums
wrong 2 -Q --audit=sums tree
