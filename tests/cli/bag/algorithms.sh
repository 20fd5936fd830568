# Several manifests: each digest counts, algorithms may be unknown, and one of them has to be of use.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/bags.sh"

# One digest of two is wrong: two manifests that contradict.
make_bag bag
rm bag/tagmanifest-*
cp -r bag good
sed -i '1s/^./x/; 1s/^x[0-7]/xf/; 1s/^x[8-9a-e]/x0/; 1s/^x/0/' bag/manifest-md5.txt
bag_is invalid bag 'bag/data/a: FAILED (md5)'
want_err ''
# Both are wrong.
echo other >bag/data/a
bag_is invalid bag 'bag/data/a: FAILED'
make_bag bag 1.0 sha512 md5 sha1
rm bag/tagmanifest-*
sed -i 's/^........../0000000000/' bag/manifest-sha512.txt bag/manifest-md5.txt
bag_is invalid bag 'bag/data/a: FAILED (md5, sha512)' 'bag/data/sub/b: FAILED (md5, sha512)'

# A digest of a tag file.
make_bag bag
echo 'Contact-Name: Jane' >>bag/bag-info.txt
bag_is invalid bag 'bag/bag-info.txt: FAILED'
sha512sum bag/bag-info.txt | sed 's,bag/,,' >bag/tagmanifest-sha512.txt
bag_is invalid bag 'bag/bag-info.txt: FAILED (md5)'
# Tag manifests may have other algorithms than the payload's, and list files in folders.
make_bag bag 1.0 sha512
mkdir bag/meta
echo x >bag/meta/x
list_tags bag md5
bag_is valid bag
echo y >bag/meta/x
bag_is invalid bag 'bag/meta/x: FAILED'

# Unknown algorithms: names are compared, and digests are not.
make_bag bag
rm bag/tagmanifest-*
sed 's/^[^ ]*/w0rd/' bag/manifest-md5.txt >bag/manifest-crc32.txt
bag_is valid bag
want_err 'treesum: bag/manifest-crc32.txt: warning: the algorithm is not known here: only names are compared'
echo 'w0rd data/c' >>bag/manifest-crc32.txt
sed -i '/data.a$/d' bag/manifest-crc32.txt
bag_is incomplete bag 'bag/data/a: NEW (not in manifest-crc32.txt)' 'bag/data/c: MISSING'
rm bag/manifest-md5.txt bag/manifest-sha512.txt
bag_is invalid bag
want_said 'bag: no payload manifest that can be checked'
# Where a tag manifest can be checked, and names can be compared, that is done.
list_tags bag md5
echo x >>bag/bagit.txt
echo new >bag/data/new
bag_is invalid bag 'bag/bagit.txt: FAILED' 'bag/data/a: NEW' \
	'bag/data/c: MISSING' 'bag/data/new: NEW' 'bag/data/sub/b: UNREADABLE (no digest that can be checked)'
# A file that only such a manifest has may be listed in 0.97, but nobody knows whether it is right.
make_bag bag 0.97
rm bag/tagmanifest-* bag/bag-info.txt
echo new >bag/data/new
echo 'w0rd data/new' >bag/manifest-crc32.txt
bag_is invalid bag 'bag/data/new: UNREADABLE (no digest that can be checked)'

# No payload manifest.
make_bag bag
rm bag/manifest-* bag/tagmanifest-*
bag_is invalid bag
want_err 'treesum: bag: no payload manifest (manifest-ALGORITHM.txt)'
# Two of one algorithm.
make_bag bag
rm bag/tagmanifest-*
cp bag/manifest-md5.txt bag/manifest-MD5.txt
bag_is invalid bag
want_err 'treesum: bag/manifest-md5.txt: is of the same algorithm as manifest-MD5.txt'
# More manifests than anybody needs.
make_bag bag
for i in {1..64}; do
	cp bag/manifest-md5.txt bag/manifest-x$i.txt
done
bag_is invalid bag
want_err 'treesum: bag: has too many manifests'

# In 1.0 tag manifests have to list the payload manifests, and never tag manifests or payload.
make_bag bag
sed -i '/manifest-md5/d' bag/tagmanifest-md5.txt
bag_is valid bag
want_err 'treesum: bag/tagmanifest-md5.txt: warning: does not list manifest-md5.txt'
make_bag bag 0.97
sed -i '/manifest-md5/d' bag/tagmanifest-md5.txt
bag_is valid bag
want_err ''
for name in tagmanifest-md5.txt tagmanifest-sha512.txt; do
	make_bag bag
	(cd bag && md5sum $name) >line
	cat line >>bag/tagmanifest-md5.txt
	rm bag/tagmanifest-sha512.txt
	bag_is invalid bag
	want_err "treesum: bag/tagmanifest-md5.txt: line 5: a tag manifest must not list tag manifests"
done
make_bag bag
(cd bag && md5sum data/a) >line
cat line line >>bag/tagmanifest-md5.txt
bag_is invalid bag
want_err "treesum: bag/tagmanifest-md5.txt: line 5 and 1 more: a tag manifest must not list payload"
