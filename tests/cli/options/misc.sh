# --help, --version, --debug, --jobs and --timeout: accepted, or refused with a reason.
. "$TEST_TOP/tests/lib.sh"

mkdir tree
echo a >tree/a
oracle_manifest tree >"$SCRATCH/expected"

run treesum --help
want_status 0
want_err ''
want [ "$(head -c 15 "$out")" = 'Usage: treesum ' ]
for option in --binary --check --text --warn --zero --tag --ignore-missing --quiet --status --strict --help --version \
	--directory --algorithm --jobs --timeout --output --files0-from --unsorted --debug \
	--one-file-system --dereference -P --exclude --include --exclude-from --json --summary; do
	want grep -qe "$option" "$out"
done
run treesum --version
want_status 0
want_err ''
want grep -q '^treesum [0-9][0-9.]*' "$out"
run treesum nope --version
want_status 0
run treesum --vers
want_status 0
run treesum --hel
want_status 0

# Abbreviations that are ambiguous among sha512sum's options name ours, too.
run treesum --t tree
want_status 1
want_err "treesum: option '--t' is ambiguous; possibilities: '--tag' '--text' '--timeout'
Try 'treesum --help' for more information."

run treesum --s tree
want_status 1
want_err "treesum: option '--s' is ambiguous; possibilities: '--status' '--strict' '--shard' '--summary'
Try 'treesum --help' for more information."

for option in --help --version; do
	prelude='exec >/dev/full'
	run treesum $option
	want_status 1
	want_err 'treesum: write error: No space left on device'
	prelude='exec >&-'
	run treesum $option
	want_status 1
	want_err 'treesum: write error: Bad file descriptor'
done
prelude=''

run treesum --debug tree
want_status 0
want_same_bytes "$SCRATCH/expected" "$out"
want [ -s "$err" ]
want_not grep -v '^treesum: ' "$err"
run treesum --debug -c "$SCRATCH/expected"
want_status 0
want_out 'tree/a: OK'

for option in -j1 '-j 2' --jobs=8 --timeout=60 '--timeout 1'; do
	run treesum $option tree
	want_manifest "$SCRATCH/expected"
done
for option in -j0 -j-1 -jx -j '' '-j 1x' --jobs= '--jobs=99999999999999999999' --timeout=x --timeout= --timeout=-1 --timeout=1x \
	'--timeout=99999999999999999999' --nope -Q --output; do
	[ "$option" ] || continue
	run treesum tree $option
	want_status 1
	want_out ''
	want_err_line "Try 'treesum --help' for more information."
done

# What an option can be is said where it is something else.
wrong() { # MESSAGE OPTION
	run treesum "$2" tree
	want_status 1
	want_out ''
	want_err "treesum: $1
Try 'treesum --help' for more information."
}
wrong "invalid engine: 'lane' (auto, libcrypto or lanes)" --engine=lane
wrong "invalid number of jobs: '0' (1 to 4096)" -j0
wrong "invalid time-out: 'x' (1 to 2147483)" --timeout=x
wrong "invalid algorithm: 'sha3' ($(sed -n '/^Algorithms:/,/^$/{/^ /p}' <(treesum --help) | xargs | sed 's/ /, /g; s/\(.*\), /\1 or /'))" \
	--algorithm=sha3
wrong "invalid word to accept: 'x' (new, missing, changed or corrupt)" --accept=x
wrong "invalid word to accept: 'missing:' (new, missing, changed or corrupt)" --accept=missing:
wrong "invalid word to report: 'ok' (changed, corrupt, new, missing, moved, copied or unreadable)" --report=new,ok
wrong "invalid prefix map: 'x' (OLD=NEW)" --prefix-map=x

# Options of generating mean nothing when checking, and the other way round.
run treesum --unsorted --quiet tree
want_status 1
