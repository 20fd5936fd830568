# -c with every combination of its options, over lists with every kind of trouble.
. "$TEST_TOP/tests/lib.sh"

echo a >a
echo b >b
echo c >c
mkdir lists directory
hash() { sha512sum "$1" | cut -c 1-128; }
of_a=$(hash a) of_b=$(hash b)

sha512sum a b c >lists/good
printf '%s  a\n%s  b\n' "$of_b" "$of_b" >lists/one-bad
printf '%s  a\n%s  b\n%s  c\n' "$of_b" "$of_a" "$of_a" >lists/all-bad
printf '%s  a\n%s  gone\n' "$of_a" "$of_a" >lists/one-missing
printf '%s  gone\n%s  gone too\n' "$of_a" "$of_a" >lists/all-missing
printf '%s  a\nrubbish\n%s  b\n' "$of_a" "$of_b" >lists/one-malformed
printf 'rubbish\n%s  a\nmore\n%s  b\n\t\n' "$of_a" "$of_a" >lists/everything
printf 'rubbish\nmore rubbish\n' >lists/all-malformed
printf '# nothing\n\n#\n' >lists/comments
printf '%s  a\n%s  directory\n' "$of_a" "$of_a" >lists/directory
printf 'rubbish\n%s  gone\n' "$of_a" >lists/malformed-and-missing
printf '%s  gone\n%s  a\n' "$of_a" "$of_b" >lists/missing-and-bad
: >lists/empty

options=(-w --ignore-missing --quiet --status --strict)
for ((mask = 0; mask < 1 << ${#options[@]}; mask++)); do
	chosen=()
	for ((i = 0; i < ${#options[@]}; i++)); do
		((mask & 1 << i)) && chosen+=("${options[i]}")
	done
	for list in lists/*; do
		# A name with a blank is quoted by some versions of sha512sum.
		[ $list != lists/all-missing ] || ! oracle_quotes || continue
		same -c "${chosen[@]}" "$list"
	done
done

# --status, --quiet and --warn reset each other: the last one holds.
for order in '--status --quiet' '--quiet --status' '-w --quiet' '--quiet -w' '-w --status' '--status -w' \
	'-w --quiet --status' '-w --status --quiet' '--quiet -w --status' '--quiet --status -w' \
	'--status -w --quiet' '--status --quiet -w'; do
	same -c $order lists/everything
	same $order --strict -c lists/everything lists/good
done

# Several lists, and lists that cannot be read.
same -c lists/good lists/one-bad
same -c lists/everything lists/all-malformed lists/empty lists/good
same -c --ignore-missing lists/one-missing lists/one-missing
same -c nope
same -c nope lists/good
same -c lists/good nope
same -c --status nope
same -c directory
same -c --status directory lists/good
same -c --quiet lists/good lists/good
same -c --ignore-missing lists/good nope lists/all-malformed
