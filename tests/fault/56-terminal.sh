# Names that hold what a terminal obeys: escaped on a terminal, in every output and message; exact elsewhere.
. "$TEST_TOP/tests/lib.sh"

# What a terminal gets may hold newlines (with -z: NULs instead), but no other control byte, no half of a
# character, and no control character that UTF-8 makes of two bytes.
want_tame() { # END-OF-LINE
	expectations=$((expectations + 1))
	[ -s "$SCRATCH/terminal" ] || fail "$command: nothing came"
	tr -d "$1" <"$SCRATCH/terminal" >"$SCRATCH/lines"
	if grep -qP '[\x00-\x1f\x7f]' <(tr '\n' '\001' <"$SCRATCH/lines") ||
		{ [ "$locale" = C ] && grep -qaP '[\x80-\xff]' "$SCRATCH/lines"; } ||
		{ [ "$locale" = C.UTF-8 ] && LC_ALL=C.UTF-8 grep -qaP '[\x{80}-\x{9f}]' "$SCRATCH/lines"; } ||
		LC_ALL=C.UTF-8 grep -qaxv '.*' "$SCRATCH/lines"; then
		fail "$command ($locale): not for a terminal:"
		show "$SCRATCH/terminal"
	fi
}

names=($'\033[2Jclear' $'\033]0;title\007' $'\x9b31m' $'\xc2\x9b31m' $'back\b\b\bspace' $'line\nfeed' $'re\rturn' $'del\x7f' $'\x0e\x0f'
	$'nope\ntreesum: all is well' $'\xff\xc3' $'caf\xc3\xa9' $'\xe2\x80\xa8' $'tab\t' $'\xc2\x85')
all=$'x\033[2J\x9b\xc2\x9b\x7f\r\ntreesum: all is well'
mkdir tree gone $'dir\033[1m'
for name in "${names[@]}"; do
	echo "$name" >"tree/$name"
	cp "tree/$name" gone
done
treesum -o list gone tree
treesum --annotate -o sums gone tree
rm -r gone
for name in "${names[@]:0:5}"; do
	echo other >"tree/$name"
done
for name in "${names[@]:5:3}"; do
	mv "tree/$name" "tree/$name moved"
done
: >"tree/new"$'\033c'
treesum --annotate -o now tree
printf '%s\0' "${names[@]}" "" >names
treesum -z tree >"$SCRATCH/exact"

commands=('tree' '--tag tree' '--annotate tree' '--json tree' '--unsorted tree' '-c list' '-c --json list' '-c --tag list' '-c --status list'
	'--audit=sums tree gone' '-v --audit=sums tree' '--json --audit=sums tree' '--diff sums now' '--files0-from=names'
	'--summary --debug tree')
for locale in C C.UTF-8; do
	export LC_ALL=$locale
	for command in "${commands[@]}"; do
		on_terminal 12 treesum $command
		want_tame '\n'
	done
	on_terminal 2 treesum $command
	want_tame '\n'
	cp sums updated
	command='--update'
	on_terminal 12 treesum --accept=missing --update=updated tree
	want_tame '\n'
	command='-z'
	on_terminal 1 treesum -z tree
	want_tame '\0'
	want_text <(tr -dc '\n' <"$SCRATCH/terminal" | wc -c) 0
	command='operands'
	on_terminal 12 treesum -- "${names[@]}"
	want_status 1
	want_tame '\n'
	command='manifests'
	on_terminal 12 treesum -c -- "${names[@]/#/tree/}"
	want_status 1
	want_tame '\n'
	# As anything else on the command line.
	for arguments in -o -a -j -C --audit= --update= --files0-from= --engine= --timeout= --json= -- -Q - '--diff x '; do
		command=$arguments
		[[ $arguments = -[oC] || $arguments = --update= ]] && suffix=/x || suffix=''
		on_terminal 12 treesum $arguments"$all$suffix" tree
		want_not [ $status -eq 0 ]
		want_tame '\n'
		want_not grep -aq '^treesum: all is well' "$SCRATCH/terminal"
	done
done

# Into a file or a pipe the bytes go as they are.
export LC_ALL=C
run treesum -z tree
want_same_bytes "$SCRATCH/exact" "$out"
for name in "${names[@]:8}"; do
	want grep -qaFz "  tree/$name" "$out"
done
