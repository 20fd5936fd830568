# The examples do what their first lines say.
. "$TEST_TOP/tests/lib.sh"

run "$BUILD/examples/apply"
want_status 0
want_out 'apply: 0 1 4 9 16
apply_async: 0 1 4 9 16'

run "$BUILD/examples/map" one two "$(printf '%300s' '')" three
want_status 0
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
