# The manual pages are in order, as mandoc and as groff see it.
. "$TEST_TOP/tests/lib.sh"

for tool in mandoc groff; do
	command -v $tool >/dev/null || skip "no $tool here"
done
for page in src/treesum.1 src/forkpool/forkpool.3; do
	run mandoc -T lint -W warning "$TEST_TOP/$page"
	# That pages of others were never indexed on this machine does not matter.
	want_text <(grep -v 'mandoc\.db' "$out") ''
	run groff -mdoc -ww -T utf8 "$TEST_TOP/$page"
	want_status 0
	want_err ''
	want [ -s "$out" ]
done
# Each form of the command has a line of its own.
want_text <(awk '/^\.Sh/ { synopsis = /SYNOPSIS/ } synopsis && /^\.Fl/ && last != ".Nm" { print } { last = $0 }' \
	"$TEST_TOP/src/treesum.1") ''
