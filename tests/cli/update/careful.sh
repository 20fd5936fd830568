# What an update never destroys: whatever has become of a tree, no good digest goes unless that was meant.
. "$TEST_TOP/tests/lib.sh"

# An update that is refused: status, message, and that nothing was written.
refused() { # MESSAGE ARGUMENT...
	local message=$1
	shift
	cp sums before
	run treesum --update=sums "$@"
	want_status 2
	want_out ''
	want_err_line "treesum: $message"
	want_same_bytes before sums
	want_not test -e .sums.treesum
}
update() { # STATUS LINES ARGUMENT...
	local expected=$1 lines=$2
	shift 2
	run treesum --update=sums "$@"
	want_status "$expected"
	# It is not known while it is young.
	sed -i 's/ (ctime differs)$//' "$out"
	want_out "$lines"
}
listed() { sed -n 's/^[0-9a-f]\{128\}  //p' sums | paste -sd ' '; }
line_of() { grep "  $1\$" "${2:-sums}"; }
fresh() {
	chmod -R u+rwX tree 2>/dev/null || true
	rm -rf tree sums && mkdir -p tree/a tree/b
	echo f >tree/a/f
	echo g >tree/b/g
	find tree -type f -exec touch -d 2020-02-02 {} +
	treesum --update=sums tree 2>/dev/null
	tick
}
damage() { # FILE: some other contents of the same times
	touch -r "$1" stamp
	tr 'a-z' 'b-za' <"$1" >damaged
	cat damaged >"$1"
	touch -r stamp "$1"
}

# A tree that was moved: all would be new, with whatever digests.
mkdir d
echo good >d/f
touch -d 2020-02-02 d/f
update 0 '' "$PWD/d"
mv d e
damage e/f
moved='sums: lists nothing below any PATH: was the tree moved? (-C, --accept=new)'
refused "$moved" "$PWD/e"
refused "$moved" --accept=new:/other "$PWD/e"
refused "$moved" --accept=missing,changed,corrupt "$PWD/e"
# What is excluded lies below a PATH all the same; a second PATH beside one that is listed is no such case.
run treesum --update=sums --exclude='*' --accept=missing "$PWD/d"
want_status 2
mkdir second
echo s >second/s
mv e d
update 1 "$PWD/d/f: CORRUPT
second/s: NEW" "$PWD/d" second
mv d e
update 1 "$PWD/e/f: CORRUPT from $PWD/d/f" --accept=new:"$PWD/e/" "$PWD/e"
update 0 "$PWD/e/f: CORRUPT from $PWD/d/f" --accept=new:"$PWD/e/",corrupt "$PWD/e"
update 0 "$PWD/e/f: OK" -v "$PWD/e"

