# --json and errors: each that is told on standard error is an object, with errno's name; the summary comes last
# whatever has failed, as long as the output takes it, and says whether the run came to its end.
. "$TEST_TOP/tests/lib.sh"
need_python
command -v jq >/dev/null || skip 'jq is not installed'
need_strace

hex() { printf %s "$1" | od -An -v -tx1 | tr -d ' \n'; }
summary() { jq -c 'select(.type == "summary") | [.status, .complete, .files, .errors]' "$1"; }

mkdir -p tree/closed
echo a >tree/a
echo b >tree/b
echo bad >tree/bad
chmod 000 tree/closed
for name in nope $'no\npe' $'\xffnope' "it's"; do
	run treesum --json tree/a "$name"
	want_status 1
	want_json
	want_text <(grep ^error "$SCRATCH/objects") "error $(hex "$name") - ENOENT"
	want_jq 'select(.type == "error").message' '"No such file or directory"'
	want_text <(summary "$out") '[1,true,1,1]'
done
run "${unprivileged[@]}" treesum --json tree
want_status 1
want_json
want_text <(grep ^error "$SCRATCH/objects") "error $(hex tree/closed) - EACCES"
want_jq 'select(.type == "summary").error_kinds.denied' 1
rmdir tree/closed

for options in '' --unsorted; do
	run traced -P bad -P tree/bad -e inject=read,readv,preadv2:error=EIO -- treesum --json $options tree
	want_injected
	want_status 1
	want_json
	want_text <(grep ^error "$SCRATCH/objects") "error $(hex tree/bad) - EIO"
	want_text <(summary "$out") '[1,true,2,1]'
	want_jq 'select(.type == "summary").error_kinds.unreadable' 1
done

# A folder that kills whoever lists it.
for options in '' --unsorted; do
	run traced -e inject=getdents64:signal=KILL:when=1 -- treesum --json $options tree tree/a
	want_status 1
	want_json
	want_text <(grep ^error "$SCRATCH/objects") "error $(hex tree) - -"
	want_jq 'select(.type == "error").message' '"its reader was killed by signal 9"'
	want_jq 'select(.type == "summary").error_kinds.died' 1
	want_text <(summary "$out") '[1,true,1,1]'
done

# The run breaks off: an error about no file.
ulimit -c 0
mkdir many
for i in {1..300}; do
	echo $i >many/$i
done
run traced -e inject=preadv2:signal=SEGV -- treesum --json many
want_status 1
want_json
want_text <(grep '^error - ' "$SCRATCH/objects") 'error - - -'
want_jq 'select(.type == "error" and .path == null).message' '"the workers died again and again: giving up"'
want_text <(summary "$out") '[1,false,0,1]'
echo old >lines
run traced -e inject=preadv2:signal=SEGV -- treesum --json -o lines many
want_status 1
want_text lines old
run treesum --json -C nope tree
want_status 1
want_json
want_text <(grep ^error "$SCRATCH/objects") "error $(hex nope) - ENOENT"
want_text <(summary "$out") '[1,false,0,1]'

# Lists of names.
run treesum --json --files0-from=nope
want_status 1
want_json
want_text <(grep ^error "$SCRATCH/objects") "error $(hex nope) - ENOENT"
want_text <(summary "$out") '[1,false,0,1]'
printf 'tree/a\0\0tree/b\0' >names
run treesum --json --files0-from=names
want_status 1
want_json
want_text <(grep ^error "$SCRATCH/objects") "error $(hex names) - -"
want_text <(summary "$out") '[1,true,2,1]'

# What is no error, or comes before there is an output, is not in it.
run treesum --json --debug tree/a
want [ -s "$err" ]
want_json
want_not grep ^error "$SCRATCH/objects"
run treesum --json --nope
want_status 1
want_out ''

# An output that fails is an output that was cut off.
for options in tree "-c $SCRATCH/list" "--audit=$SCRATCH/list tree"; do
	treesum -o "$SCRATCH/list" tree
	prelude='exec >/dev/full'
	run treesum --json $options
	prelude=''
	want_failure
	want_err_line 'treesum: write error: No space left on device'
done

# So is one that a signal ends: whole lines, and no summary.
truncate -s 1T tree/endless
status=0
env --default-signal=TERM treesum --json --unsorted tree/a tree/endless >"$out" 2>"$err" &
pid=$!
hasher_of tree/endless >"$SCRATCH/hasher"
wait_until [ -s "$out" ]
want kill -TERM $pid
wait $pid || status=$?
want_status 143
want_err ''
want_jq .path '"tree/a"'
