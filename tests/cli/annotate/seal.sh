# -c of a manifest that was sealed: refused where it was cut off or edited, unless --no-seal.
. "$TEST_TOP/tests/lib.sh"

echo a >a
echo bb >b
: >c
{
	echo '# a comment'
	echo '#= 2 1700000000.123456789 1700000000.987654321'
	sha512sum a
	echo '#= 3 -0.500000000 -'
	sha512sum b
	sha512sum c
} >body
{ cat body; oracle_seal body; } >sums
all_ok='a: OK
b: OK
c: OK'
cut_off='was cut off: it has no seal at its end'
edited='was edited after it was sealed'

run treesum -c sums
want_status 0
want_out "$all_ok"
want_err ''
run treesum -c --strict -w sums
want_status 0
run sha512sum -c --strict sums
want_status 0
want_out "$all_ok"
want_err ''

# Not one file is opened where a manifest is refused, which would be told of one that is missing.
refused() { # MANIFEST REASON
	mv a hidden
	for option in '' --status --ignore-missing; do
		run treesum -c $option "$1"
		want_status 1
		want_out ''
		want_err "treesum: $1: $2"
	done
	prelude="exec <'$1'"
	run treesum -c
	want_status 1
	want_out ''
	want_err "treesum: 'standard input': $2"
	mv hidden a
	# From a pipe it is told when its files have been checked.
	prelude="exec < <(cat '$1')"
	run treesum -c --status
	want_status 1
	want_err_line "treesum: 'standard input': $2"
	prelude=''
	# With --no-seal it is any manifest.
	same_but_for_seal "$1"
}

same_but_for_seal() { # MANIFEST
	local expected=0
	run sha512sum -c "$1"
	expected=$status
	mv "$out" "$SCRATCH/expected"
	run treesum -c --no-seal "$1"
	want_status "$expected"
	want_same_bytes "$SCRATCH/expected" "$out"
}

sed '3s/^./x/; 3s/^x0/x1/; 3s/^x[^1]/x0/; 3s/^x\(.\)/\10/' sums >digit
want_not cmp -s digit sums
refused digit "$edited"
sed '3s/ a$/ b/' sums >name
refused name "$edited"
sed '4,5d' sums >pair
refused pair "$edited"
sed 6d sums >entry
refused entry "$edited"
sed '2s/= 2/= 3/' sums >size
refused size "$edited"
sed '2s/1700000000/1700000001/' sums >altered
refused altered "$edited"
sed 1d sums >comment
refused comment "$edited"
sed '$s/files=3/files=4/' sums >files
refused files "$edited"
sed '$s/bytes=5/bytes=6/' sums >bytes
refused bytes "$edited"
sed 's/$/\r/' sums >crlf
refused crlf "$edited: its lines end in CR LF now"
{ cat sums; sha512sum c; } >appended
refused appended "$edited"
{ cat sums; echo '# nothing'; } >commented
refused commented "$edited"
cat sums sums >twice
refused twice 'is several sealed manifests, one behind the other'
sed '$d' sums >unsealed
refused unsealed "$cut_off"
size=$(stat -c %s sums)
for cut in 2 3 100 130 200; do
	head -c $((size - cut)) sums >short
	refused short "$cut_off"
done

# The newline behind the seal is none of what is sealed.
head -c $((size - 1)) sums >no-newline
run treesum -c no-newline
want_status 0
want_out "$all_ok"

# Each manifest for itself, and all are looked at.
run treesum -c sums unsealed name sums
want_status 1
want_out "$all_ok
$all_ok"
want_err "treesum: unsealed: $cut_off
treesum: name: $edited"

# Through a pipe the results stand, and what is wrong comes last.
prelude='exec < <(cat sums)'
run treesum -c
want_status 0
want_out "$all_ok"
want_err ''
prelude='exec < <(cat unsealed)'
run treesum -c
want_status 1
want_out "$all_ok"
want_err "treesum: 'standard input': $cut_off"
prelude='exec < <(cat name)'
run treesum -c
want_status 1
want_out 'b: FAILED
b: OK
c: OK'
want_err_line "treesum: 'standard input': $edited"
want_err_line 'treesum: WARNING: 1 computed checksum did NOT match'
prelude=''
mkfifo fifo
cat unsealed >fifo &
run treesum -c fifo
wait $!
want_status 1
want_out "$all_ok"
want_err "treesum: fifo: $cut_off"

# Standard input is verified from where it stands, and nothing before.
{ echo junk; cat sums; } >joined
prelude='exec <joined; head -c 5 >/dev/null'
run treesum -c
want_status 0
want_out "$all_ok"
prelude=''

# Without an annotation only a seal in the last line counts; any other "#end" is a comment.
sha512sum a b c >plain
{ cat plain; oracle_seal plain; } >plain-sealed
run treesum -c plain-sealed
want_status 0
want_out "$all_ok"
sed 's/ a$/ b/' plain-sealed >plain-edited
refused plain-edited "$edited"
{ cat plain-edited; echo; } >plain-comment
same -c plain-comment
for comment in '#end' '#end of list' '#end files=3' '#=====' '#= a title =' '#=' '# = 1 2 3'; do
	{ echo "$comment"; cat plain; } >before
	{ cat plain; echo "$comment"; } >behind
	same -c before
	same -c behind
done

# An empty manifest that is sealed is sound, and as little a success as for sha512sum.
: >empty
oracle_seal empty >sealed-empty
run treesum -c sealed-empty
want_status 1
want_out ''
want_err 'treesum: sealed-empty: no properly formatted checksum lines found'
sed s/files=0/files=1/ sealed-empty >edited-empty
refused edited-empty "$edited"

# --no-seal is for what reads a manifest.
run treesum --no-seal a
want_status 1
want_out ''
want_err "treesum: --no-seal goes only with --check, --audit, --update and --diff
Try 'treesum --help' for more information."
