# Files that were damaged and renamed: their lines stay, and the damaged contents get none, until that was meant.
. "$TEST_TOP/tests/lib.sh"

# Each file has a second and a size of its own.
fresh() {
	rm -rf tree sums && mkdir -p tree/a
	for number in 1 2 3 4; do
		printf "%0${number}0d" 0 >tree/a/$number
		touch -d "2020-02-02 02:02:0$number.123456789" tree/a/$number
	done
	treesum --update=sums tree 2>/dev/null
	cp sums first
}
damage() { # FILE: another first byte, and the same times
	touch -r "$1" stamp
	printf x | dd of="$1" conv=notrunc status=none
	touch -r stamp "$1"
}
update() { # STATUS LINES OPTION...
	local expected=$1 lines=$2
	shift 2
	run treesum --update=sums "$@" tree
	want_status "$expected"
	# It is not known while it is young.
	sed -i 's/ (ctime differs)$//' "$out"
	want_out "$lines"
}
digests() { sed -n 's/^\([0-9a-f]\{128\}\)  /\1 /p' "$1" | sort; }
listed() { sed -n 's/^[0-9a-f]\{128\}  tree\///p' sums | paste -sd ' '; }
kept='is kept of files that were corrupt and are gone, or may be corrupt ones of other names (--accept=missing,corrupt)'

# It was known to be corrupt, or was not; every night, and with a report of that alone.
for known in '' yes; do
	fresh
	damage tree/a/2
	[ ! "$known" ] || treesum --update=sums tree >"$SCRATCH/known" 2>&1 || true
	mv tree/a/2 tree/b
	for _ in 1 2; do
		update 1 'tree/a/2: MISSING
tree/b: CORRUPT from tree/a/2'
		want_err "treesum: 1 line $kept
treesum: 3 the same, 1 corrupt, 1 missing"
		want_text <(digests sums) "$(digests first)"
	done
	run treesum --audit=sums --report=corrupt tree
	want_status 1
	want_out 'tree/b: CORRUPT from tree/a/2'
	run treesum --json --audit=sums --report=corrupt tree
	want_jq 'select(.type == "result") | [.path, .status, .from]' '["tree/b","corrupt","tree/a/2"]'
done
# It goes back to its name; it is repaired under the new one.
mv tree/b tree/a/2
run treesum --update=sums tree
want_status 1
want grep -q '^tree/a/2: CORRUPT' "$out"
mv tree/a/2 tree/b
printf 0 | dd of=tree/b conv=notrunc status=none
update 0 'tree/b: MOVED from tree/a/2'
want_text <(listed) 'a/1 a/3 a/4 b'

# That it is no longer the file has to be meant; other words are about other things.
for accept in corrupt corrupt:/tree/b; do
	fresh
	damage tree/a/2
	mv tree/a/2 tree/b
	update 1 'tree/a/2: MISSING
tree/b: CORRUPT from tree/a/2'
	update 0 'tree/a/2: MISSING
tree/b: CORRUPT from tree/a/2' --accept=$accept
	want_text <(listed) 'a/1 a/3 a/4 b'
	update 0 ''
done
for accept in missing missing:/tree/a/2,new,changed corrupt:/tree/a/2; do
	fresh
	damage tree/a/2
	mv tree/a/2 tree/b
	update 1 'tree/a/2: MISSING
tree/b: CORRUPT from tree/a/2' --accept=$accept
	want_text <(digests sums) "$(digests first)"
done

# A copy of a damaged file beside it; then the original is removed, or restored.
fresh
damage tree/a/2
cp -p tree/a/2 tree/b
for _ in 1 2; do
	update 1 'tree/a/2: CORRUPT
tree/b: CORRUPT from tree/a/2' --accept=new
	want_text <(listed) 'a/1 a/2 a/3 a/4'
done
# The one that was listed is removed; or restored.
mv tree/a/2 "$SCRATCH/damaged"
update 1 'tree/a/2: MISSING
tree/b: CORRUPT from tree/a/2'
cp -p "$SCRATCH/damaged" tree/a/2
printf 0 | dd of=tree/a/2 conv=notrunc status=none
touch -r tree/b tree/a/2
update 1 'tree/b: CORRUPT from tree/a/2'
want_text <(grep -B 1 '  tree/a/2$' sums | cut -d ' ' -f 5 | head -n 1) -
want_text <(listed) 'a/1 a/2 a/3 a/4'
rm tree/b
update 0 ''
want [ "$(grep -B 1 '  tree/a/2$' sums | cut -d ' ' -f 5 | head -n 1)" -gt 1000000000 ]

# Two equal files, of which the damaged one was older; both names are others now.
fresh
cp tree/a/4 tree/a/5 && touch -d '2021-01-01 01:01:01.5' tree/a/5
treesum --update=sums tree >"$SCRATCH/both" 2>&1
damage tree/a/4
mv tree/a tree/b
run treesum --update=sums tree
want_status 1
want grep -qx 'tree/b/4: CORRUPT from tree/a/4' "$out"
want_not grep -q '  tree/b/4$' sums

# Its line cannot be looked at: a link has its name; or it lies below another PATH.
fresh
damage tree/a/2
mv tree/a/2 tree/b
ln -s nowhere tree/a/2
update 1 'tree/a/2: UNREADABLE
tree/b: CORRUPT from tree/a/2'
update 1 'tree/a/2: MISSING
tree/b: CORRUPT from tree/a/2' --accept=missing:/tree/a/2
want_text <(digests sums) "$(digests first)"
fresh
mkdir other && echo other >other/x
treesum --update=sums tree other >"$SCRATCH/other" 2>&1
cp sums first
damage tree/a/2
mv tree/a/2 other/2
run treesum --update=sums other
want_status 1
want_out 'other/2: CORRUPT from tree/a/2'
run treesum --update=sums tree
want_status 1
want_out 'tree/a/2: MISSING'
want_text <(digests sums) "$(digests first)"
rm -r other

