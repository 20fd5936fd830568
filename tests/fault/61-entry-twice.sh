# A file stands twice in a list, with the same digest or with another one: each line is told by itself.
. "$TEST_TOP/tests/lib.sh"

echo a >a
echo b >b
sha512sum a b a >list
same -c list
(cat list && printf '%0128d  a\n' 0 && cat list) >conflict
same -c conflict
run treesum -c conflict
want_status 1
want_out 'a: OK
b: OK
a: OK
a: FAILED
a: OK
b: OK
a: OK'

# In an audit the same is fine, and a contradiction is an error.
run treesum --audit=list a b
want_status 0
want_err 'treesum: 2 the same'
cp conflict before
for mode in audit update; do
	run treesum --$mode=conflict a b
	want_status 2
	want_out ''
	want_err 'treesum: conflict: lines 1 and 4 give one file two digests'
	want_same_bytes before conflict
done
