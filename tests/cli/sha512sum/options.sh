# Abbreviated, ambiguous, unknown and misused options, their order, and POSIXLY_CORRECT.
. "$TEST_TOP/tests/lib.sh"

echo a >a
echo b >b
sha512sum a b >list

# An abbreviation keeps sha512sum's meaning, or its ambiguity, whatever other options there are.
for option in --b --bin --binary --c --check --ch --i --ignore --q --qui --sta --stat --statu --str --stri \
	--st --ta --te --tex --w --war --warn --z --zer --v --vers --h --ignore-missin; do
	case $option in
	--v* | --h*) continue ;; # each prints its own text
	esac
	same $option a
	same $option list
	same -c $option list
done

for option in --nope -Q -y --binary=x --check= --status=1 --tag=x -b=x --zero=0 --strict=yes -c=list; do
	same $option a
	same -c $option list
done

# An option that is a byte of a longer character, whatever the locale can print.
for locale in C C.UTF-8; do
	for option in -é -bé -cé $'-\xe9' $'-\xc3' $'-\xff'; do
		LC_ALL=$locale same $option a
	done
done
# One that a terminal would obey is told by its number.
for option in '-\033' '-\012' '-\177' '-\200' '-\233'; do
	printf -v argument %b "$option"
	run treesum "$argument" a
	want_status 1
	want_err "treesum: invalid option -- '${option#-}'
Try 'treesum --help' for more information."
done

# Every pair and triple of options: most are errors, which have an order of their own.
options=(-b -c -t -w -z --tag --ignore-missing --quiet --status --strict)
for ((i = 0; i < ${#options[@]}; i++)); do
	same "${options[i]}" list
	for ((j = i + 1; j < ${#options[@]}; j++)); do
		same "${options[i]}" "${options[j]}" list
		same "${options[j]}" list "${options[i]}"
		for ((k = j + 1; k < ${#options[@]}; k++)); do
			same "${options[i]}" "${options[j]}" "${options[k]}" list
		done
	done
done

same -bcw list
same -cw list
same -wc list
same -cz list
same -btz a
same -tbz a

# The option that is in error decides, not the operand.
same --strict nope
same --tag -c nope
same -c --nope nope

prelude='export POSIXLY_CORRECT=1'
same a -b
same -b a -t
same a --tag
same -- a
same a -- -b
same -c list --quiet
same --quiet -c list
