#!/bin/bash
# Where standard output and standard error are the same, results and messages stand in sha512sum's order, in
# each run: in a file, and in a pipe.
. "$TEST_TOP/tests/lib.sh"

for name in {1..60}; do echo "$name" >"$name"; done
sha512sum {1..60} >LIST
sha512sum {1..9} >OTHER
rm 2 3 20 21 41 59
echo altered | tee 5 19 40 60 >/dev/null
sed -i '10s/^/x/; 30s/^/x/; $a\no line' LIST
mkdir 3

to_file() { # COMMAND...
	exec "$@" 2>&1
}
to_pipe() { # COMMAND...
	"$@" 2>&1 | cat
	return "${PIPESTATUS[0]}"
}

for as in to_file to_pipe to_file to_pipe; do
	for options in '' -w --quiet '-w --strict' --ignore-missing; do
		# shellcheck disable=SC2086  # none, one or two
		same -c $options LIST
	done
	same -c LIST nowhere OTHER LIST
	same 1 nowhere 4 3/none 5
done
