# --annotate: a line before each entry, a seal at the end, and nothing that sha512sum -c minds.
. "$TEST_TOP/tests/lib.sh"

# What an annotated manifest of trees has to be, by find, stat and sha512sum. Of what was written just now
# ctime is either missing or right: where it is right it is taken out, by `masked`.
expected() { # TREE...
	local tree name
	for tree; do
		while IFS= read -r -d '' name; do
			stat --printf '#= %s %.9Y -\n' "$name"
			"$SHA512SUM" "$name"
		done < <(find "$tree" -type f -print0 | sort -z)
	done >"$SCRATCH/body"
	{ cat "$SCRATCH/body" && oracle_seal "$SCRATCH/body"; } >"$SCRATCH/expected"
}

# The output without the ctimes of these files, and sealed anew if its seal was right.
masked() { # FILE...
	local name script=()
	for name; do
		script+=(-e "s/^\\(#= $(stat -c '%s %.9Y' "$name")\\) $(stat -c %.9Z "$name")\$/\\1 -/")
	done
	sed \$d "$out" >"$SCRATCH/unsealed"
	want_text <(tail -n 1 "$out") "$(oracle_seal "$SCRATCH/unsealed")"
	sed "${script[@]}" "$SCRATCH/unsealed" >"$SCRATCH/masked"
	oracle_seal "$SCRATCH/masked" >>"$SCRATCH/masked"
}

echo aged >aged
touch -d @1700000000.123456789 aged
mkdir -p tree/sub
printf 12345 >tree/five
: >tree/empty
head -c 3000000 /dev/zero >tree/large
echo x >tree/sub/x
ln -s five tree/link
mkfifo tree/fifo
touch -d @1700000000.123456789 tree/five
touch -d @0 tree/empty
touch -d @-0.5 tree/large
touch -d @-86400.000000001 tree/sub/x
files=(tree/five tree/empty tree/large tree/sub/x)
expected tree
run treesum --annotate tree
want_status 0
want_err ''
masked "${files[@]}"
want_same_bytes "$SCRATCH/expected" "$SCRATCH/masked"
want grep -qxF '#= 3000000 -0.500000000 -' "$SCRATCH/masked"
want [ "$(tail -c 1 "$out" | od -An -c)" = '  \n' ]
cp "$out" sums
run sha512sum -c --strict --quiet sums
want_status 0
want_out ''
run treesum -c --strict --quiet sums
want_status 0
want_err ''

# The same bytes each time and into a file, which is not listed.
touch -d @4000000000.5 "${files[@]}"
expected tree
for options in '' -j1 '-o tree/sums'; do
	run treesum --annotate $options tree
	want_status 0
	[ "$options" != '-o tree/sums' ] || { want_out ''; mv tree/sums "$out"; }
	masked "${files[@]}"
	want_same_bytes "$SCRATCH/expected" "$SCRATCH/masked"
done

# Odd names, in every format, and another algorithm.
odd=($'new\nline' $'carriage\rreturn' 'back\slash' '#= 1 1.000000000 -' '#end' '  blanks  ' '(a) = b' '*star' -dash
	$'\xff\xfe' 'é' '\n')
mkdir odd
for name in "${odd[@]}"; do
	echo "$name" >"odd/$name"
done
for options in '' --tag -b --binary '--tag -b' --unsorted '-j1 --unsorted'; do
	run treesum --annotate $options odd
	want_status 0
	want [ "$(grep -ac '^#= ' "$out")" -eq ${#odd[@]} ]
	cp "$out" "$SCRATCH/odd.sums"
	run treesum --annotate $options -C odd -- "${odd[@]}"
	want_status 0
	cp "$out" odd.sums
	for sums in "$SCRATCH/odd.sums" "$PWD/odd.sums"; do
		prelude=
		[ "$sums" = "$SCRATCH/odd.sums" ] || prelude='cd odd'
		run sha512sum -c --strict --quiet "$sums"
		want_status 0
		want_out ''
		want_err ''
		run treesum -c --strict --quiet "$sums"
		want_status 0
		want_err ''
	done
	prelude=
done
run treesum --annotate -a sha256 odd
want_status 0
want grep -qax '#end files=12 bytes=[0-9]* algorithm=sha256 sha512=[0-9a-f]\{128\}' "$out"
cp "$out" odd.sums
run sha256sum -c --strict --quiet odd.sums
want_status 0
run treesum -a sha256 -c --strict --quiet odd.sums
want_status 0

# Names of one file, and one file named twice.
ln odd/#end odd/linked
run treesum --annotate odd/linked odd/#end odd/#end
want_status 0
want [ "$(grep -c '^#= 5 ' "$out")" -eq 3 ]
want grep -q '^#end files=3 bytes=15 ' "$out"
run treesum --annotate odd
want [ "$(grep -ac '^#= 5 ' "$out")" -eq 2 ]

# A stream has no state, and no size that is counted.
echo streamed >stream
prelude='exec <stream; exec 3< <(cat stream)'
run treesum --annotate - /dev/fd/3 stream
want_status 0
want_text <(sed 3d "$out" | head -n 3) "$(sha512sum <stream)
$(sha512sum <stream | sed 's,-$,/dev/fd/3,')
$(sha512sum stream)"
want grep -q '^#= 9 ' <(sed -n 3p "$out")
want_text <(tail -n 1 "$out") "$(sed '$d' "$out" >"$SCRATCH/body" && oracle_seal "$SCRATCH/body")"
prelude='exec <stream'
run treesum --annotate
want_status 0
cp "$out" sums
run treesum -c sums
want_status 0
want_out '-: OK'
prelude=

# Nothing at all is sealed, too.
mkdir nothing
run treesum --annotate nothing
want_status 0
want_out "$(: >"$SCRATCH/body" && oracle_seal "$SCRATCH/body")"

# What could be read of a tree is sealed.
rm -r odd
chmod 000 tree/five
run "${unprivileged[@]}" treesum --annotate tree nope
want_status 1
want_err 'treesum: tree/five: Permission denied
treesum: nope: No such file or directory'
want grep -q '^#end files=3 bytes=3000002 ' "$out"
cp "$out" sums
run treesum -c --quiet sums
want_status 0

# What cannot hold it, or has no use for it.
refused() { # MESSAGE ARGUMENT...
	local message=$1
	shift
	run treesum "$@"
	want_status 1
	want_out ''
	want_err "treesum: $message
Try 'treesum --help' for more information."
}
refused '--annotate does not support --zero: lines have to end in newlines' --annotate -z tree
refused '--annotate goes only with printing and --update' --annotate -c sums

# What was written just now says so: its mtime proves nothing either. One that is to come is no such one.
echo x >young
run treesum --annotate young
want_status 0
sed "s/ $(stat -c %.9Z young)\$/ --/" "$out" >"$SCRATCH/young"
want_text <(head -n 1 "$SCRATCH/young") "$(stat -c '#= %s %.9Y --' young)"
touch -d 2035-01-01 aged

# What was left alone for two seconds has its ctime.
is_aged() { [ "$(date +%s)" -gt $(($(stat -c %Z aged) + 2)) ]; }
wait_until is_aged
run treesum --annotate aged
want_status 0
want_text <(head -n 2 "$out") "$(stat -c '#= %s %.9Y %.9Z' aged)
$(sha512sum aged)"
