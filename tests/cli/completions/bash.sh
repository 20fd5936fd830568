# Completion in bash: options and their values, as bash-completion would ask for them.
. "$TEST_TOP/tests/lib.sh"

bash() { # WORD...: print what is offered for the last one, and what bash is told besides
	command bash -uc '
		compopt() { echo "compopt $*"; }
		. "$0/src/completions/treesum.bash"
		complete -p treesum >/dev/null || exit
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
		_treesum "$1" "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
		[ ${#COMPREPLY[@]} -eq 0 ] || printf "%s\n" "${COMPREPLY[@]}"' "$TEST_TOP" "$@"
}
only='compopt +o default +o bashdefault' # no names of files

taken_options | sed -E 's/^(--[^ ]*) required.*/\1=/; s/ .*//' | sort >"$SCRATCH/taken"
bash treesum - | grep -v '^compopt' | sort >"$SCRATCH/offered"
want_same_bytes "$SCRATCH/taken" "$SCRATCH/offered"

run bash treesum --al
want_out "$only
compopt -o nospace
--algorithm="
run bash treesum --check --q
want_out "$only
--quiet"
run bash "$TREESUM" --q
want_out "$only
--quiet"

# bash parts words at "=".
for words in '--engine = l' '--engine l'; do
	run bash treesum $words
	want_out "$only
lanes
libcrypto"
done
run bash treesum --engine =
want_out "$only
auto
lanes
libcrypto"
run bash treesum --engine nope
want_out "$only"

for words in '-a sha512' '--algorithm = sha512'; do
	run bash treesum $words
	want_out "$only
sha512
sha512-256
sha512-224"
done
# After a comma, the next one.
run bash treesum -a md5,sha512-
want_out "$only
md5,sha512-256
md5,sha512-224"
run bash treesum -a ''
want [ "$(grep -c '^[a-z0-9-]*$' "$out")" -eq "$(treesum --help | sed -n '/^Algorithms:/,/^$/{/:/d;p;}' | wc -w)" ]

run bash treesum -C ''
want_out "compopt -o dirnames
$only"
run bash treesum -j ''
want_out "$only"
for words in 'name' '-o name' '--audit = na' '--output = name' '--files0-from na' '-- -' 'a = b'; do
	run bash treesum $words
	want_status 0
	want_out ''
done
run bash treesum ''
want_out ''
want_err ''
