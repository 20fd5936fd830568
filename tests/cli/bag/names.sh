# What names in manifests stand for, by version; what other tools write; what is listed twice.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/bags.sh"

# A bag with one file of some name, and a manifest that lists it in some way.
one_file() { # VERSION NAME LISTED
	rm -rf bag
	mkdir -p bag/data
	declare_bag bag "$1"
	echo one >"bag/data/$2"
	printf '%s  %s\n' "$(md5sum <"bag/data/$2" | cut -c -32)" "data/$3" >bag/manifest-md5.txt
}
unencoded='line 1: a % in the name is not encoded as %25'

one_file 1.0 $'a\nb' 'a%0Ab'
bag_is valid bag
want_err ''
for listed in 'a%0D%0ab%25' 'a%0d%0Ab%25'; do
	one_file 1.0 $'a\r\nb%' "$listed"
	bag_is valid bag
	want_err ''
done
one_file 1.0 'a%0Ab' 'a%250Ab'
bag_is valid bag
for name in '100%' 'a%20b' 'a%41b' 'a%2' '%%'; do
	one_file 1.0 "$name" "$name"
	bag_is valid bag
	want_err "treesum: bag/manifest-md5.txt: warning: $unencoded"
done
one_file 1.0 'a b' 'a%20b'
bag_is incomplete bag 'bag/data/a b: NEW' 'bag/data/a%20b: MISSING'
one_file 0.97 $'a\n\rb' 'a%0A%0db'
bag_is valid bag
want_err ''
for name in '100%' 'a%25b' 'a%20b'; do
	one_file 0.97 "$name" "$name"
	bag_is valid bag
	want_err ''
done
# A name with a newline forges no line.
one_file 1.0 $'a: OK\nb' 'a: OK%0Ab'
echo other >$'bag/data/a: OK\nb'
bag_is invalid bag '\bag/data/a: OK\nb: FAILED'
# Names that no locale knows, blanks, quotes, backslashes.
# shellcheck disable=SC1003
for name in ' ' 'a b ' "it's" '-rf' '*' 'a\b' '~' '...' $'\t'; do
	one_file 1.0 "$name" "$name"
	bag_is valid bag
	want_err ''
done

# What md5sum and others write.
make_bag bag 1.0 md5
rm bag/tagmanifest-*
cp bag/manifest-md5.txt sums
sed 's/  / */' sums >bag/manifest-md5.txt
bag_is valid bag
want_err 'treesum: bag/manifest-md5.txt: warning: line 1 and 1 more: a * before the name is not part of BagIt'
sed 's,data,./data,' sums >bag/manifest-md5.txt
bag_is valid bag
want_err 'treesum: bag/manifest-md5.txt: warning: line 1 and 1 more: the name has ./ or doubled slashes'
sed 's,sub/,sub//./,' sums >bag/manifest-md5.txt
bag_is valid bag
want_err 'treesum: bag/manifest-md5.txt: warning: line 2: the name has ./ or doubled slashes'
{ printf '# comment\n\n' && cat sums; } >bag/manifest-md5.txt
bag_is valid bag
want_err 'treesum: bag/manifest-md5.txt: warning: line 1 and 1 more: blank lines and comments are not part of BagIt'
printf '%s' "$(cat sums)" >bag/manifest-md5.txt
bag_is valid bag
want_err 'treesum: bag/manifest-md5.txt: warning: line 2: the last line has no end: was the file cut off?'
sed 's,data/a,data\\a,' sums >bag/manifest-md5.txt
bag_is invalid bag 'bag/data/a: NEW'
want_err 'treesum: bag/manifest-md5.txt: line 1: the name has backslashes in place of slashes'
for line in x 'data/a' "$(cut -c -32 sums | head -n 1)" "$(cut -c 2- sums | head -n 1)" '0g data/a' \
	"\\$(head -n 1 sums)" "$(head -n 1 sums)/" " $(head -n 1 sums)" "SHA512 (data/a) = 00"; do
	{ echo "$line" && cat sums; } >bag/manifest-md5.txt
	bag_is invalid bag
	want_err 'treesum: bag/manifest-md5.txt: line 1: improperly formatted'
done

# Listed twice.
cat sums sums >bag/manifest-md5.txt
bag_is valid bag
want_err 'treesum: bag/manifest-md5.txt: warning: line 3 and 1 more: the name is listed again'
{ cat sums && echo "$(md5sum </dev/null | cut -c -32) ./data/sub/b"; } >bag/manifest-md5.txt
bag_is invalid bag 'bag/data/sub/b: FAILED'
want_said 'bag/manifest-md5.txt: line 3: the name is listed again with another digest'
# Also of a file that is not there.
rm bag/data/sub/b
bag_is invalid bag 'bag/data/sub/b: MISSING'

# Names that differ in Unicode normalisation only are not the same, and this is said.
one_file 1.0 $'cafe\xcc\x81' $'caf\xc3\xa9'
bag_is incomplete bag $'bag/data/cafe\xcc\x81: NEW (Unicode normalisation differs)' \
	$'bag/data/caf\xc3\xa9: MISSING (Unicode normalisation differs)'
echo two >$'bag/data/caf\xc3\xa9'
bag_is invalid bag $'bag/data/cafe\xcc\x81: NEW' $'bag/data/caf\xc3\xa9: FAILED'

# Directories are not listed.
make_bag bag 1.0 md5
echo "$(md5sum </dev/null | cut -c -32) data/sub" >>bag/manifest-md5.txt
rm bag/tagmanifest-*
bag_is invalid bag 'bag/data/sub: UNREADABLE (is a directory)'
