# Plain and tagged lines, -b, -t, -z, repeated and missing files, in every combination.
. "$TEST_TOP/tests/lib.sh"

printf 'abc' >a
: >empty
head -c 100000 /dev/zero >zeros
mkdir -p sub/deep
echo x >sub/deep/x

for operands in a 'a a' 'empty zeros a' 'nope' 'a nope empty' 'nope a nope' './a' 'sub/deep/x' \
	'sub//deep/../deep/x' '-- a' '-' 'a - empty' '- -' ''; do
	for options in '' -b -t --binary --text --tag -z --zero '-b -z' '-t -z' '-z --tag' '-b --tag' \
		'--tag -b' '-t -b' '-b -t' -bz '-b -t --tag' '-t --tag' '--tag -t'; do
		prelude='exec <zeros'
		same $options $operands
	done
done

# Options after operands, and between them.
same a -b empty
same a --tag -z
same a -- -b
same a nope --tag

# Standard input at its end, and a file of the name "-".
prelude=''
same
same -
echo dash >-
same ./-
