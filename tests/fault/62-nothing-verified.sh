# A list that is empty, or holds only comments, or only missing files: never a success.
. "$TEST_TOP/tests/lib.sh"

: >empty
printf '# one\n\n# two\n' >comments
printf '%0128d  nope\n' 0 >missing
printf 'rubbish\n' >rubbish
printf '\n\n\n' >blank
for list in empty comments missing rubbish blank /dev/null; do
	for options in '' --ignore-missing --quiet --status --strict '-w --ignore-missing'; do
		run treesum -c $options $list
		want_status 1
		same -c $options $list
	done
done
