# A manifest that is sealed and clearsigned: the seal is that of the text, and no line counts that is not
# in there. Whether the signature holds is for gpg to say.
. "$TEST_TOP/tests/lib.sh"

mkdir dir
echo a >a
echo b >dir/b
touch -d @1700000000.5 a dir/b
cp "$TEST_TOP"/fixtures/corpus/recognise/gpg-clearsigned* .
a=$(sha512sum a | cut -c 1-128)
said='the signature was not checked (gpg --verify)'

# As sha512sum has it, but for what is said; out of a file and through a pipe.
accepted() { # LIST
	local input operand expected
	for option in '' --strict --status; do
		expected=0
		# shellcheck disable=SC2086
		sha512sum -c $option "$1" >"$SCRATCH/expected" 2>/dev/null || expected=$?
		for input in "$1" "< <(cat $1)" "<$1"; do
			operand=$([ "$input" = "$1" ] && echo "$1" || echo -)
			# shellcheck disable=SC2086
			prelude="exec ${input#"$1"}" run treesum -c $option $operand
			want_status $expected
			want_same_bytes "$SCRATCH/expected" "$out"
			name=$([ $operand = - ] && echo "'standard input'" || echo "$1")
			want_text <(grep -v WARNING "$err") "$([ "$option" = --status ] || echo "treesum: $name: $said")"
		done
	done
}
compared() { # LIST
	run treesum --audit="$1" a dir
	want_status 0
	want_out ''
	want_err "treesum: $1: $said
treesum: 2 the same"
	run treesum --status --audit="$1" a dir
	want_status 0
	want_err ''
	run treesum --diff "$1" <(treesum a dir)
	want_status 0
	cp "$1" before
	for option in '' --no-seal --accept=new,missing,changed; do
		# shellcheck disable=SC2086
		run treesum $option --update="$1" a dir
		want_status 2
		want_err "treesum: $1: line 1 is OpenPGP armour around a signed manifest
treesum: $1: $said"
		want_same_bytes before "$1"
	done
}
refused() { # LIST REASON
	cp "$1" before
	run treesum -c "$1"
	want_status 1
	want_out ''
	want_err_line "treesum: $1: $2"
	run treesum --audit="$1" a dir
	want_status 2
	want_out ''
	want_err_line "treesum: $1: $2"
	# It may stop at the armour.
	run treesum --update="$1" a dir
	want_status 2
	want_out ''
	want_same_bytes before "$1"
	prelude="exec < <(cat $1)" run treesum -c
	want_status 1
	want_err_line "treesum: 'standard input': $2"
}
for list in gpg-clearsigned gpg-clearsigned-sealed; do
	accepted $list
	compared $list
done
edited='was edited after it was sealed'

# An implementation may escape any line, and must where it begins with a dash.
sed '1,/BEGIN PGP SIGNATURE/{/^[#0-9a-f]/s/^/- /}' gpg-clearsigned-sealed >escaped
for operand in escaped -; do
	prelude='exec < <(cat escaped)' run treesum -c $operand
	want_status 0
	want_out 'a: OK
dir/b: OK'
done
compared escaped
{
	echo '- a comment'
	printf '#= 2 1700000000.500000000 -\n%s  a\n' "$a"
} >body
{ cat body; oracle_seal body; } >dash-sealed
sed 's/^-/- -/' dash-sealed | sed -e '1i-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n' \
	-e '$a-----BEGIN PGP SIGNATURE-----\n\niQGz\n-----END PGP SIGNATURE-----' >dash
run treesum -c dash
want_status 0
want_out 'a: OK'
# One without annotations, whose first lines do not tell that there is a seal.
sha512sum a dir/b >body
{ cat body; oracle_seal body; } | sed -e 's/^/- /' -e '1i-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n' \
	-e '$a-----BEGIN PGP SIGNATURE-----\n\niQGz\n-----END PGP SIGNATURE-----' >unannotated
run treesum -c unannotated
want_status 0
want_out 'a: OK
dir/b: OK'

# The text was edited, or cut off with the armour complete.
sed '0,/ a$/s// c/' gpg-clearsigned-sealed >other-name
refused other-name "$edited"
sed '/^#end/d' gpg-clearsigned-sealed >no-seal
refused no-seal 'was cut off: it has no seal at its end'
sed 's/$/\r/' gpg-clearsigned-sealed >crlf
refused crlf "$edited: its lines end in CR LF now"
# Without its armour's first line it is what it is not: something around a sealed manifest.
sed 1d gpg-clearsigned-sealed >headless
refused headless "$edited"
{ echo; cat gpg-clearsigned-sealed; } >not-first
refused not-first "$edited"
{ cat dash-sealed gpg-clearsigned-sealed; } >behind
refused behind "$edited"

# Lines that were added outside are none, to sha512sum alone they are.
echo c >c
line="$(sha512sum c | cut -c 1-128)  c"
{ cat gpg-clearsigned-sealed && printf '%s\n' "$line"; } >after
sed "s/^iQGz/$line\n&/" gpg-clearsigned-sealed >in-signature
sed "s/^Hash:/$line\n&/" gpg-clearsigned-sealed >in-headers
want grep -q ' c: OK\|^c: OK' <(sha512sum -c after 2>/dev/null)
for list in after in-signature; do
	for operand in $list -; do
		prelude="exec < <(cat $list)" run treesum -c $operand
		want_status 0
		want_out 'a: OK
dir/b: OK'
	done
	run treesum --audit=$list a dir c
	want_status 2
	want_out 'c: NEW'
	want_err_line "treesum: $list: WARNING: $([ $list = after ] && echo '1 line is' || echo '13 lines are') improperly formatted"
done
# What is no header ends the armour, so that there is no text.
run treesum --audit=in-headers a dir
want_status 2
# In a list that is not sealed -c counts them, as sha512sum does; an audit does not.
{ cat gpg-clearsigned && printf '%s\n' "$line"; } >after-plain
accepted after-plain
run treesum --audit=after-plain a dir c
want_status 2
want_out 'c: NEW'

# Of another algorithm.
run treesum -c gpg-clearsigned-sha256
want_status 1
want_err_line "treesum: gpg-clearsigned-sha256: the digests are as long as SHA-256's; use -a sha256"
run treesum -a sha256 -c gpg-clearsigned-sha256
want_status 0
run treesum --audit=gpg-clearsigned-sha256 a dir
want_status 0
want_err "treesum: gpg-clearsigned-sha256: $said
treesum: 2 the same"
