# Many bags, and what the options that go with --bag do.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/bags.sh"
need_strace
need_python

make_bag one
make_bag two 0.97 md5
make_bag three
make_bag four
make_bag five 1.0 sha512
rm -r two/data/sub
echo One >three/data/a
echo other >>four/bag-info.txt
lines='one: valid
two/data/sub/b: MISSING
two: incomplete
three/data/a: FAILED
three: invalid
none: invalid
four/bag-info.txt: FAILED
four: invalid
five/: valid
one: valid'
run treesum --bag one two three none four five/ one
want_status 1
want_out "$lines"
want_err "treesum: two/bag-info.txt: warning: Payload-Oxum is 10.2, and that of the payload is 4.1
treesum: none: No such file or directory
treesum: four/bag-info.txt: line 3: is not \"LABEL: VALUE\""
for jobs in 1 3; do
	run treesum -j$jobs --bag one two three none four five/ one
	want_out "$lines"
done
run treesum --bag one five
want_status 0
want_out 'one: valid
five: valid'

run treesum --bag --quiet one two three
want_status 1
want_out "$(sed -n '2,5p' <<<"$lines")"
want_said 'two/bag-info.txt: warning: Payload-Oxum is 10.2, and that of the payload is 4.1'
run treesum --bag --quiet one five
want_status 0
want_out ''
want_err ''
run treesum --bag --status one two none
want_status 1
want_out ''
want_err 'treesum: none: No such file or directory'
run treesum --bag --status one
want_status 0

run treesum --bag -o report one two three none four five/ one
want_status 1
want_out ''
want_text report "$lines"
# A report in the bag is not part of what it is about; in the payload it is one file too many.
run treesum --bag -o one/report one
want_status 0
want_text one/report 'one: valid'
run treesum --bag -o one/data/report one
want_text one/data/report 'one/data/.report.treesum: NEW
one: incomplete'
rm one/report one/data/report

mkdir folder
mv one folder
run treesum -C folder --bag one
want_status 0
want_out 'one: valid'
cd folder
run treesum --bag one/ ./one "$PWD/one"
want_out "one/: valid
./one: valid
$PWD/one: valid"
cd one
run treesum --bag .
want_out '.: valid'
cd ../..
mv folder/one .

run treesum --summary --bag one three
want_status 1
want grep -q '^treesum: 2 bags: 1 valid, 1 invalid; 16 files, .*; 11 ok, 1 failed$' "$err"
run treesum --summary --bag one three two none one
want grep -q '^treesum: 5 bags: 2 valid, 1 incomplete, 2 invalid; ' "$err"
run treesum --summary --bag none
want grep -q '^treesum: 1 bag: 1 invalid; 0 files, ' "$err"
# Each file is read once for all of its algorithms.
run traced -e trace=openat,openat2 -- treesum --bag one
want_text <(grep -c '"\(data/sub/\)\?b"' "$SCRATCH/trace") 1
run treesum --debug --bag one
want grep -q '^treesum: md5,sha512 by ' "$err"

# A path that is longer than a system call takes.
python3 -c 'import os
for _ in range(25):
	os.mkdir("d" * 200)
	os.chdir("d" * 200)
os.rename("'"$PWD"'/five", "bag")'
path=$(printf 'd%.0s' {1..200})
path=$(for _ in {1..25}; do printf '%s/' "$path"; done)bag
run treesum --bag "$path"
want_status 0
want_out "$path: valid"

run treesum --json --bag one two three none
want_status 1
want_json
hex() { printf %s "$1" | od -An -tx1 | tr -d ' \n'; }
want_text "$SCRATCH/objects" "bag $(hex one) valid -
result $(hex two/data/sub/b) missing -
bag $(hex two) incomplete -
error $(hex none) - ENOENT
result $(hex three/data/a) failed -
bag $(hex three) invalid -
bag $(hex none) invalid -
summary - 1 -"
want_jq 'select(.type == "bag") | .warnings' '[]
["bag-info.txt: Payload-Oxum is 10.2, and that of the payload is 4.1"]
[]
[]'
want_jq 'select(.type == "summary") | .error_kinds | [.missing, .other]' '[1,0]'
want_jq 'select(.type == "summary") | .results | [.ok, .failed, .missing, .new]' '[15,1,1,0]'
mv one $'b\xe9'
run treesum --json --bag $'b\xe9'
want_json
want_text <(head -n 1 "$SCRATCH/objects") 'bag 62e9 valid -'
run treesum --json --quiet --bag $'b\xe9'
want_json
want_text <(cut -d ' ' -f 1 "$SCRATCH/objects") summary
rm two/bagit.txt
run treesum --json --bag two
want_jq 'select(.type == "summary") | .error_kinds | [.missing, .other]' '[1,0]'
