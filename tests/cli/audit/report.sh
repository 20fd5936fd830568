# --report: only these words are printed, and are a difference for the status; the counts name the rest.
. "$TEST_TOP/tests/lib.sh"

mkdir -p tree/closed
for name in a b c d e closed/f; do
	echo $name >tree/$name
	touch -d 2020-02-02 tree/$name
done
treesum --annotate -o sums tree
echo other >tree/a
mv tree/c tree/c2
cp tree/e tree/e2
echo n >tree/n
rm tree/d
report() { # STATUS LINES WORD...
	local expected=$1 lines=$2
	shift 2
	run treesum "${@/#/--report=}" --audit=sums tree
	want_status "$expected"
	want_out "$lines"
	want_err "treesum: $counts"
}
counts='3 the same, 1 changed, 1 new, 1 missing, 1 moved, 1 copied'
report 1 'tree/a: CHANGED' changed
report 1 'tree/c2: MOVED from tree/c
tree/d: MISSING' moved,missing
report 1 'tree/e2: COPIED from tree/e
tree/n: NEW' new copied
# What people do in a tree is no alarm.
report 0 '' corrupt,unreadable
run treesum -v --report=corrupt --audit=sums tree
want_status 0
want_out 'tree/b: OK
tree/closed/f: OK
tree/e: OK'
run treesum --report=missing --diff sums <(treesum --annotate tree)
want_status 1
want_out 'tree/d: MISSING'
run treesum --report=corrupt --diff sums <(treesum --annotate tree)
want_status 0
# Rot is.
printf x >tree/b && touch -d 2020-02-02 tree/b
counts='2 the same, 1 changed, 1 corrupt, 1 new, 1 missing, 1 moved, 1 copied'
run treesum --report=corrupt,missing,unreadable --audit=sums tree
want_status 1
want_text <(sed 's/ (.*//' "$out") 'tree/b: CORRUPT
tree/d: MISSING'
want_err "treesum: $counts"
# Trouble stays trouble, reported or not.
chmod 777 . tree
chmod 000 tree/closed
as=("${unprivileged[@]}")
for words in corrupt unreadable; do
	run "${as[@]}" treesum --report=$words --audit=sums tree
	want_status 2
	[ $words = corrupt ] || want_out 'tree/closed/f: UNREADABLE'
	want_err_line 'treesum: tree/closed: Permission denied'
done
chmod 755 tree/closed
