# Tag files in other encodings than UTF-8; bagit.txt never is.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/bags.sh"

name=$'data/caf\xc3\xa9'
convert() { # ENCODING: all tag files
	local file
	declare_bag bag 1.0 "${2:-$1}"
	for file in manifest-md5.txt bag-info.txt fetch.txt; do
		iconv -f UTF-8 -t "$1" "utf8/$file" >"bag/$file"
	done
}
make_bag bag 1.0 md5
echo coffee >"bag/$name"
list_payload bag md5
printf 'Contact-Name: Jos\xc3\xa9\nPayload-Oxum: 17.3\n' >bag/bag-info.txt
printf 'http://example.org/ - %s\n' "$name" >bag/fetch.txt
rm bag/tagmanifest-*
cp -r bag utf8

for encoding in UTF-8 utf-8 ISO-8859-1 iso-8859-15 windows-1252 UTF-16LE UTF-16BE UTF-16 UTF-32; do
	convert $encoding
	bag_is valid bag
	want_err ''
done
# Without a byte order mark, in both orders.
for order in LE BE; do
	convert UTF-16$order UTF-16
	bag_is valid bag
	want_err ''
done
convert ISO-8859-1
mv "bag/$name" bag/data/other
bag_is incomplete bag "bag/$name: MISSING (fetch.txt lists it)" 'bag/data/other: NEW'
mv bag/data/other "bag/$name"

# A byte order mark before UTF-8 is one too many.
convert UTF-8
for file in manifest-md5.txt bag-info.txt fetch.txt; do
	{ printf '\xef\xbb\xbf' && cat "utf8/$file"; } >"bag/$file"
done
bag_is valid bag
want_err 'treesum: bag/manifest-md5.txt: warning: begins with a byte order mark
treesum: bag/fetch.txt: warning: begins with a byte order mark
treesum: bag/bag-info.txt: warning: begins with a byte order mark'

# What is not in the encoding that is declared.
convert ISO-8859-1 UTF-8
mv "bag/$name" $'bag/data/caf\xe9'
bag_is invalid bag
want_said 'bag/manifest-md5.txt: is not in the encoding that bagit.txt declares (UTF-8)'
# The bytes of names are compared all the same.
echo other >$'bag/data/caf\xe9'
bag_is invalid bag $'bag/data/caf\xe9: FAILED'
# Nothing is declared that is known.
echo coffee >$'bag/data/caf\xe9'
declare_bag bag 1.0 ASCII//IGNORE
bag_is invalid bag
want_err 'treesum: bag/bagit.txt: Tag-File-Character-Encoding is not known here
treesum: bag/manifest-md5.txt: is not in UTF-8, which is assumed without a valid bagit.txt
treesum: bag/fetch.txt: is not in UTF-8, which is assumed without a valid bagit.txt
treesum: bag/bag-info.txt: is not in UTF-8, which is assumed without a valid bagit.txt'
rm bag/bagit.txt
bag_is invalid bag
want_said 'bag/manifest-md5.txt: is not in UTF-8, which is assumed without a valid bagit.txt'
convert UTF-8 UTF-16
# Half a character at the end.
[ $(($(stat -c %s bag/manifest-md5.txt) % 2)) -eq 1 ] || echo >>bag/manifest-md5.txt
bag_is invalid bag
want_said 'bag/manifest-md5.txt: is not in the encoding that bagit.txt declares (UTF-16)'
convert UTF-8 US-ASCII
bag_is invalid bag
want_said 'bag/manifest-md5.txt: is not in the encoding that bagit.txt declares (US-ASCII)'
