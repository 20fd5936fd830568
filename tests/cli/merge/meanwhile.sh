# A merge that cannot come to its end prints no seal and leaves its target alone: parts that are altered meanwhile, an
# output that fails, signals, too few descriptors.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/shards.sh"
need_strace
mkdir tree
for i in {1..200}; do
	echo "$i" >"tree/$i"
done
settle
treesum --annotate tree >"$SCRATCH/one"
print_shards 4 p tree
mkdir good
cp p.* good
echo old >sums
no_seal() { ! grep -q '^#end' "$1"; }

# Opened a first time for its seal, then to be verified, then to be merged: altered before the second or third.
for when in 2 3; do
	for change in 'cp p.1-of-4 p.2-of-4' 'sed -i s/1/2/ p.2-of-4' 'head -c 900 good/p.2-of-4 >p.2-of-4' 'rm p.2-of-4' \
		'treesum --shard=2/4 tree/1 >p.2-of-4' '>p.2-of-4'; do
		stop_when=$when stop_at openat:error=EINTR p.2-of-4 -- treesum --merge -o sums p.{1..4}-of-4
		eval "$change"
		go_on
		want_status 1
		want grep -qE '^treesum: p.2-of-4: (was changed meanwhile|was edited after it was sealed|No such file or directory)$' "$err"
		want_text sums old
		want [ ! -e .sums.treesum ]
		cp good/* .
	done
done
# It becomes another one between its seal and its lines.
stop_at read:error=EINTR p.2-of-4 -- treesum --merge -o sums p.{1..4}-of-4
cat good/p.1-of-4 >p.2-of-4
go_on
want_status 1
want_err 'treesum: p.2-of-4: was changed while it was read'
cp good/* .
# While it is merged: bytes altered in place, after what was printed already.
for i in {201..4000}; do
	echo "$i" >"tree/$i"
done
print_shards 2 q tree
stop_when=4 stop_at read:error=EINTR q.2-of-2 -- treesum --merge q.1-of-2 q.2-of-2
want [ "$stopped" ]
printf x | dd of=q.2-of-2 bs=1 seek=$(($(stat -c %s q.2-of-2) - 2000)) conv=notrunc status=none
go_on
want_status 1
want_err 'treesum: q.2-of-2: was edited after it was sealed'
want no_seal "$out"

# Lines that are lost.
for target in '' '-o /dev/full'; do
	prelude='exec >/dev/full'
	# shellcheck disable=SC2086
	run treesum --merge $target p.*
	want_status 1
	want grep -q 'No space left on device$' "$err"
	prelude=
done
run traced -e inject=write:error=ENOSPC:when=1 -P "$PWD/.sums.treesum" -- treesum --merge -o sums p.*
want_injected
want_status 1
want_text sums old
for fault in read pread64; do
	run traced -e inject=$fault:error=EIO -P p.3-of-4 -- treesum --merge -o sums p.*
	want_injected
	want_status 1
	want_err_line 'treesum: p.3-of-4: Input/output error'
	want_text sums old
done

# A signal.
for signal in INT TERM; do
	stop_when=3 stop_at openat:error=EINTR p.2-of-4 -- env --default-signal=INT treesum --merge -o sums p.{1..4}-of-4
	kill -$signal "$stopped"
	go_on
	want_status $((128 + $(kill -l $signal)))
	want_text sums old
	want [ ! -e .sums.treesum ]
	want_err ''
done
kill_usr1() { kill -USR1 "$stopped"; }
stop_when=3 stop_at openat:error=EINTR p.2-of-4 -- treesum --merge p.{1..4}-of-4
kill_usr1
go_on
want_status 0
want_same_bytes "$SCRATCH/one" "$out"
want grep -q '^treesum: .*p\.[1-4]-of-4' "$err"

# More parts than descriptors: it says why. Where the limit may be raised, it is.
settle
print_shards 64 r tree
treesum --annotate tree >"$SCRATCH/one"
prelude='ulimit -n 20'
run treesum --merge -o sums r.*
want_status 1
want grep -qE '^treesum: r\.[0-9]+-of-64: Too many open files$' "$err"
want_err_line 'treesum: all 64 parts have to be open at once (ulimit -n)'
want_text sums old
prelude='ulimit -Sn 20'
run treesum --merge r.*
want_manifest "$SCRATCH/one"
