# Parts that are not all parts of one run, each once and as it was sealed, are refused: each is named, with the reason,
# nothing is printed, and a target stays as it was.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/shards.sh"
mkdir tree
for i in {1..40}; do
	echo "$i" >"tree/$i"
done
settle
treesum --annotate tree >"$SCRATCH/one"
print_shards 4 p tree
mkdir good
cp p.* good

refused() { # MESSAGES PART...
	local messages=$1
	shift
	echo old >sums
	for output in '' '-o sums'; do
		# shellcheck disable=SC2086
		run treesum --merge $output "$@"
		want_status 1
		want_out ''
		want_err "$messages"
		want_text sums old
		want [ ! -e .sums.treesum ]
	done
	cp good/* .
}
# The seal of what a file holds now, as part K of N, with what the others say of the run.
said=$(grep -oE 'listed=[0-9]+:[0-9a-f]+ options=[0-9a-f]+' p.1-of-4)
seal_as() { # FILE K/N
	sed -i '/^#end/d' "$1"
	oracle_part_seal "$1" "shard=$2 errors=0 $said" >"$SCRATCH/seal"
	cat "$SCRATCH/seal" >>"$1"
}
parts=(p.{1..4}-of-4)

# To see that what follows refuses, and how the last line is made.
run treesum --merge "${parts[@]}"
want_manifest "$SCRATCH/one"
seal_as p.2-of-4 2/4
want_same_bytes good/p.2-of-4 p.2-of-4

# Lost, one or several, the last too; doubled, under one name, another one, or as a link.
refused 'treesum: shard 3/4 is missing' p.1-of-4 p.2-of-4 p.4-of-4
refused 'treesum: shard 1/4 is missing
treesum: shard 4/4 is missing' p.3-of-4 p.2-of-4
refused "treesum: p.2-of-4: is of the same shard as 'p.2-of-4'" "${parts[@]}" p.2-of-4
cp p.2-of-4 copy
ln -s p.3-of-4 link
refused "treesum: copy: is of the same shard as 'p.2-of-4'
treesum: link: is of the same shard as 'p.3-of-4'" "${parts[@]}" copy link
refused "treesum: p.2-of-4: is of the same shard as 'p.2-of-4'
treesum: shard 3/4 is missing" p.1-of-4 p.2-of-4 p.2-of-4 p.4-of-4
run treesum --shard=1/1000 tree
mv "$out" huge
run treesum --merge huge
want_status 1
want [ "$(grep -c '^treesum: shard [0-9]*/1000 is missing$' "$err")" -eq 10 ]
want_err_line 'treesum: 999 shards are missing'

# Cut off: at a line, within one, within the seal, to nothing.
for size in 0 1 100 -1 -5 -120 -300; do
	head -c $size good/p.2-of-4 >p.2-of-4
	reason='was cut off: it has no seal at its end'
	case $size in
	0 | 1) reason='is no part of a run: it has no seal' ;;
	-1) continue ;;
	esac
	refused "treesum: p.2-of-4: $reason
