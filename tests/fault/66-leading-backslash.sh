# Names with a backslash have a result line of their own, as in coreutils 9.4 to 9.10.
. "$TEST_TOP/tests/lib.sh"

for name in '\' '\a' '\\' '\n' 'a\' $'\\\n'; do
	printf '%s' "$name" >"$name"
done
treesum -- *  >list
want sha512sum -c --status list
golden treesum -c list
printf x >'\a'
rm '\n'
golden treesum -c list