# While a file that was found is unread, no line goes: it may be the one that is missing.
fresh
cp sums first
mv tree/a/f tree/b/f
touch -d 2030-01-01 tree/a
chmod 000 tree/b/f
chmod 777 . tree tree/*
hand_over sums
as=("${unprivileged[@]}")
run "${as[@]}" treesum --update=sums tree
want_status 1
want_out 'tree/a/f: MISSING
tree/b/f: UNREADABLE'
want_err 'treesum: tree/b/f: Permission denied
treesum: 1 line is kept of missing files, as not all could be read (--accept=missing)
treesum: 1 the same, 1 missing, 1 unreadable'
want_text <(line_of tree/a/f) "$(line_of tree/a/f first)"
# The same while a directory cannot be listed, a PATH is not there, or a disk seems to be missing.
chmod 644 tree/b/f
mv tree/b/f tree/hidden && mkdir tree/c && mv tree/hidden tree/c/f
chmod 000 tree/c
run "${as[@]}" treesum --update=sums tree
want_status 2
want_text <(line_of tree/a/f) "$(line_of tree/a/f first)"
chmod 755 tree/c
mv tree/c elsewhere
run treesum --update=sums tree elsewhere/none
want_status 2
want_text <(line_of tree/a/f) "$(line_of tree/a/f first)"
mkdir tree/c && touch -d 2001-01-01 tree/c
mkdir disk && echo h >disk/h && mv disk/h tree/c/h && touch -d 2020-02-02 tree/c/h
rm tree/c/h
touch -d 2001-01-01 tree/c
sha512sum tree/b/g | sed 's,tree/b/g,tree/c/h,' >>sums
sed -i '/^#/d' sums
run treesum --update=sums tree
want_status 2
want_text <(line_of tree/a/f) "$(line_of tree/a/f first)"
rmdir tree/c
# When all can be read, it is found; what rotted meanwhile is known by its line, and what it had is gone.
mkdir tree/c && mv elsewhere/f tree/b/f
run treesum --update=sums --accept=missing tree
want_status 0
want_out 'tree/b/f: MOVED from tree/a/f
tree/c/h: MISSING'
as=()

# What a file had is now in a corrupt one only, which keeps its own line: neither digest is lost.
only='treesum: 1 line is kept whose contents are in a file that keeps another line (--accept=missing,changed,corrupt)'
fresh
echo k >tree/b/k
run treesum --update=sums tree
cp sums first
cp -p tree/b/g tree/a/f
rm tree/b/g
for _ in 1 2; do
	update 1 'tree/a/f: CORRUPT
tree/b/g: MISSING' tree
	want_err_line "$only"
	want_text <(line_of tree/a/f) "$(line_of tree/a/f first)"
	want_text <(line_of tree/b/g) "$(line_of tree/b/g first)"
done
run treesum --audit=sums tree
want_status 1
# Unless that is meant, or another file has the contents, too.
cp sums both
update 1 'tree/a/f: CORRUPT
tree/b/g: MISSING' --accept=missing:g tree
want_text <(listed) 'tree/a/f tree/b/k'
cp both sums
update 0 'tree/a/f: CORRUPT
tree/b/g: MISSING' --accept=corrupt tree
want_text <(line_of tree/a/f) "$(line_of tree/b/g first | sed s,b/g,a/f,)"
cp both sums
cp tree/a/f tree/b/h
update 1 'tree/a/f: CORRUPT
tree/b/h: MOVED from tree/b/g' tree
want_text <(listed) 'tree/a/f tree/b/h tree/b/k'
# The file that had them was edited, or update by yet another one.
fresh
echo third >tree/b/h
touch -d 2020-02-02 tree/b/h
run treesum --update=sums tree
cp sums first
cp -p tree/b/g tree/a/f
echo edited >tree/b/g
update 1 'tree/a/f: CORRUPT
tree/b/g: CHANGED' tree
want_err_line "$only"
want_text <(line_of tree/b/g) "$(line_of tree/b/g first)"
cp tree/b/h tree/b/g
rm tree/b/h
update 1 'tree/a/f: CORRUPT
tree/b/g: CHANGED
tree/b/h: MISSING' tree
want_text <(line_of tree/b/g) "$(line_of tree/b/g first)"
want_text <(line_of tree/b/h) "$(line_of tree/b/h first)"
# An empty file has nothing to lose.
fresh
: >tree/b/empty
touch -d 2020-02-02 tree/b/empty
run treesum --update=sums tree
cp -p tree/b/empty tree/a/f
rm tree/b/empty
update 1 'tree/a/f: CORRUPT
tree/b/empty: MISSING' tree
want_text <(listed) 'tree/a/f tree/b/g'

# While a file is unread, what was moved is moved: its digest is listed under the new name.
fresh
mv tree/a/f tree/b/f
chmod 000 tree/b/g
chmod 777 . tree tree/*
hand_over sums
as=("${unprivileged[@]}")
run "${as[@]}" treesum --update=sums tree
want_status 1
want_out 'tree/b/f: MOVED from tree/a/f
tree/b/g: UNREADABLE'
want_text <(listed) 'tree/b/f tree/b/g'
as=()

# A file that is something else now keeps its line; a directory, a link, a FIFO, a socket.
fresh
cp sums first
for what in directory 'symbolic link' 'special file'; do
	rm -rf tree/a/f
	case $what in
	directory) mkdir tree/a/f ;;
	special*) mkfifo tree/a/f ;;
	*) ln -s ../b/g tree/a/f ;;
	esac
	[ "$what" = 'symbolic link' ] && also='-L, ' || also=''
	[ "$what" = 'special file' ] && not='regular one' || not='file'
	for mode in audit update; do
		run treesum --$mode=sums tree
		[ $mode = audit ] && want_status 2 || want_status 1
		want_out 'tree/a/f: UNREADABLE'
		want_err "treesum: tree/a/f: is a $what now, not a $not (${also}--accept=missing)
treesum: 1 the same, 1 unreadable"
		want_text <(line_of tree/a/f) "$(line_of tree/a/f first)"
	done
done
update 0 'tree/a/f: MISSING' --accept=missing:f tree

# For which names: a pattern may have commas, or a slash for where a name starts; words add up.
accepts() { # LINES ACCEPT...
	rm -rf tree sums && mkdir -p tree/sub
	touch -d 2020-02-02 tree/sub 'tree/a,b' tree/c tree/sub/c tree/sub/new
	treesum --update=sums tree 2>/dev/null
	for file in 'tree/a,b' tree/c tree/sub/c tree/sub/new; do
		rm "$file" && mkfifo "$file"
	done
	run treesum "${@:2}" --update=sums tree
	want [ "$(grep MISSING "$out" | cut -d : -f 1 | paste -sd " ")" = "$1" ]
	want_text <(grep UNREADABLE "$out" | cut -d : -f 1 | wc -l) $((4 - $(wc -w <<<"$1")))
}
accepts '' --accept=new,changed,corrupt
accepts 'tree/a,b' --accept=missing:a,b
accepts 'tree/a,b' --accept=changed,missing:a,b,corrupt
accepts 'tree/c tree/sub/c' --accept=missing:c
accepts 'tree/c' --accept=missing:/tree/c
accepts '' --accept='missing:[' --accept='missing:[c'
accepts 'tree/sub/c tree/sub/new' --accept=missing:/tree/sub/
accepts 'tree/c tree/sub/c tree/sub/new' --accept=missing:c --accept='missing:[n]ew'
accepts 'tree/sub/c' --accept='missing:+ /tree/c' --accept=missing:c
accepts 'tree/a,b tree/c tree/sub/c tree/sub/new' --accept=missing:c,missing

# A manifest of 0 bytes has lost what it held.
fresh
: >sums
refused 'sums: is empty, without even a seal: was it cut off? (--accept=new)' tree
update 0 'tree/a/f: NEW
tree/b/g: NEW' --accept=new tree
# So has one with a line that is none, or inside of an OpenPGP signature.
fresh
sed -i '/^#/d' sums
cp sums plain
echo nonsense >>sums
refused 'sums: line 3 is improperly formatted' tree
{ printf -- '-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n' && cat plain; } >sums
refused 'sums: line 1 is OpenPGP armour around a signed manifest' tree
{ cat plain && printf -- '-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n'; } >sums
refused 'sums: line 3 is OpenPGP armour around a signed manifest' tree

# Most of a tree is gone, though its folder is not empty: a mount point with a placeholder in it.
fill() { # COUNT
	rm -rf tree sums && mkdir tree
	for ((i = 0; i < $1; i++)); do
		echo $i >tree/$i
	done
	touch -d 2020-02-02 tree/*
	treesum --update=sums tree 2>/dev/null
}
lost() { # LINES DROPPED CHANGED WORDS
	local what="$2 would be dropped and $3 get new digests: is this the tree, and all of it mounted?"
	[ $3 -gt 0 ] || what="$2 would be dropped: is this the tree, and all of it mounted?"
	[ $2 -gt 0 ] || what="$3 would get new digests: is this the tree?"
	echo "tree: of $1 lines, $what (--accept=$4)"
}
fill 800
mv tree away && mkdir tree && echo 'nothing mounted here' >tree/README
refused "$(lost 800 800 0 missing)" tree
refused "$(lost 800 800 0 missing)" -n tree
refused "$(lost 800 799 0 missing)" --accept=missing:7,new tree
rm -r tree && mv away tree
# Another one in its place: most would get new digests.
for ((i = 0; i < 401; i++)); do
	echo new $i >tree/$i
done
refused "$(lost 800 0 401 changed)" tree
refused "$(lost 800 0 401 changed)" -n tree
rm tree/799
refused "$(lost 800 1 401 missing,changed)" tree
refused "$(lost 800 1 401 missing,changed)" -n tree
run treesum -n --update=sums --accept=changed tree
want_status 0
run treesum -n --update=sums --append-only tree
want_status 1
refused "$(lost 800 0 401 changed)" --accept=missing tree
run treesum --update=sums --accept=changed tree
want_status 0
want_err 'treesum: 398 the same, 401 changed, 1 missing'
# Half of it is not more than half, and of 50 lines all may go.
fill 100
rm tree/{0..49}
run treesum --update=sums tree
want_status 0
want_err 'treesum: 50 the same, 50 missing'
rm tree/* && echo new >tree/new
run treesum --update=sums tree
want_status 0
want_err 'treesum: 0 the same, 1 new, 50 missing'
# What was moved is not lost, and what may have been is not refused by a dry run.
fill 100
mkdir tree/sub && mv tree/[0-9]* tree/sub/
run treesum -n --update=sums tree
want_status 0
want_err 'treesum: 0 the same, 100 to be read, 100 to be dropped'
run treesum --update=sums tree
want_status 0
want_err 'treesum: 0 the same, 100 moved'
# A file of another size whose mtime is the same is corrupt, and so its line would not go.
fill 60
for ((i = 0; i < 60; i++)); do
	echo longer $i >tree/$i
done
touch -d 2020-02-02 tree/*
run treesum -n --update=sums tree
want_status 0
run treesum --update=sums tree
want_status 1
want_err 'treesum: 0 the same, 60 corrupt'

# Digests of another algorithm that are as long: no file has that of its line, and nothing tells which it is.
for algorithm in sha3-512 blake2b-512; do
	fresh
	echo h >tree/a/h
	openssl dgst -r -$algorithm tree/a/f tree/a/h tree/b/g | sed 's/ \*/  /' >sums
	refused 'sums: none of 3 files has the sha512 digest of its line: is it of another algorithm? (-a, --accept=changed)' tree
	rm tree/b/g
	update 0 'tree/a/f: CHANGED
