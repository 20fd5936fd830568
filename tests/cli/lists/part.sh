# -c of a part of a list: patterns choose among the listed names, whatever they are relative to.
. "$TEST_TOP/tests/lib.sh"

mkdir -p photos/2020 music 'odd
name'
for file in photos/a photos/2020/b photos/2020/c.tmp music/d music/e.tmp 'odd
name/f' top; do
	echo "$file" >"$file"
done
find . -type f ! -name list | LC_ALL=C sort | sed 's|^\./||' >names
treesum photos music odd* top >list

# The same as sha512sum has to say of the lines that are left.
part() { # REGULAR-EXPRESSION OPTION...: of the lines that are left
	grep -E "$1" list >left || fail "no line has $1"
	sha512sum -c left >expected 2>/dev/null
	run treesum -c "${@:2}" list
	want_status 0
	want_same_bytes expected "$out"
	want_err ''
}
part '  photos/' --include='/photos/***' --exclude='*'
part '  photos/.*[^p]$' --exclude='*.tmp' --include='photos/***' --exclude='*'
part '(photos|music|name)/.*[^p]$|top' --exclude='*.tmp'
part '  (photos/a|music|top|odd)|^\\' --exclude=2020/
part '  top|^\\' --exclude='/photos' --exclude=/music/
part '  (photos|music)' --exclude='odd*' --exclude=top
printf '%s\n' '# of mine' '- *' >patterns
part '  music/d' --include=/music/ --include=/music/d --exclude-from=patterns

# Names are matched without "./" and doubled slashes; a slash is where they start, also of absolute ones.
sed 's|  photos/|  ./photos//|' list >dotted
run treesum -c --include='/photos/***' --exclude='*' dotted
want_status 0
want_out './photos//2020/b: OK
./photos//2020/c.tmp: OK
./photos//a: OK'
treesum "$PWD/photos" >absolute
run treesum -c --exclude="$PWD/photos/2020" absolute
want_status 0
want_out "$PWD/photos/a: OK"

# What is left out is neither read nor missed, and it is counted.
rm photos/a
mv music/d music/other
run treesum -c --exclude=/photos/a --exclude='d' --summary list
want_status 0
want grep -q '2 excluded names' "$err"
run treesum -c --exclude=/photos/a --exclude='d' --summary --json list
want_jq 'select(.type == "summary") | .skipped' 2
run treesum -c --exclude=/photos/a list
want_status 1
want_err_line 'treesum: music/d: No such file or directory'
run treesum -c --exclude=music/ --ignore-missing --quiet list
want_status 0
want_out ''

# A seal is of the whole manifest, and a check of nothing is none.
treesum --annotate -o sealed photos top
run treesum -c --exclude=photos sealed
want_status 0
want_out 'top: OK'
sed -i '/photos/d' sealed
run treesum -c --exclude=photos --status sealed
want_status 1
run treesum -c --exclude='*' list
want_status 1
want_out ''
want_err 'treesum: list: the patterns leave out all that it lists'
run bash -c 'treesum -c --exclude="*" - <list'
want_status 1
want_err "treesum: 'standard input': the patterns leave out all that it lists"
