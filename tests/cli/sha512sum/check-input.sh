# -c with lists from standard input, with "-" as an entry, from FIFOs, and names relative to the folder.
. "$TEST_TOP/tests/lib.sh"

echo a >a
echo b >b
sha512sum a b >list
printf '%s  -\n' "$(sha512sum a | cut -c 1-128)" >dash
cat list dash >list-and-dash

prelude='exec <list'
same -c
same -c -
same -c - -
same -c list -
same -c - list
same --check --status

prelude='exec <all-malformed'
printf 'rubbish\n' >all-malformed
same -c
same -c -w
same -c --ignore-missing

prelude='exec <a'
same -c dash
same -c list-and-dash
same -c dash dash
same -c -w

prelude='exec <b'
same -c dash
same -c list-and-dash

# The list itself comes from standard input: an entry "-" cannot.
prelude='exec <list-and-dash'
same -c
same -c -
same -c -w --strict -

prelude='exec <&-'
same -c
same -c list

mkfifo fifo
prelude='cat list >fifo &'
same -c fifo

mkdir sub
prelude='cd sub'
same -c ../list
