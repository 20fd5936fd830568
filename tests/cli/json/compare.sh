# --json with --audit, --update and --diff: every word as a status, with the other name where there is one.
. "$TEST_TOP/tests/lib.sh"
need_python
command -v jq >/dev/null || skip 'jq is not installed'

hex() { printf %s "$1" | od -An -v -tx1 | tr -d ' \n'; }

mkdir -p tree/closed $'tree/\xff'
for name in changed corrupt gone old same $'\xff/old'; do
	echo "$name" >"tree/$name"
done
echo x >tree/closed/x
find tree -type f -exec touch -d 2002-02-02 {} +
treesum --annotate -o old tree
cp old sums
cp -a tree before
echo other >tree/changed
echo CORRUPT >tree/corrupt
touch -d 2002-02-02 tree/corrupt
rm tree/gone
mv tree/old tree/moved
cp tree/same tree/copied
mv $'tree/\xff/old' $'tree/\xff/moved'
echo new >$'tree/new\n'
ln -s same tree/link
chmod 000 tree/closed
expected="result $(hex tree/changed) changed -
result $(hex tree/closed/x) unreadable -
result $(hex tree/copied) copied $(hex tree/same)
result $(hex tree/corrupt) corrupt -
result $(hex tree/gone) missing -
result $(hex tree/moved) moved $(hex tree/old)
result $(hex $'tree/new\n') new -
result $(hex $'tree/\xff/moved') moved $(hex $'tree/\xff/old')"
chmod 777 . tree

for options in '' -v; do
	run "${unprivileged[@]}" treesum --json $options --audit=sums tree
	want_status 2
	want_json
	want_text <(grep '^result' "$SCRATCH/objects" | grep -v ' ok ') "$expected"
	want_text <(grep ' ok ' "$SCRATCH/objects") "${options:+result $(hex tree/same) ok -}"
	want_text <(grep '^error' "$SCRATCH/objects") "error $(hex tree/closed) - EACCES"
	want_jq 'select(.type == "summary") | [.status, .complete, .errors, .error_kinds.denied, .skipped_kinds.links]' '[2,true,1,1,1]'
	want_jq 'select(.type == "summary").results' \
		'{"ok":1,"failed":0,"changed":1,"corrupt":1,"new":1,"missing":1,"moved":2,"copied":1,"unreadable":1}'
	want_err "treesum: tree/closed: Permission denied
treesum: 1 the same, 1 changed, 1 corrupt, 1 new, 1 missing, 2 moved, 1 copied, 1 unreadable"
done
run "${unprivileged[@]}" treesum --json --status --audit=sums tree
want_status 2
want_json
want_not grep '^result' "$SCRATCH/objects"

# What --update prints is JSON, what it writes is a manifest; what was known is not read again.
chmod 666 sums
run "${unprivileged[@]}" treesum --json --update=sums tree
want_status 2
want_json
want_text <(grep '^result' "$SCRATCH/objects") "$expected"
want_jq 'select(.type == "summary") | [.status, .complete, .files]' '[2,true,7]'
want [ "$(head -c 3 sums)" = '#= ' ]
chmod 755 tree/closed
run treesum --json --update=sums --accept=corrupt tree
want_status 0
want_json
want_jq 'select(.type == "summary") | [.results.corrupt, .results.ok, .status]' '[1,7,0]'
# Until two seconds after they were written files are read again.
nothing_read() {
	run treesum --json --update=sums tree
	[ "$(jq 'select(.type == "summary").bytes' "$out")" -eq 0 ]
}
wait_until nothing_read
want_status 0
want_json
want_jq 'select(.type == "summary") | [.files, .bytes, .reused, .errors, .status]' '[8,0,8,0,0]'

# Two manifests.
run treesum --json --diff old sums
want_status 1
want_json
want_text <(grep '^result' "$SCRATCH/objects") "$(grep -v unreadable <<<"$expected" | sed 's/ corrupt -/ changed -/')"
want_jq 'select(.remark) | [.path, .status, .remark]' '["tree/corrupt","changed","same mtime"]'
want_jq 'select(.type == "summary") | [.files, .status, .results.ok]' '[0,1,2]'
run treesum --json --diff sums sums
want_status 0
want_json
want_text "$SCRATCH/objects" 'summary - 0 -'

# What the manifest lists elsewhere; a manifest that is none; a tree that is none.
run treesum --json --audit=sums $'tree/\xff'
want_status 0
want_json
want_jq 'select(.type == "summary").skipped_kinds.outside' 7
echo '#end files=0' >>old
for command in '--audit=old tree' '--audit=nope tree' '--diff old sums' '--audit=sums nope' '--update=tree tree'; do
	run treesum --json $command
	want_status 2
	want_json
	want grep -q '^error' "$SCRATCH/objects"
	want_jq 'select(.type == "summary").status' 2
done
