# What is missing and what is not listed makes a bag incomplete, which is told apart from invalid.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/bags.sh"

# Missing, from one folder and from another.
make_bag bag
rm bag/data/sub/b bag/bag-info.txt
bag_is incomplete bag 'bag/bag-info.txt: MISSING' 'bag/data/sub/b: MISSING'
want_err ''
# Where the payload is missing, too, and its folder.
make_bag bag
rm -r bag/data
bag_is incomplete bag 'bag/data: MISSING' 'bag/data/a: MISSING' 'bag/data/sub/b: MISSING'
want_err 'treesum: bag/bag-info.txt: warning: Payload-Oxum is 10.2, and that of the payload is 0.0'

# Not listed: hidden files and litter are payload like any other.
make_bag bag
touch bag/data/{.hidden,Thumbs.db,sub/.DS_Store,.b.treesum,b}
bag_is incomplete bag 'bag/data/.b.treesum: NEW' 'bag/data/.hidden: NEW' 'bag/data/Thumbs.db: NEW' 'bag/data/b: NEW' \
	'bag/data/sub/.DS_Store: NEW'
# What a killed run may have left is a file like any other, listed or not.
make_bag bag 1.0 sha512
echo left >bag/data/.a.treesum
rm bag/bag-info.txt bag/tagmanifest-*
list_payload bag sha512
bag_is valid bag
echo other >bag/data/.a.treesum
bag_is invalid bag 'bag/data/.a.treesum: FAILED'

# A digest that is wrong weighs more than a file that is missing.
make_bag bag
echo One >bag/data/a
rm bag/data/sub/b
bag_is invalid bag 'bag/data/a: FAILED' 'bag/data/sub/b: MISSING'

# Since 1.0 each payload manifest has to list every file; before, one of them is enough.
for version in 0.97 1.0; do
	make_bag bag $version
	rm bag/tagmanifest-*
	sed -i '/data\/a$/d' bag/manifest-md5.txt
	sed -i '/data\/sub\/b$/d' bag/manifest-sha512.txt
	if [ $version = 1.0 ]; then
		bag_is incomplete bag 'bag/data/a: NEW (not in manifest-md5.txt)' \
			'bag/data/sub/b: NEW (not in manifest-sha512.txt)'
	else
		bag_is valid bag
	fi
	want_err ''
	echo other >bag/data/a
	run treesum --bag bag
	want_status 1
	want grep -qx 'bag/data/a: FAILED' "$out"
	want_text <(tail -n 1 "$out") 'bag: invalid'
done

# Payload-Oxum.
make_bag bag
rm bag/tagmanifest-*
for oxum in 11.2 10.3 0.0; do
	echo "Payload-Oxum: $oxum" >bag/bag-info.txt
	bag_is invalid bag
	want_err "treesum: bag/bag-info.txt: Payload-Oxum is $oxum, and that of the payload is 10.2"
done
echo 'payload-oxum:10.2' >bag/bag-info.txt
bag_is valid bag
for oxum in 10 10.2.1 ten.two '' -10.2; do
	printf 'A: b\nPayload-Oxum: %s\n' "$oxum" >bag/bag-info.txt
	bag_is invalid bag
	want_err 'treesum: bag/bag-info.txt: line 2: Payload-Oxum is not "BYTES.FILES"'
done
printf 'Payload-Oxum:\n  10.2\n' >bag/bag-info.txt
bag_is valid bag
want_err ''
printf 'Payload-Oxum: 10.2\nPayload-Oxum: 10.2\n' >bag/bag-info.txt
bag_is valid bag
want_err 'treesum: bag/bag-info.txt: warning: Payload-Oxum is repeated'
printf 'Payload-Oxum: 10.2\nPayload-Oxum: 11.2\n' >bag/bag-info.txt
bag_is invalid bag
echo 'no tag' >bag/bag-info.txt
bag_is invalid bag
want_err 'treesum: bag/bag-info.txt: line 1: is not "LABEL: VALUE"'
# Names that are missing or new explain it; a tag file that is missing does not.
echo 'Payload-Oxum: 10.2' >bag/bag-info.txt
echo new >bag/data/new
bag_is incomplete bag 'bag/data/new: NEW'
want_err 'treesum: bag/bag-info.txt: warning: Payload-Oxum is 10.2, and that of the payload is 14.3'
rm bag/data/new
echo 'Payload-Oxum: 14.3' >bag/bag-info.txt
list_tags bag sha512
rm bag/manifest-md5.txt
bag_is invalid bag 'bag/manifest-md5.txt: MISSING'

# fetch.txt: what is there already is fine.
make_bag bag
rm bag/bag-info.txt bag/tagmanifest-*
cat >bag/fetch.txt <<END
http://example.org/a 4 data/a
http://example.org/b - data/sub/b
END
bag_is valid bag
want_err ''
rm bag/data/sub/b
bag_is incomplete bag 'bag/data/sub/b: MISSING (fetch.txt lists it)'
echo 'http://example.org/c - data/c' >>bag/fetch.txt
bag_is invalid bag 'bag/data/c: MISSING (fetch.txt lists it)' 'bag/data/sub/b: MISSING (fetch.txt lists it)'
want_err 'treesum: bag/fetch.txt: line 3: no manifest lists the name'
echo c >bag/data/c
bag_is invalid bag 'bag/data/c: NEW' 'bag/data/sub/b: MISSING (fetch.txt lists it)'
rm bag/data/c
for line in 'http://example.org/a data/a' '/etc/passwd 1 data/a' 'http://example.org/a x data/a' 'a'; do
	echo "$line" >bag/fetch.txt
	bag_is invalid bag 'bag/data/sub/b: MISSING'
	want_err 'treesum: bag/fetch.txt: line 1: improperly formatted'
done
