# Whatever is printed, and however, a run that goes on prints what a run in one go prints.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/broken_off.sh"
need_strace
make_tree

# In the summary of --json are the seconds, and how much was read.
plain() { sed -E '/"summary"/s/"(seconds|bytes|resumed_files|resumed_bytes)":[0-9.]*,//g' "$1"; }
sorted() { LC_ALL=C sort "$1"; }
while read -r view options; do
	operands='tree last'
	[[ $options != *files0* ]] || operands=''
	treesum -o whole $options $operands
	break_off TERM has_all -o sums $options $operands
	want_status 143
	go_on_with --resume -o sums $options $operands
	want_status 0
	want_err ''
	want_same_bytes <($view whole) <($view sums)
	want_text <(files_read | sed 's/ list$//') last
	want [ ! -e $journal ]
done <<'END'
cat --annotate -j1
cat --tag -L -j3
cat -b -x
cat -z -a sha256
plain --json -C .
cat -a blake2b --annotate --files0-from=list
sorted --unsorted --exclude=none
END
# How it counts in JSON.
break_off KILL has_all --json -o sums tree last
run treesum --resume --json -o sums tree last
want_text <(jq -c 'select(.type == "summary") | [.files, .bytes, .resumed_files, .resumed_bytes, .status]' sums) \
	'[7,5,6,300024,0]'
want_json sums
