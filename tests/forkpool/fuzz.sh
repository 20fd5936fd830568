# Each fuzz target is run over its corpus.
. "$TEST_TOP/tests/lib.sh"

for target in "$BUILD"/fuzz/fuzz_*; do
	[ -x "$target" ] && [[ ${target##*/} != *.* ]] || continue
	corpus=$TEST_TOP/fixtures/corpus/${target##*/fuzz_}
	run "$target" "$corpus"/*
	want_status 0
	want_out "$(find "$corpus" -type f | wc -l) inputs"
done
