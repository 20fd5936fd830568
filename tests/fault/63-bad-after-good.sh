# A bad file after a good one must be FAILED (coreutils 9.2 told OK for every file after a first good one).
. "$TEST_TOP/tests/lib.sh"

for i in 1 2 3 4 5 6; do
	echo $i >f$i
done
sha512sum f? >list
echo altered >f2
echo altered >f5
for options in '' -j1 -j8 -w --quiet --ignore-missing; do
	run treesum -c $options list
	want_status 1
	want_text <(grep -v ': OK$' "$out") 'f2: FAILED
f5: FAILED'
	[ "$options" = --quiet ] || want [ "$(wc -l <"$out")" -eq 6 ]
	want_err 'treesum: WARNING: 2 computed checksums did NOT match'
done
same -c list
