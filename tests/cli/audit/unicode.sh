# Names that differ only in Unicode normalisation are two names, and it is said of each pair.
. "$TEST_TOP/tests/lib.sh"

composed=$'caf\xc3\xa9' decomposed=$'cafe\xcc\x81'
mkdir tree
echo 1 >"tree/$composed"
echo 2 >tree/plain
treesum --annotate -o sums tree
mv "tree/$composed" "tree/$decomposed"
run treesum --audit=sums tree
want_status 1
want_out "tree/$decomposed: MOVED from tree/$composed (Unicode normalisation differs)"
echo other >"tree/$decomposed"
rm tree/plain
for mode in "--audit=sums tree" "--diff sums new"; do
	treesum -o new tree
	# shellcheck disable=SC2086
	run treesum $mode
	want_status 1
	want_out "tree/$decomposed: NEW (Unicode normalisation differs)
tree/$composed: MISSING (Unicode normalisation differs)
tree/plain: MISSING"
done
# Not where both are there, nor where only one is.
echo 1 >"tree/$composed"
run treesum --audit=sums tree
want_out "tree/$decomposed: NEW
tree/plain: MISSING"
rm "tree/$composed" "tree/$decomposed"
echo 3 >$'tree/cafe\xcc\x80'
run treesum --audit=sums tree
want_out $'tree/cafe\xcc\x80: NEW
tree/caf\xc3\xa9: MISSING
tree/plain: MISSING'

# All that Python knows of it.
need_python
python3 "$TEST_TOP/tests/normal_form.py" names names
treesum -C names/c -o composed .
treesum -C names/d -o decomposed .
run treesum --diff composed decomposed
want_status 1
differing=$(comm -3 <(ls -A names/c | sort) <(ls -A names/d | sort) | wc -l)
want [ "$differing" -gt 1500 ]
want_text <(grep -c '(Unicode normalisation differs)$' "$out") "$differing"
# Some are the same in both forms.
want_text <(grep -v ' (Unicode normalisation differs)$\|: CHANGED$' "$out") ''