tree/a/h: CHANGED
tree/b/g: MISSING' --accept=missing tree
done
# Edited, all of them, as it seems: that can be said. A single file that has its digest is proof enough.
plain() {
	fresh
	echo h >tree/a/h
	echo i >tree/a/i
	sha512sum tree/*/* >sums
	for file in "$@"; do
		echo other >>$file
	done
}
plain tree/{a/{f,h,i},b/g}
refused 'sums: none of 4 files has the sha512 digest of its line: is it of another algorithm? (-a, --accept=changed)' tree
refused 'sums: none of 4 files has the sha512 digest of its line: is it of another algorithm? (-a, --accept=changed)' --accept=changed:f tree
update 0 'tree/a/f: CHANGED
tree/a/h: CHANGED
tree/a/i: CHANGED
tree/b/g: CHANGED' --accept=changed tree
plain tree/a/{f,h,i}
update 0 'tree/a/f: CHANGED
tree/a/h: CHANGED
tree/a/i: CHANGED' tree
plain tree/{a/{f,h,i},b/g}
cp tree/a/f kept && echo f >tree/b/moved
update 0 'tree/a/f: CHANGED
tree/a/h: CHANGED
tree/a/i: CHANGED
tree/b/g: CHANGED
tree/b/moved: COPIED from tree/a/f' tree
# An annotated manifest names its algorithm.
plain
update 0 '' tree
for file in tree/*/*; do
	echo other >>$file
done
run treesum --update=sums tree
want_status 0

# An inbox that was emptied by hand, its files found elsewhere or gone: its mtime is later than they were.
fresh
echo in >tree/a/in
touch -d 2020-02-02 tree/a/in
update 0 'tree/a/in: NEW' tree
touch -d 2030-01-01 tree/a/f && sed -i '/^#end/d; s/^\(#= [0-9]* [0-9.]*\) .*/\1 --/' sums
{ cat sums && oracle_seal sums; } >sealed && mv sealed sums
mv tree/a/f tree/b/f
rm tree/a/in
for mode in audit update; do
	run treesum --$mode=sums tree
	[ $mode = audit ] && want_status 1 || want_status 0
	want_out 'tree/a/in: MISSING
tree/b/f: MOVED from tree/a/f'
done
# The folder of a disk that is not mounted is older than what was on it.
need_mounts
fresh
mounted() {
	mkdir tree/disk
	mount -t tmpfs none tree/disk
	echo one >tree/disk/one
	treesum --update=sums tree 2>&1 || echo $?
	umount tree/disk
	cp sums first
	treesum --update=sums tree 2>&1 || echo $?
	# Times may have settled meanwhile.
	cmp <(grep -v '^#' sums) <(grep -v '^#' first) || echo altered
}
export -f mounted
run $apart bash -ec mounted
want_status 0
want_out 'tree/disk/one: NEW
treesum: 2 the same, 1 new
treesum: tree/disk: is empty, and the manifest lists files below it: is something not mounted? (--accept=missing)
tree/disk/one: UNREADABLE
treesum: 2 the same, 1 unreadable
2'
rmdir tree/disk

# Another program writes to the manifest while the tree is read, or makes one where there was none.
need_strace
fresh
echo new >tree/a/new
stop_at openat:error=EINTR new -- treesum --update=sums tree
sha512sum tree/b/g | sed 's,tree/b/g,other/g,' >>sums
cp sums before
go_on
want_status 2
want_out ''
want_err_line 'treesum: sums: was changed by another program during the run; not replaced'
want_same_bytes before sums
rm sums
stop_at openat:error=EINTR new -- treesum --update=sums tree
echo mine >sums
go_on
want_status 2
want_text sums mine
want [ ! -e .sums.treesum ]