treesum: shard 2/4 is missing" "${parts[@]}"
done
cp good/* .
# A seal without its newline is a seal, as it is to all readers.
head -c -1 good/p.2-of-4 >p.2-of-4
run treesum --merge "${parts[@]}"
want_manifest "$SCRATCH/one"
cp good/* .

# Edited: a digest, a name, a stamp, a line taken out, twice, exchanged, added; the seal's numbers.
edited() { # SED-COMMAND
	sed -i "$1" p.2-of-4
	want_not cmp -s p.2-of-4 good/p.2-of-4
	refused 'treesum: p.2-of-4: was edited after it was sealed' "${parts[@]}"
}
edited '2s/^./g/'
edited '2s/^\(.*\)\(.\)  /\1x  /'
edited '2s|tree/|Tree/|'
edited '1s/ 1/ 2/'
edited '1,2d'
edited '1,2{p}'
edited '1{h;d};2G'
edited '3i# a comment'
edited '$s/files=/files=1/'
edited '$s/bytes=/bytes=1/'
edited '$s/.$/x/;$s/[0-9a-f]x$/00/'
sed -i 's/$/\r/' p.2-of-4
refused 'treesum: p.2-of-4: was edited after it was sealed: its lines end in CR LF now
treesum: shard 2/4 is missing' "${parts[@]}"
# One part behind another one.
cat good/p.1-of-4 good/p.2-of-4 >p.2-of-4
refused 'treesum: p.2-of-4: is several sealed manifests, one behind the other' "${parts[@]}"
# What comes behind the seal.
echo >>p.2-of-4
refused 'treesum: p.2-of-4: was edited after it was sealed
treesum: shard 2/4 is missing' "${parts[@]}"

# Not sealed as a part: a manifest, annotated or not; another text.
treesum --annotate tree >p.2-of-4
refused 'treesum: p.2-of-4: is no part of a run: its seal names no shard
treesum: shard 2/4 is missing' "${parts[@]}"
treesum tree >p.2-of-4
refused 'treesum: p.2-of-4: is no part of a run: it has no seal
treesum: shard 2/4 is missing' "${parts[@]}"
head -c 100000 /dev/zero >p.2-of-4
refused 'treesum: p.2-of-4: is no part of a run: it has no seal
treesum: shard 2/4 is missing' "${parts[@]}"

# Of another run: another N, algorithm, PATH, options.
treesum --shard=2/3 tree >p.2-of-4
refused "treesum: p.2-of-4: is shard 2/3, not one of 4 as 'p.1-of-4'
treesum: shard 2/4 is missing" "${parts[@]}"
treesum --shard=2/4 -a sha256 tree >p.2-of-4
refused "treesum: p.2-of-4: has another algorithm than 'p.1-of-4'
treesum: shard 2/4 is missing" "${parts[@]}"
for option in -x -L --tag --exclude=x; do
	treesum --shard=2/4 $option tree >p.2-of-4
	refused "treesum: p.2-of-4: is of another run (PATH, patterns, -x, -L or format) than 'p.1-of-4'
treesum: shard 2/4 is missing" "${parts[@]}"
done
treesum --shard=2/4 ./tree >p.2-of-4
refused "treesum: p.2-of-4: is of another run (PATH, patterns, -x, -L or format) than 'p.1-of-4'
treesum: shard 2/4 is missing" "${parts[@]}"

# Sealed anew, by another program: not in order, a name twice, of another shard, without its annotation, something
# else than an entry; a seal with another shard.
sealed() { # REASON SED-COMMAND [K/N]
	sed -i "$2" p.2-of-4
	seal_as p.2-of-4 "${3:-2/4}"
	refused "treesum: p.2-of-4: $1" "${parts[@]}"
}
sealed 'line 4 lists a name out of order, or again' '1,2{H;d};4{G;s/\n\n/\n/}'
sealed 'line 4 lists a name out of order, or again' '2{p;x;s/.*/#= 1 1.000000000 -/;p;x}'
sealed 'line 2 lists a name of another shard' '2s/$/x/;3,$d'
sealed 'line 1 is none of a part' '1d'
sealed 'line 2 is none of a part' '1{p}'
sealed 'line 3 is none of a part' '3i# a comment'
sealed 'line 3 is none of a part' '3i\\'
sealed 'line 2 is none of a part' '2s/^...//'
last=$(($(wc -l <p.2-of-4) - 1))
sealed "line $last is none of a part" "${last}s/.*/#= 1 1.000000000 -/"
cp p.2-of-4 p.3-of-4
seal_as p.3-of-4 3/4
refused 'treesum: p.3-of-4: line 2 lists a name of another shard' "${parts[@]}"

# No regular file, not there, closed to us, the target itself.
mkfifo pipe
for path in pipe /dev/null /dev/zero .; do
	refused "treesum: $path: is not a regular file: parts are read twice
treesum: shard 2/4 is missing" p.1-of-4 $path p.3-of-4 p.4-of-4
done
prelude='exec <p.2-of-4'
refused "treesum: 'standard input': cannot be merged: parts are read twice, from files
treesum: shard 2/4 is missing" p.1-of-4 - p.3-of-4 p.4-of-4
prelude=
refused 'treesum: none: No such file or directory
treesum: shard 2/4 is missing' p.1-of-4 none p.3-of-4 p.4-of-4
run treesum --merge -o p.2-of-4 "${parts[@]}"
want_status 1
want_err_line 'treesum: p.2-of-4: is the output as well'
want_same_bytes good/p.2-of-4 p.2-of-4

# Everything that is wrong is told at once.
sed -i 1d p.1-of-4
head -c -5 good/p.3-of-4 >p.3-of-4
treesum --shard=4/5 tree >p.4-of-4
refused "treesum: p.3-of-4: was cut off: it has no seal at its end
treesum: p.4-of-4: is shard 4/5, not one of 4 as 'p.1-of-4'
treesum: shard 3/4 is missing
treesum: shard 4/4 is missing" "${parts[@]}"

# With --json, in its errors too.
run treesum --merge --json p.1-of-4 p.2-of-4 p.4-of-4
want_status 1
want_json
want_jq 'select(.type == "error") | .message' '"shard 3/4 is missing"'
want_jq 'select(.type == "summary") | [.files, .complete, .status]' '[0,false,1]'
