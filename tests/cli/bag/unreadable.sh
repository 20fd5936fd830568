# What cannot be read, or changes meanwhile, is neither missing nor right: the bag is invalid.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/bags.sh"
need_strace

as_nobody() { # STATUS BAG [LINE]...
	local verdict=$1 bag=$2
	shift 2
	run "${unprivileged[@]}" treesum --bag "$bag"
	want_out "$(printf '%s\n' "$@" "$bag: $verdict" | sed '/^$/d')"
}
chmod 755 .
make_bag bag 1.0 md5
chmod 0 bag/data/a
as_nobody invalid bag 'bag/data/a: UNREADABLE'
want_err 'treesum: bag/data/a: Permission denied'
chmod 644 bag/data/a
chmod 0 bag/data/sub
as_nobody invalid bag 'bag/data/sub/b: UNREADABLE (its directory could not be listed)'
# What the payload comes to is not known, either.
want_err 'treesum: bag/data/sub: Permission denied'
chmod 755 bag/data/sub
mv bag/data/a elsewhere
ln -s ../../elsewhere bag/data/a
bag_is invalid bag 'bag/data/a: UNREADABLE (symbolic link)'
want_err ''
mv elsewhere bag/data/a
chmod 0 bag/manifest-md5.txt
# What it lists nobody knows, so that nothing is new.
as_nobody invalid bag 'bag/manifest-md5.txt: UNREADABLE'
want_err 'treesum: bag/manifest-md5.txt: Permission denied
treesum: bag: no payload manifest that can be checked'
chmod 644 bag/manifest-md5.txt
chmod 0 bag/bag-info.txt
as_nobody invalid bag 'bag/bag-info.txt: UNREADABLE'
want_err 'treesum: bag/bag-info.txt: Permission denied'
# It is one error.
run "${unprivileged[@]}" treesum --summary --bag bag
want grep -q '; 1 error (1 denied)' "$err"
chmod 644 bag/bag-info.txt
chmod 0 bag
as_nobody invalid bag
want_err 'treesum: bag: Permission denied'
chmod 755 bag
# Where the payload cannot be listed, nobody knows whether there is any.
mkdir -p closed/data
declare_bag closed
: >closed/manifest-md5.txt
chmod 0 closed/data
as_nobody invalid closed
want_err 'treesum: closed/data: Permission denied'
chmod 755 closed/data
# Other tag files need not be readable, and other directories neither.
mkdir bag/other
echo x >bag/secret
chmod 0 bag/other bag/secret
as_nobody valid bag
want_status 0
want_err ''
echo "$(md5sum </dev/null | cut -c -32) other/x" >>bag/tagmanifest-md5.txt
as_nobody invalid bag 'bag/other/x: UNREADABLE (its directory could not be listed)'
chmod 755 bag/other

# A manifest that is replaced between the reading of what it lists and the walk; bag-info.txt is read last.
replace_manifest() {
	[ $stops -eq 1 ] || return 0
	sed 's/^./0/' bag/manifest-md5.txt >other
	mv other bag/manifest-md5.txt
}
make_bag bag 1.0 md5
rm bag/tagmanifest-*
at_each_stop '?fstatat64,?newfstatat' bag-info.txt replace_manifest -- treesum --bag bag
want [ $stops -ge 1 ]
want_status 1
want_text "$out" 'bag: invalid'
want_said 'bag/manifest-md5.txt: changed while the bag was read'
# One that is removed then, or becomes a link.
make_bag bag 1.0 md5
rm bag/tagmanifest-*
remove_manifest() { rm -f bag/manifest-md5.txt; }
link_manifest() { ln -sf ../other bag/manifest-md5.txt; }
for deed in remove_manifest link_manifest; do
	list_payload bag md5
	at_each_stop '?fstatat64,?newfstatat' bag-info.txt $deed -- treesum --bag bag
	want [ $stops -ge 1 ]
	want_text "$out" 'bag: invalid'
	want_said 'bag/manifest-md5.txt: changed while the bag was read'
	rm -f bag/manifest-md5.txt
done
# And a bag that is replaced as a whole.
replace_bag() {
	[ $stops -eq 1 ] || return 0
	mv bag old
	mv new bag
}
make_bag bag 1.0 md5
make_bag new 1.0 md5
at_each_stop '?fstatat64,?newfstatat' bag-info.txt replace_bag -- treesum --bag bag
want [ $stops -ge 1 ]
want_status 1
want_text "$out" 'bag: invalid'
want_said 'bag: was replaced meanwhile'
