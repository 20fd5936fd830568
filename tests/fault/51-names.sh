# Names with line feeds, carriage returns, escapes, bad UTF-8 and leading dashes: there and back.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
for name in $'line\nfeed' $'carriage\rreturn' 'back\slash' $'\033[2J' $'\177' $'\xff\xc3' '-dash' '(=' $'\n' $'\r' '\' $'\\\n\r\\n' ' ' \
	'SHA512 (x) = y' '#' $'\001\002' $'tab\t'; do
	printf '%s' "$name" >"tree/$name"
done
count=$(find tree -type f -printf x | wc -c)
for locale in C C.UTF-8; do
	export LC_ALL=$locale
	for format in '' --tag; do
		run treesum $format tree
		want_status 0
		want_err ''
		want [ "$(wc -l <"$out")" -eq "$count" ]
		cp "$out" list
		run treesum -c list
		want_status 0
		want_err ''
		want [ "$(grep -ac ': OK$' "$out")" -eq "$count" ]
		run sha512sum -c --status list
		want_status 0
	done
	run treesum -z tree
	want_status 0
	want [ "$(tr -dc '\0' <"$out" | wc -c)" -eq "$count" ]
done

# A message cannot be forged by a name.
run treesum $'nope\ntreesum: all is well'
want_status 1
want_err "treesum: 'nope'$'\\n''treesum: all is well': No such file or directory"
