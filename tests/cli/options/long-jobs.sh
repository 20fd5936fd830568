# --resume, --for and --reread: what they take, and what is refused_usage with a reason.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
echo a >tree/a
treesum -o sums tree
cp sums twin
ls -A >"$SCRATCH/before"

units='a whole number of seconds, or with s, m, h, d or w, such as 90, 30m or 12h'
for value in '' 0 0s 0d -1 +1 ' 1' '1 ' '1 h' 1.5h 2hours 2H 1h30m never 36501d 3153600001 99999999999999999999; do
	refused_usage 1 "invalid duration: '$value' (1 to 36500d: $units)" -o new "--for=$value" tree
	refused_usage 2 "invalid duration: '$value' (1 to 36500d: $units)" --update=sums "--for=$value" tree
	[[ $value != 0* ]] || continue
	refused_usage 2 "invalid age: '$value' (0 to 36500d: $units)" --update=sums "--reread=$value" tree
done
# What a terminal would obey is quoted.
refused_usage 1 "invalid duration: '1'$'\\033''[m' (1 to 36500d: $units)" -o new $'--for=1\033[m' tree

# Printing, they need a file that the journal can lie beside.
refused_usage 1 '--resume needs --output when printing' --resume tree
refused_usage 1 '--for needs --output when printing' --for=2h tree
refused_usage 1 '--resume needs --output when printing' --resume --unsorted --json tree
refused_usage 2 '--dry-run reads no file: --for has no meaning' --update=sums -n --for=2h tree

# What is allowed: other formats, lists of PATHs, any order; the last DURATION holds.
for options in --resume --for=36500d '--resume --for=1d' '--for 100w --unsorted' '--resume --json' '--resume -z' \
	'--annotate --resume --for=1h'; do
	run treesum $options -o new tree
	want_status 0
	want_err ''
	want [ -s new ]
	rm new
done
prelude='exec < <(printf "tree\0")'
run treesum --resume --files0-from=- -o new --for=1h
want_status 0
want_same_bytes sums new
rm new
prelude=
run treesum --for=2h --for=0 -o new tree
want_status 1
for options in --resume --for=90s --reread=0 --reread=30d '--reread=12h --for=2h --resume' '-n --reread=1w' '-n --resume'; do
	run treesum --update=sums $options tree
	want_status 0
done
run treesum -c sums
want_status 0
