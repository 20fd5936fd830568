# Lists with CRLF, with a byte order mark, without the last newline: as sha512sum reads them.
. "$TEST_TOP/tests/lib.sh"

echo a >a
echo b >b
sha512sum a b >list
sha512sum --tag a b >tagged
for list in list tagged; do
	sed 's/$/\r/' $list >crlf-$list
	printf '\xef\xbb\xbf' | cat - $list >bom-$list
	printf %s "$(cat $list)" >cut-$list
	printf %s "$(cat crlf-$list)" >cut-crlf-$list
	for form in crlf bom cut cut-crlf; do
		same -c -w $form-$list
		same -c -w --strict $form-$list
	done
done
run treesum -c cut-crlf-list
want_out 'a: OK
b: OK'
