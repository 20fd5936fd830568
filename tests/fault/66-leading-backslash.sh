# Names that begin with a backslash have a right result line (coreutils before 9.4 got it wrong).
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
