# --prefix-map: what is listed is looked for elsewhere, and told by its listed name.
. "$TEST_TOP/tests/lib.sh"

mkdir -p data/photos data/mail
for name in photos/a photos/b mail/m; do
	echo $name >data/$name
	touch -d 2020-02-02 data/$name
done
treesum --annotate -o sums data
cp -a data copy

# In all three modes.
run treesum --prefix-map=data=copy -c sums
want_status 0
want_out 'data/mail/m: OK
data/photos/a: OK
data/photos/b: OK'
echo other >copy/photos/a
rm copy/photos/b
run treesum --prefix-map=data=copy -c sums
want_status 1
want_out 'data/mail/m: OK
data/photos/a: FAILED
data/photos/b: FAILED open or read'
want_err_line 'treesum: data/photos/b: No such file or directory'
echo new >copy/new
for audit in '--audit=sums copy' '-C copy --audit=sums . --prefix-map=data=' '--audit=sums copy --prefix-map=data=./copy//'; do
	[[ $audit == *prefix-map* ]] || audit="$audit --prefix-map=data=copy"
	[[ $audit == *-C* ]] && new=./new || new=copy/new
	# shellcheck disable=SC2086
	run treesum $audit
	want_status 1
	if [ $new = ./new ]; then
		want_text <(LC_ALL=C sort "$out") './new: NEW
data/photos/a: CHANGED
data/photos/b: MISSING'
	else
		want_out "copy/new: NEW
data/photos/a: CHANGED
data/photos/b: MISSING"
	fi
	want_err 'treesum: 1 the same, 1 changed, 1 new, 1 missing'
done
treesum --annotate -o copied copy
run treesum --prefix-map=data=copy --diff sums copied
want_status 1
want_out 'copy/new: NEW
data/photos/a: CHANGED
data/photos/b: MISSING'

# Whole components only; the last rule that fits holds; an empty OLD is for relative names; absolute ones.
mkdir -p x/y && cp -p data/photos/b x/y/photos.b
sha512sum data/photos/b >one
as_found() { # PATH RULE...
	local path=$1
	shift
	run treesum "${@/#/--prefix-map=}" -c one
	[ "$status" -eq 0 ] && found=yes || found=no
	want [ "$found" = "$path" ]
}
as_found yes data/phot=x
as_found yes data/photos=nope data/photos=data/photos
as_found no data/photos=data/photos data/photos=nope
as_found no data=nope data/photos/b/c=data/photos/b
as_found yes data/photos/b=x/y/photos.b
as_found yes ./data//photos=data/./photos
as_found yes "=$PWD"
as_found no =/nope
sed "s,  ,  $PWD/," one >absolute && mv absolute one
as_found yes =/nope
as_found yes "$PWD="
as_found yes "$PWD/data=copy/../data"
as_found no /=/nope
as_found yes /=/

# Two names that become one are an error.
cp -p data/photos/b data/mail/b
sha512sum data/photos/b data/mail/b >two
run treesum --prefix-map=data/mail=data/photos --audit=two data
want_status 2
want_out ''
want_err 'treesum: two: lines 1 and 2 become one name (--prefix-map)'
run treesum --prefix-map=data/mail=data/photos --diff two two
want_status 2
run treesum --prefix-map=data/mail=data/photos -c two
want_status 1
want_err_line 'treesum: data/mail/b: becomes a name that is listed already (--prefix-map)'
# Listed twice it is still one name.
sha512sum data/photos/b data/photos/b >two
run treesum --prefix-map=data=data -c --quiet two
want_status 0

# The order, and what is said of a move, are those of the listed names.
mkdir old new
echo 1 >old/z && echo 2 >old/a
treesum -o sums old
mv old/z new/b && mv old/a new/c
run treesum --prefix-map=old=new --audit=sums new
want_status 1
want_out 'new/b: MOVED from old/z
new/c: MOVED from old/a'
# Nothing is opened that the walk did not find.
echo secret >secret
sed 's,old/z,old/secret,' sums >hostile
run treesum --prefix-map=old=. --audit=hostile new
want_not grep -q 'secret: [^M]' "$out"
# Standard input is nowhere else.
sha512sum - <data/photos/b >list
prelude='exec <data/photos/b' run treesum --prefix-map==/nope -c list
want_status 0
