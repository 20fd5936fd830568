# A CR in a name is escaped; sha512sum 9.1 does not do so, but reads it.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
echo cr >tree/$'a\rb'
echo end >tree/$'a\r'
echo both >tree/$'a\r\n'
golden treesum tree
run treesum tree
cp "$out" list
golden treesum -z tree
golden treesum --tag tree/$'a\rb'
golden treesum -c list
run sha512sum -c --quiet list
want_status 0
run treesum --tag tree
cp "$out" list
run treesum -c --quiet list
want_status 0
if oracle_escapes_cr; then
	same tree/*
	same --tag tree/*
fi

# A raw CR before the end of a line is not part of the name, unless it is escaped.
printf '%s  tree/a\r\n' "$(sha512sum <tree/$'a\r' | cut -c 1-128)" >list
golden treesum -c list
printf '\\%s  tree/a\\r\r\n' "$(sha512sum <tree/$'a\r' | cut -c 1-128)" >list
golden treesum -c list
