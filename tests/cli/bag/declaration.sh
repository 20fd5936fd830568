# bagit.txt has two lines, of a version and an encoding that are known.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/bags.sh"

make_bag bag
rm bag/tagmanifest-*
utf8='Tag-File-Character-Encoding: UTF-8\n'

wrong() { # TEXT REASON: printf's format
	# shellcheck disable=SC2059
	printf "$1" >bag/bagit.txt
	bag_is invalid bag
	want_err "treesum: bag/bagit.txt: $2"
}
wrong '' 'line 1 is not "BagIt-Version: M.N"'
wrong "\xef\xbb\xbfBagIt-Version: 1.0\n$utf8" 'begins with a byte order mark'
wrong "${utf8}BagIt-Version: 1.0\n" 'line 1 is not "BagIt-Version: M.N"'
wrong "BagIt-Version 1.0\n$utf8" 'line 1 is not "BagIt-Version: M.N"'
for version in 2.0 1 1.1 0.92 0.98 1.0.0 x; do
	wrong "BagIt-Version: $version\n$utf8" 'BagIt-Version is not one of 0.93 to 0.97 and 1.0'
done
wrong 'BagIt-Version: 1.0\n' 'line 2 is not "Tag-File-Character-Encoding: ENCODING"'
wrong "BagIt-Version: 1.0\n\n$utf8" 'line 2 is not "Tag-File-Character-Encoding: ENCODING"'
wrong "BagIt-Version: 1.0\n$utf8\n" 'has more than two lines'
wrong "BagIt-Version: 1.0\n${utf8}Bag-Size: 1\n" 'has more than two lines'
for encoding in '' none UTF-8//TRANSLIT 'UTF-8 x'; do
	wrong "BagIt-Version: 1.0\nTag-File-Character-Encoding: $encoding\n" 'Tag-File-Character-Encoding is not known here'
done
rm bag/bagit.txt
bag_is invalid bag
want_err 'treesum: bag/bagit.txt: No such file or directory'
# The files are compared all the same.
echo other >bag/data/a
bag_is invalid bag 'bag/data/a: FAILED'
echo one >bag/data/a

# Unusual, but clear.
printf 'BagIt-Version:1.0\nTag-File-Character-Encoding: UTF-8' >bag/bagit.txt
bag_is valid bag
want_err 'treesum: bag/bagit.txt: warning: there is not just one space behind each colon'
printf 'BagIt-Version : 0.97\nTag-File-Character-Encoding:UTF-8\n' >bag/bagit.txt
bag_is valid bag
want_err ''

# What is no bag at all.
bag_is invalid none
want_err 'treesum: none: No such file or directory'
echo a >sums
bag_is invalid sums
want_err 'treesum: sums: Not a directory'
mkdir folder
bag_is invalid folder
want_err 'treesum: folder/bagit.txt: No such file or directory
treesum: folder: no payload manifest (manifest-ALGORITHM.txt)'
bag_is invalid -
want_err 'treesum: -: is standard input, and no bag; for a directory write ./-'
cp -r bag ./-
bag_is valid ./-
mkfifo pipe
bag_is invalid pipe
want_err 'treesum: pipe: Not a directory'
