# --json with -c: a result for each line of the manifest, as the words that -c prints otherwise.
. "$TEST_TOP/tests/lib.sh"
need_python
command -v jq >/dev/null || skip 'jq is not installed'

hex() { printf %s "$1" | od -An -v -tx1 | tr -d ' \n'; }

mkdir tree
echo a >tree/a
echo b >tree/b
for name in $'new\nline' 'back\slash' $'\xff' $'\xc3\xa9' $'\033[2J'; do
	printf '%s' "$name" >"tree/$name"
done
treesum -o list tree
echo other >tree/b
rm tree/$'\xff'
echo nonsense >>list
expected="result $(hex tree/$'\033[2J') ok -
result $(hex tree/a) ok -
result $(hex tree/b) failed -
result $(hex 'tree/back\slash') ok -
result $(hex tree/$'new\nline') ok -
result $(hex tree/$'\xc3\xa9') ok -
error $(hex tree/$'\xff') - ENOENT
result $(hex tree/$'\xff') unreadable -"
messages="treesum: 'tree/'$'\\377': No such file or directory
treesum: WARNING: 1 line is improperly formatted
treesum: WARNING: 1 listed file could not be read
treesum: WARNING: 1 computed checksum did NOT match"
counts='"files":6,"bytes":%d,"results":{"ok":5,"failed":1,"changed":0,"corrupt":0,"new":0,"missing":0,"moved":0,"copied":0,"unreadable":1},"malformed":1,"errors":1,"error_kinds":{"missing":1,"denied":0,"unreadable":0,"changed":0,"died":0,"timed_out":0,"other":0},"skipped":0,"skipped_kinds":{"links":0,"special":0,"mounts":0,"excluded":0,"own":0,"ignored":0,"outside":0,"other_shards":0},"complete":true,"status":1}'
printf -v counts "$counts" "$(find tree -type f -print0 | xargs -0 cat | wc -c)"

for locale in C C.UTF-8; do
	prelude="export LC_ALL=$locale"
	run treesum -c --json list
	want_status 1
	want_json
	want_text <(sed '$d' "$SCRATCH/objects") "$expected"
	want_jq 'select(.type == "summary") | del(.seconds, .type, .reused)' "{$counts"
done
prelude=''
want_err "$messages"

# What is printed depends on --quiet and --status, what is counted does not.
run treesum -c --json --quiet list
want_status 1
want_json
want_text <(sed '$d' "$SCRATCH/objects") "$(grep -v ' ok ' <<<"$expected")"
want_jq 'select(.type == "summary") | del(.seconds, .type, .reused)' "{$counts"
want_err "$messages"
run treesum -c --json --status list
want_status 1
want_json
want_text <(sed '$d' "$SCRATCH/objects") "$(grep ^error <<<"$expected")"
want_jq 'select(.type == "summary") | del(.seconds, .type, .reused)' "{$counts"
want_err "treesum: 'tree/'$'\\377': No such file or directory"

# What is ignored is counted as such; a run in which all is well says so.
run treesum -c --json --ignore-missing list
want_json
want_jq 'select(.type == "summary") | .skipped, .skipped_kinds.ignored, .errors, .results.unreadable' '1
1
0
0'
treesum -o list tree
run treesum -c --json list
want_status 0
want_err ''
want_json
want_jq 'select(.type == "summary") | [.status, .results.ok, .results.failed, .malformed]' '[0,6,0,0]'

# Several manifests, and such as are none: one summary of all.
echo nothing >none
run treesum -c --json list none nope tree list
want_status 1
want_json
want_text <(grep ^error "$SCRATCH/objects") "error $(hex none) - -
error $(hex nope) - ENOENT
error $(hex tree) - -"
want_jq 'select(.type == "error").message' '"no properly formatted checksum lines found"
"No such file or directory"
"read error: Is a directory"'
want_jq 'select(.type == "summary") | [.results.ok, .malformed, .errors, .error_kinds.other, .complete]' '[12,1,3,3,true]'

# On a terminal the same.
on_terminal 1 treesum -c --json list
want_status 0
want_json "$SCRATCH/terminal"
want [ "$(grep -c '^result .* ok' "$SCRATCH/objects")" -eq 6 ]