# What was corrupt stays so when its times change, when it moves away and back, and when it is gone.
fresh
damage tree/a/2
update 1 'tree/a/2: CORRUPT'
touch tree/a/2
update 1 'tree/a/2: CORRUPT'
mv tree/a/2 "$SCRATCH/damaged"
update 1 'tree/a/2: MISSING'
want_err "treesum: 1 line $kept
treesum: 3 the same, 1 missing"
update 0 'tree/a/2: MISSING' --accept=missing
fresh
damage tree/a/2
mv tree/a tree/b
update 1 'tree/a/2: MISSING
tree/b/1: MOVED from tree/a/1
tree/b/2: CORRUPT from tree/a/2
tree/b/3: MOVED from tree/a/3
tree/b/4: MOVED from tree/a/4'
mv tree/b tree/a
run treesum --update=sums tree
want_status 1
want grep -q '^tree/a/2: CORRUPT' "$out"

# Several of one size and mtime: as long as one is not accepted, no line goes.
fresh
printf 1 | dd of=tree/a/1 conv=notrunc status=none && cp tree/a/1 tree/a/5
printf 2 | dd of=tree/a/5 conv=notrunc status=none && touch -r tree/a/4 tree/a/1 tree/a/5
treesum --update=sums tree >"$SCRATCH/twins" 2>&1
damage tree/a/1
printf y | dd of=tree/a/5 conv=notrunc status=none
touch -r tree/a/4 tree/a/5
mv tree/a/1 tree/z && mv tree/a/5 tree/y
run treesum --update=sums --accept=corrupt:/tree/z tree
want_status 1
want_text <(listed) 'a/1 a/2 a/3 a/4 a/5 z'
update 0 'tree/a/1: MISSING
tree/a/5: MISSING
tree/y: CORRUPT from tree/a/1' --accept=corrupt:/tree/y
want_text <(listed) 'a/2 a/3 a/4 y z'

# With its whole directory, over another file, in exchange for one: all digests stay.
fresh
damage tree/a/3
mv tree/a tree/b
update 1 'tree/a/3: MISSING
tree/b/1: MOVED from tree/a/1
tree/b/2: MOVED from tree/a/2
tree/b/3: CORRUPT from tree/a/3
tree/b/4: MOVED from tree/a/4'
want_text <(digests sums | cut -d ' ' -f 1) "$(digests first | cut -d ' ' -f 1)"
want_text <(listed) 'a/3 b/1 b/2 b/4'
fresh
damage tree/a/3
mv tree/a/3 tree/a/1
update 1 'tree/a/1: CORRUPT from tree/a/3
tree/a/3: MISSING'
want_text <(digests sums) "$(digests first)"
fresh
damage tree/a/3
mv tree/a/3 tree/b && mv tree/a/1 tree/a/3 && mv tree/b tree/a/1
update 1 'tree/a/1: CORRUPT from tree/a/3
tree/a/3: CHANGED'
want_text <(digests sums) "$(digests first)"

# What a file held may be in one that cannot be read: its line stays until that can be, or is meant.
fresh
mv tree/a/2 tree/b && echo new >tree/a/2
chmod 000 tree/b
chmod 777 . tree tree/a
hand_over sums
run "${unprivileged[@]}" treesum --update=sums tree
want_status 1
want_out 'tree/a/2: CHANGED
tree/b: UNREADABLE'
want_err_line 'treesum: 1 line is kept of altered files, as what they held may be in files that were not read (--accept=changed)'
want_text <(digests sums) "$(digests first)"
damage tree/b
chmod 644 tree/b
update 1 'tree/a/2: CHANGED
tree/b: CORRUPT from tree/a/2'
want_text <(digests sums) "$(digests first)"
fresh
mv tree/a/2 tree/b && echo new >tree/a/2
chmod 000 tree/b
chmod 777 . tree tree/a
hand_over sums
run "${unprivileged[@]}" treesum --update=sums --accept=changed tree
want_status 1
want_text <(digests sums | grep 'tree/a/2$') "$(sha512sum tree/a/2 | sed 's/  / /')"
chmod 644 tree/b

# Times that a package manager or a build sets on all files prove nothing.
fresh
rm -r tree/a && mkdir tree/old && for name in a b c d e f g h i; do printf $name >tree/old/$name; done
touch -d '1985-10-26 08:15:00' tree/old/*
treesum --update=sums --accept=missing tree >"$SCRATCH/packages" 2>&1
rm tree/old/a && mkdir tree/new && printf x >tree/new/a && touch -d '1985-10-26 08:15:00' tree/new/a
update 0 'tree/new/a: NEW
tree/old/a: MISSING'

# What compression, an edit or another file leaves is no such case: size and mtime must both be the same.
fresh
touch -r tree/a/2 stamp
gzip -c tree/a/2 >tree/a/2.gz && rm tree/a/2
touch -r stamp tree/a/2.gz
update 0 'tree/a/2: MISSING
tree/a/2.gz: NEW'
fresh
damage tree/a/2 && touch tree/a/2
mv tree/a/2 tree/b
update 0 'tree/a/2: MISSING
tree/b: NEW'
