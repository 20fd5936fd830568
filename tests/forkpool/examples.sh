# The examples do what their first lines say.
. "$TEST_TOP/tests/lib.sh"

run "$BUILD/examples/apply"
want_status 0
want_out 'apply: 0 1 4 9 16
apply_async: 0 1 4 9 16'

run "$BUILD/examples/map" one two "$(printf '%300s' '')" three
want_status 1
want_out 'eno
owt
Argument list too long: a word of such length
eerht'
run "$BUILD/examples/map"
want_status 0
want_out ''

run "$BUILD/examples/callback"
want_status 0
want_out '0 1 2 3 4 5 6 7 8 9 (10)'

run "$BUILD/examples/progress_bar"
want_status 0
tr '\r' '\n' <"$out" >lines
want [ "$(grep -c '^\[#* *\] [0-9]*/200$' lines)" -eq 200 ]
want [ "$(tail -n 1 lines)" = "[$(printf '#%.0s' {1..40})] 200/200" ]

run "$BUILD/examples/timeout"
want_status 0
want_out 'not yet
now'

# Sleeping for ten minutes, some are cancelled; those that do not sleep need not be.
run "$BUILD/examples/deadline" 600000 0 1 0
want_status 0
want_out '0: succeeded
1: succeeded
0: succeeded'
run "$BUILD/examples/deadline" 50 600000 0 600000 600000
want_status 0
want [ "$(grep -c '^600000: cancelled$' "$out")" -eq 3 ]
want [ "$(grep -c '^0: [a-z]*$' "$out")" -eq 1 ]
run "$BUILD/examples/deadline" 0
want_status 0
want_out ''

run "$BUILD/examples/large" 3 24
want_status 0
for i in 0 1 2; do
	printf '%s  block %d, 24 MiB\n' \
		"$(head -c 24M /dev/zero | tr '\0' "\\$(printf %o $((255 - i)))" | "$SHA512SUM" | cut -d ' ' -f 1)" $i
done >expected
want_same_bytes expected "$out"
# Longer than an argument may be.
run "$BUILD/examples/large" 1 65
want_status 1
want_err 'block 0: failed: Message too long'

prelude='ulimit -c 0' run "$BUILD/examples/crashes"
want_status 0
want_text <(sort "$out") 'task 13: its worker was killed by signal 6 (Aborted)
task 27: its worker exited with status 3
task 41: failed: 41 is not allowed (Numerical argument out of domain)'
tr '\r' '\n' <"$err" >lines
want [ "$(grep -c '^\[#* *\] [0-9]*/60, [0-3] failed$' lines)" -eq 60 ]
want [ "$(tail -n 1 lines)" = "[$(printf '#%.0s' {1..30})] 60/60, 3 failed" ]

mkdir -p tree/deep/deeper
for i in {1..50}; do
	seq $((i * i * 20)) >tree/$i
	ln tree/$i tree/deep/$i
done
: >tree/deep/deeper/empty
ln -s 1 tree/link
run "$BUILD/examples/sha512_walk" tree
want_status 0
find tree -type f -exec sha512sum {} + | sort >expected
sort "$out" >actual
want_same_bytes expected actual
run "$BUILD/examples/sha512_walk" nowhere
want_status 1
want_err 'nftw: No such file or directory'
