# What a merge needs of memory does not depend on how many entries there are.
. "$TEST_TOP/tests/lib.sh"
need_python
! has_asan || skip 'AddressSanitizer needs more address space'

python3 "$TEST_TOP/tests/bench/parts.py" 100000 4 parts
want [ "$(cat parts.* | wc -c)" -gt 20000000 ]
# The least limit, to a MiB, under which a single entry can be merged, and a little more.
python3 "$TEST_TOP/tests/bench/parts.py" 1 4 few
limit=8
until (ulimit -v $((limit * 1024)) && treesum --merge few.* >/dev/null 2>&1); do
	limit=$((limit + 1))
	[ $limit -lt 200 ] || break
done
prelude="ulimit -v $(((limit + 1) * 1024))"
run treesum --merge -o sums parts.*
want_status 0
want_err ''
want [ "$(grep -c '^[^#]' sums)" -eq 100000 ]
grep -v '^#end' sums >"$SCRATCH/body"
want_text <(tail -n 1 sums) "#end files=100000 bytes=409600000 sha512=$("$SHA512SUM" <"$SCRATCH/body" | cut -d ' ' -f 1)"
