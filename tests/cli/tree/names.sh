# Names of every kind in a tree: the lines of sha512sum, and there and back through -c.
. "$TEST_TOP/tests/lib.sh"

mkdir -p tree/$'new\nline' tree/'back\slash' tree/$'\xff\xfe' tree/-d tree/' '
names=(
	'a b' 'a\b' '\' $'a\nb' $'\n' $'a\\\nb' $'a\tb' $'\033[31mred' $'a\177b' $'\001' '*' '$a' '(=' 'a(=b) = c' '#a' '-' '--' '-c'
	$'\xff\xfe/\xfd' $'caf\xc3\xa9' $'caf\xe9' $'new\nline/in\nside' 'back\slash/x' ' /x' $'\xf0\x9f\x98\x80' 'x: OK' '-d/-x'
)
for name in "${names[@]}"; do
	printf '%s' "$name" >"tree/$name"
done
oracle_manifest tree >"$SCRATCH/expected"
for locale in C C.UTF-8; do
	prelude="export LC_ALL=$locale"
	run treesum tree
	want_manifest "$SCRATCH/expected"
	for format in --tag -z; do
		find tree -type f -print0 | sort -z | xargs -0 sha512sum $format >"$SCRATCH/formatted"
		run treesum $format tree
		want_manifest "$SCRATCH/formatted"
	done
done
prelude=''
for list in "$SCRATCH/expected" "$SCRATCH/tagged"; do
	[ -e "$list" ] || find tree -type f -print0 | sort -z | xargs -0 sha512sum --tag >"$list"
	run treesum -c "$list"
	want_status 0
	want_err ''
	want [ "$(grep -ac ': OK$' "$out")" -ge ${#names[@]} ]
	run sha512sum -c --quiet "$list"
	want_status 0
done

# sha512sum 9.1 quotes such a name wrongly: one with a quote that ends in what cannot be printed.
golden treesum $'no\nsuch\'x\t'

# Results show a name raw, or escaped behind a backslash where it holds a newline.
printf '%s  %s\n' "$(printf x | sha512sum | cut -c 1-128)" 'tree/a b' >list
golden treesum -c list
printf '\\%s  %s\n' "$(printf '\n' | head -c 1 | sha512sum | cut -c 1-128)" 'tree/\n' >list
golden treesum -c list
printf '\\%s  %s\n' "$(printf '%s' 'a\b' | sha512sum | cut -c 1-128)" 'tree/a\\b' >list
golden treesum -c list
printf '%s  %s\n' "$(printf '\033[31mred' | sha512sum | cut -c 1-128)" $'tree/\033[31mred' >list
golden treesum -c list
printf '\\%s  %s\n' "$(printf x | sha512sum | cut -c 1-128)" 'tree/no\\such\nname' >list
golden treesum -c list
