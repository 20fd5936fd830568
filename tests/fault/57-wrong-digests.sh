# Digests of 127 or 129 digits, of another algorithm, or with other characters: malformed.
. "$TEST_TOP/tests/lib.sh"

echo a >a
digest=$(sha512sum a | cut -c 1-128)
for wrong in "${digest:1}" "${digest}0" "${digest:0:127}g" "$(sha256sum a | cut -c 1-64)" "$(sha384sum a | cut -c 1-96)" '' \
	"${digest:0:126}" "0x${digest:2}" "${digest:0:64} ${digest:65}" "+${digest:1}" "$digest$digest"; do
	for line in "$wrong  a" "$wrong *a" "SHA512 (a) = $wrong" "SHA512(a)= $wrong"; do
		printf '%s\n' "$line" >list
		run treesum -c list
		want_status 1
		want_out ''
		want_text <(comparable "$err") 'treesum: list: no properly formatted checksum lines found'
		printf '%s  a\n%s\n' "$digest" "$line" >list
		run treesum -c list
		want_status 0
		want_out 'a: OK'
		want_text <(comparable "$err") 'treesum: WARNING: 1 line is improperly formatted'
		run treesum -c --strict list
		want_status 1
	done
done
