# Hostile bags: nothing outside of the bag is opened, no FIFO, no link, and the bag is invalid.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/bags.sh"

mkdir outside
echo secret >outside/secret
secret=$PWD/outside/secret
digest() { md5sum "$1" | cut -c -32; } # FILE

# Names that lead out of the bag, in each kind of list. Their digests are right.
# shellcheck disable=SC2088
for name in ../outside/secret "$secret" data/../../outside/secret '~/secret' '~root/secret' data/sub/../a .. \
	'./../outside/secret' 'data//../../outside/secret'; do
	make_bag bag 1.0 md5
	rm bag/tagmanifest-*
	echo "$(digest outside/secret)  $name" >>bag/manifest-md5.txt
	bag_is invalid bag
	want_err 'treesum: bag/manifest-md5.txt: line 3: the name leads out of the bag'
	make_bag bag 1.0 md5
	echo "$(digest outside/secret)  $name" >>bag/tagmanifest-md5.txt
	bag_is invalid bag
	want_err 'treesum: bag/tagmanifest-md5.txt: line 4: the name leads out of the bag'
	make_bag bag 1.0 md5
	rm bag/tagmanifest-*
	echo "http://example.org/ - $name" >>bag/fetch.txt
	bag_is invalid bag
	want_err 'treesum: bag/fetch.txt: line 1: the name leads out of the bag'
done
# A payload manifest and fetch.txt are for payload.
for name in bagit.txt 'C:\x' '..\outside\secret' dat data; do
	make_bag bag 1.0 md5
	rm bag/tagmanifest-*
	echo "$(digest bag/bagit.txt)  $name" >>bag/manifest-md5.txt
	echo "file://$secret 7 $name" >bag/fetch.txt
	bag_is invalid bag
	want_err 'treesum: bag/manifest-md5.txt: line 3: the name is not below data/
treesum: bag/fetch.txt: line 1: the name is not below data/'
done

# Links: to a file, to a directory, to nothing; listed with the right digest, and not listed.
make_bag bag 1.0 md5
rm bag/tagmanifest-*
ln -s ../../outside/secret bag/data/file
ln -s ../../outside bag/data/folder
ln -s nothing bag/data/nothing
ln -s "$secret" bag/data/unlisted
ln -s a bag/data/within
cat >>bag/manifest-md5.txt <<END
$(digest outside/secret) data/file
$(digest outside/secret) data/folder/secret
$(digest outside/secret) data/nothing
$(digest bag/data/a) data/within
END
bag_is invalid bag 'bag/data/file: UNREADABLE (symbolic link)' 'bag/data/folder: UNREADABLE (symbolic link)' \
	'bag/data/folder/secret: UNREADABLE (below a symbolic link)' 'bag/data/nothing: UNREADABLE (symbolic link)' \
	'bag/data/unlisted: UNREADABLE (symbolic link)' 'bag/data/within: UNREADABLE (symbolic link)'
# The payload directory, or a tag file, is one.
make_bag bag 1.0 md5
rm bag/tagmanifest-*
mv bag/data payload
ln -s ../payload bag/data
bag_is invalid bag 'bag/data: UNREADABLE (symbolic link)' 'bag/data/a: UNREADABLE (below a symbolic link)' \
	'bag/data/sub/b: UNREADABLE (below a symbolic link)'
for file in bagit.txt bag-info.txt fetch.txt manifest-sha1.txt tagmanifest-sha1.txt; do
	make_bag bag 1.0 md5
	rm bag/tagmanifest-*
	rm -f bag/$file
	ln -s "$secret" bag/$file
	bag_is invalid bag
	want_err "treesum: bag/$file: is a symbolic link"
	rm bag/$file
	mkfifo bag/$file
	bag_is invalid bag
	want_err "treesum: bag/$file: is not a regular file"
	rm bag/$file
	mkdir bag/$file
	bag_is invalid bag
	want_err "treesum: bag/$file: is not a regular file"
done
# A tag manifest lists a link, which nobody had to look at otherwise.
make_bag bag 1.0 md5
ln -s "$secret" bag/link
bag_is valid bag
echo "$(digest outside/secret) link" >>bag/tagmanifest-md5.txt
bag_is invalid bag 'bag/link: UNREADABLE (symbolic link)'

# FIFOs and sockets: opening one would hang.
make_bag bag 1.0 md5
rm bag/tagmanifest-*
mkfifo bag/data/fifo bag/data/sub/other bag/elsewhere
echo "$(md5sum </dev/null | cut -c -32) data/fifo" >>bag/manifest-md5.txt
bag_is invalid bag 'bag/data/fifo: UNREADABLE (special file)' 'bag/data/sub/other: UNREADABLE (special file)'
# The bag itself may be named by a link, as any operand.
make_bag real
ln -s real named
bag_is valid named

# A manifest that is one line without an end, or zeros without an end: told, and not read for ever.
make_bag bag 1.0 md5
rm bag/tagmanifest-*
truncate -s 1500M bag/manifest-sha1.txt
bag_is invalid bag
want_err 'treesum: bag/manifest-sha1.txt: File too large'
truncate -s 1M bag/manifest-sha1.txt
run treesum --bag bag
want_status 1
want_said 'bag/manifest-sha1.txt: line 1: improperly formatted'
# The same name very often.
make_bag bag 1.0 md5
rm bag/tagmanifest-*
line=$(head -n 1 bag/manifest-md5.txt)
yes "$line" | head -n 200000 >>bag/manifest-md5.txt
bag_is valid bag
want_err 'treesum: bag/manifest-md5.txt: warning: line 3 and 199999 more: the name is listed again'
