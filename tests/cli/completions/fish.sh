# Completion in fish: options and their values, asked for by complete -C.
. "$TEST_TOP/tests/lib.sh"
command -v fish >/dev/null || skip 'no fish here'

completions=$TEST_TOP/src/completions/treesum.fish
fish() { # LINE: print what is offered at its end
	HOME=$SCRATCH command fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$completions" "$1" |
		cut -f 1 | sort
}

sed -nE '/^complete -c treesum /{
	s///
	s/ -[ad] .*//
	s/ -(x|rF)$/ required/
	s/ -f$/ optional/
	s/^(-s .)?( ?-l [^ ]*)?$/& no/
	s/^-s (.) -l ([^ ]*) (.*)/--\2 \3 -\1/
	s/^-l /--/
	s/^-s /-/
	p
}' "$completions" | with_letters >"$SCRATCH/known"
taken_options >"$SCRATCH/taken"
want_same_bytes "$SCRATCH/taken" "$SCRATCH/known"
cut -d ' ' -f 1 "$SCRATCH/taken" >"$SCRATCH/names"
# One whose value may be left out is offered in two forms.
fish 'treesum -' | sed 's/=$//' | sort -u >"$SCRATCH/offered"
want_same_bytes "$SCRATCH/names" "$SCRATCH/offered"

mkdir folder
: >file
offers() { # LINE OFFER...
	run fish "treesum $1"
	shift
	want_out "$(printf '%s\n' "$@")"
	want_err ''
}
offers --al --algorithm
offers '-c --q' --quiet
offers '--engine=l' --engine=lanes --engine=libcrypto
offers '--engine ' auto lanes libcrypto
offers '-a sha512' sha512 sha512-224 sha512-256
offers '--algorithm=sm' --algorithm=sm3
offers '-a md5,sha512-' md5,sha512-224 md5,sha512-256
offers '-j '
offers '--timeout '
offers '-C ' folder/
offers '--directory=f' --directory=folder/
for words in '' '-o ' '--update ' '--files0-from ' '-c '; do
	offers "$words" file folder/
done
