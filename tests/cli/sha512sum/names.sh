# Names of every kind, as operands, in messages and in lists; in the C locale and in UTF-8.
. "$TEST_TOP/tests/lib.sh"

names=(
	'a b' ' a' 'a ' "a'b" 'a"b' "'" '"' 'a\b' '\' '\\' '\n' 'a\nb' $'a\nb' $'\n' $'\na' $'a\n' $'a\\\nb' $'a\tb' $'\033[31mred' $'a\177b'
	$'\001' 'a*b' '*' '?' 'a;b' 'a&b' '$a' '`a`' '(a)' 'a(=b' '(=' 'a) = b' '#a' '~a' 'a~' 'a=b' '[a]' '{a}' 'a,b' 'a:b' 'a!b' 'a^b' 'a|b' '<a>' '%s%n'
	$'\xff\xfe' $'caf\xc3\xa9' $'caf\xe9' $'\xe2\x82' $'\xf0\x9f\x98\x80' $'a\xc2\xa0b' $'\xe2\x80\xae' $'a\xff\nb' $'a\vb\fc' $'a\bb\ac' $'\033'
	$'a\'\nb' $'\'\n\'' "it's a \"test\"" 'OK: OK' 'a: FAILED'
)
for name in "${names[@]}"; do
	printf '%s' "$name" >"$name"
done
for name in -a --tag -- -c --help; do
	printf '%s' "$name" >"./$name"
	same -- "$name"
	same ./"$name"
done

for locale in C C.UTF-8; do
	prelude="export LC_ALL=$locale"
	for name in "${names[@]}"; do
		same "$name"
		same -z "$name"
		same --tag -b "$name"
		same "missing $name"
		same -c "missing $name"
		same "$name/below"
		# What is in the file is no list; the messages name the file.
		same -c -w --strict "$name"
	done
done

prelude=''
same "${names[@]}"
"$SHA512SUM" "${names[@]}" >list
"$SHA512SUM" --tag "${names[@]}" >tagged
for name in "${names[@]}"; do
	printf 'x' >>"$name"
done
for list in list tagged; do
	if oracle_quotes; then
		same -c --status $list
	else
		same -c $list
		same -c --quiet $list
	fi
done
for name in "${names[@]}"; do
	rm -f "$name"
done
prelude=$(oracle_quotes && echo 'exec >/dev/null' || true)
same -c list
same -c --ignore-missing tagged
