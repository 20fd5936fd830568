# Output that cannot be written: a full device, closed descriptors.
. "$TEST_TOP/tests/lib.sh"

echo a >a
echo b >b
sha512sum a b >list
printf '%s  a\nrubbish\n' "$(sha512sum b | cut -c 1-128)" >bad

for prelude in 'exec >/dev/full' 'exec >&-' 'exec <&-' 'exec 2>&-' 'exec 2>/dev/full' 'exec <&- >&-' \
	'exec >&- 2>&-' 'exec <&- 2>&-' 'exec <&- >&- 2>&-' 'exec >/dev/full 2>&1' 'exec <&- >/dev/full'; do
	same a
	same -
	same
	same nope
	same a nope b
	same --tag -z a b
	same -c list
	same -c --status list
	same -c --quiet list
	same -c bad
	same -c --status bad
	same -c nope
	same -c
	same --nope
	same --tag -c
done
cat - a <<<a >both
want_text both $'a\na'

# Where results cannot be written no more lines are taken, of a list that has no end either.
endless() { yes "$(sha512sum "$1")" | treesum -c ${2:+"$2"}; }
for file in a /dev/null; do
	for prelude in 'exec >/dev/full' 'exec >&-'; do
		run endless $file
		want_status 1
		want grep -q '^treesum: write error: ' "$err"
	done
done
# Nor is another list.
{ yes "$(sha512sum a)" | head -n 20000 || true; } >long
prelude='exec >/dev/full' run treesum -c long nope
want_status 1
want_err 'treesum: write error: No space left on device'
# That the lines were not read to the end says nothing of their seal.
sed 's/^/#= 2 1700000000.500000000 -\n/' long >body
{ cat body && oracle_seal body; } >sealed
for input in '<sealed' '< <(cat sealed)'; do
	prelude="exec >/dev/full $input" run treesum -c
	want_status 1
	want_err 'treesum: write error: No space left on device'
done

# The reason why a list cannot be read.
prelude='exec <&-' run treesum -c -
want_status 1
want_err "treesum: 'standard input': read error: Bad file descriptor"
