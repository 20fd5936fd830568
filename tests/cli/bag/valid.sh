# Bags of all versions and algorithms that are as they should be are valid, and nothing else is said.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/bags.sh"
need_python

silently_valid() { # BAG
	bag_is valid "$1"
	want_err ''
}

for version in 0.93 0.94 0.95 0.96 0.97 1.0; do
	make_bag bag $version
	# Before 0.96 what it says of the payload is elsewhere.
	case $version in
	0.93 | 0.94 | 0.95) mv bag/bag-info.txt bag/package-info.txt ;;
	esac
	list_tags bag sha512 md5
	silently_valid bag
done
for algorithm in md5 sha1 sha224 sha256 sha384 sha512; do
	make_bag bag 1.0 $algorithm
	silently_valid bag
done
make_bag bag 1.0 md5 sha1 sha224 sha256 sha384 sha512
silently_valid bag
# Names of algorithms lose what is no letter or digit; this is not how all write them.
for name in sha-512 SHA512 Sha_512; do
	make_bag bag 1.0 sha512
	mv bag/manifest-sha512.txt bag/manifest-$name.txt
	list_tags bag sha512
	silently_valid bag
	echo other >bag/data/a
	bag_is invalid bag 'bag/data/a: FAILED'
done
make_bag bag 1.0 sha512
python3 -c 'import hashlib; print(hashlib.sha3_256(open("bag/data/a","rb").read()).hexdigest(), "data/a");
print(hashlib.sha3_256(open("bag/data/sub/b","rb").read()).hexdigest(), "data/sub/b")' >bag/manifest-sha3256.txt
list_tags bag sha512
silently_valid bag
sed -i 's/^./f/; 1s/^./e/' bag/manifest-sha3256.txt
rm bag/tagmanifest-*
run treesum --bag bag
want_status 1
want_out 'bag/data/a: FAILED (sha3-256)
bag/data/sub/b: FAILED (sha3-256)
bag: invalid'

# Only what is required.
make_bag bag
rm bag/bag-info.txt bag/tagmanifest-* bag/manifest-md5.txt
silently_valid bag
# Other files outside of the payload need not be listed.
mkdir bag/.git
echo x >bag/.git/HEAD
mkfifo bag/pipe
ln -s /etc/passwd bag/link
silently_valid bag

# Ways to write a manifest: hex in any case, blanks, ends of lines.
make_bag bag 1.0 sha512
rm bag/tagmanifest-*
cp bag/manifest-sha512.txt sums
sed 's/^[^ ]*/\U&/' sums >bag/manifest-sha512.txt
silently_valid bag
sed 's/  /\t  \t /' sums >bag/manifest-sha512.txt
silently_valid bag
sed 's/  / /' sums >bag/manifest-sha512.txt
silently_valid bag
sed 's/$/\r/' sums >bag/manifest-sha512.txt
sed -i 's/$/\r/' bag/bagit.txt bag/bag-info.txt
silently_valid bag
tr '\n' '\r' <sums >bag/manifest-sha512.txt
for file in bagit bag-info; do
	sed 's/\r$//' bag/$file.txt | tr '\n' '\r' >text
	cp text bag/$file.txt
done
silently_valid bag

# The bag of RFC 8493's section 4.1, with contents of our own: they are not in the RFC.
rm -rf myfirstbag
mkdir -p myfirstbag/data/27613-h/images
echo image >myfirstbag/data/27613-h/images/q172.png
echo text >myfirstbag/data/27613-h/images/q172.txt
(cd myfirstbag && md5sum data/27613-h/images/q172.png data/27613-h/images/q172.txt | sed 's/  / /' >manifest-md5.txt)
printf 'BagIt-version: 1.0\nTag-File-Character-Encoding: UTF-8\n' >myfirstbag/bagit.txt
bag_is valid myfirstbag
want_err 'treesum: myfirstbag/bagit.txt: warning: capital letters are not those of RFC 8493'
# And the one of 4.2, in which a file is still to be fetched.
mkdir -p highsmith-tahoe/data
echo '102b0e6effe208ef9b29864946de9e22 data/23364a.tif' >highsmith-tahoe/manifest-md5.txt
echo 'https://cdn.loc.gov/master/pnp/highsm/23300/23364a.tif 216951362 data/23364a.tif' >highsmith-tahoe/fetch.txt
declare_bag highsmith-tahoe
printf 'Internal-Sender-Description: Download link found at\n  https://www.loc.gov/resource/highsm.23364/\n' \
	>highsmith-tahoe/bag-info.txt
bag_is incomplete highsmith-tahoe 'highsmith-tahoe/data/23364a.tif: MISSING (fetch.txt lists it)'
want_err ''

# A bag without payload is one, but worth a word.
mkdir -p empty/data
declare_bag empty
: >empty/manifest-sha512.txt
bag_is valid empty
want_err 'treesum: empty: warning: has no payload'
list_tags empty sha512
bag_is valid empty
want_err 'treesum: empty: warning: has no payload'
# Empty files and empty folders.
make_bag bag
mkdir bag/data/folder
: >bag/data/empty
list_payload bag sha512 md5
sed -i 's/10\.2/10.3/' bag/bag-info.txt
list_tags bag sha512 md5
silently_valid bag
