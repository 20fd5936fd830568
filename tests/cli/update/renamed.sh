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
	want_out "$lines"
}
digests() { sed -n 's/^\([0-9a-f]\{128\}\)  /\1 /p' "$1" | sort; }
listed() { sed -n 's/^[0-9a-f]\{128\}  tree\///p' sums | paste -sd ' '; }
kept='treesum: 1 line is kept of files that may have been renamed, and are corrupt (--accept=corrupt)'

# It was known to be corrupt, or was not; every night, and with a report of that alone.
for known in '' yes; do
	fresh
	damage tree/a/2
	[ ! "$known" ] || treesum --update=sums tree >"$SCRATCH/known" 2>&1 || true
	mv tree/a/2 tree/b
	for _ in 1 2; do
		update 1 'tree/a/2: MISSING
tree/b: CORRUPT from tree/a/2'
		want_err "$kept
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

# That it is no longer the file was meant: by its own name, or by the one that is gone.
for accept in corrupt corrupt:/tree/b missing:/tree/a/2; do
	fresh
	damage tree/a/2
	mv tree/a/2 tree/b
	update 0 'tree/a/2: MISSING
tree/b: CORRUPT from tree/a/2' --accept=$accept
	want_text <(listed) 'a/1 a/3 a/4 b'
	update 0 ''
done
fresh
damage tree/a/2
mv tree/a/2 tree/b
update 1 'tree/a/2: MISSING
tree/b: CORRUPT from tree/a/2' --accept=corrupt:/tree/a/2,missing:/tree/b,changed,new
want_text <(digests sums) "$(digests first)"

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
