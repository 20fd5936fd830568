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
