# --json when generating: the digests of the manifest, in its order, whatever the names; sizes and times.
. "$TEST_TOP/tests/lib.sh"
need_python

# What --json has to say of trees, by find, sort and sha512sum: as want_json() leaves it.
oracle_objects() { # TREE...
	local tree
	for tree; do
		find "$tree" -type f -print0 | sort -z | xargs -0r "$SHA512SUM" -z
	done | od -An -v -tx1 -w1 | awk '
		# Digits come as their codes: 30 to 39, 61 to 66.
		function digit(code) { return substr(code, 2) + (code >= 61 ? 9 : 0) }
		$1 != "00" { if (++bytes <= 128) digest = digest sprintf("%x", digit($1)); else if (bytes > 130) name = name $1; next }
		{ print "file", name, digest, "-"; name = digest = ""; bytes = 0 }'
}

# Every byte that a name can hold, alone, in a row, and as often as a name can hold it.
mkdir -p bytes long bad tree/sub
for ((byte = 1; byte < 256; byte++)); do
	printf -v code '\\%03o' $byte
	[ $byte -eq 47 ] || all+=$code
done
for ((i = 0; i < ${#all}; i += 4)); do
	printf -v name "${all:i:4}"
	printf '%s' "$name" >"bytes/x$name"
done
printf -v name "$all"
echo all >"long/$name"
for byte in a '\n' '\377' '"' '\033' '\303\251'; do
	printf -v name "%.0s$byte" {1..255}
	echo "$byte" >"long/${name:0:255}"
done
# What looks like UTF-8: too long, half of a pair, past the end, cut off; and what is.
for name in $'\xc0\x80' $'\xc1\xbf' $'\xe0\x80\xaf' $'\xed\xa0\x80' $'\xed\xbf\xbf' $'\xf4\x90\x80\x80' $'\xf8\x88\x80\x80\x80' \
	$'\xe2\x82' $'a\xc3' $'\xc3\xa9' $'\xe2\x82\xac' $'\xf0\x9f\x98\x80' $'\xef\xbb\xbf' $'\xef\xbf\xbf' $'\xc2\x85' \
	$'\xe2\x80\xae' '\u0041' '","path":"' '{}' '\' ' '; do
	printf '%s' "$name" >"bad/$name"
done
oracle_objects bytes long bad >"$SCRATCH/expected"
for locale in C C.UTF-8; do
	prelude="export LC_ALL=$locale"
	for options in '' -j1 -j8; do
		run treesum --json $options bytes long bad
		want_status 0
		want_err ''
		want_json
		want_same_bytes "$SCRATCH/expected" <(grep '^file' "$SCRATCH/objects")
	done
done
prelude=''
run treesum --json --unsorted bytes long bad
want_json
want_same_bytes <(sort "$SCRATCH/expected") <(grep '^file' "$SCRATCH/objects" | sort)
# A terminal gets the same, and nothing that it would obey; want_json() looks for that.
for locale in C C.UTF-8; do
	LC_ALL=$locale on_terminal 1 treesum --json bytes long bad
	want_status 0
	want_json "$SCRATCH/terminal"
	want_same_bytes "$SCRATCH/expected" <(grep '^file' "$SCRATCH/objects")
	want_not grep -qP '[\x00-\x09\x0b-\x1f\x7f]' "$SCRATCH/terminal"
	[ $locale != C ] || want_not grep -qP '[\x80-\xff]' "$SCRATCH/terminal"
done

# Sizes and times, to the nanosecond; a stream has no time.
command -v jq >/dev/null || skip 'jq is not installed'
printf 12345 >tree/a
touch -d '2001-02-03 04:05:06.789012345 UTC' tree/a
touch -d '1969-12-31 23:59:58.250000000 UTC' tree/sub
: >tree/sub/b
touch -d '1969-12-31 23:59:58.250000000 UTC' tree/sub/b
truncate -s 5000001 tree/sub/c
touch -d '@1700000000' tree/sub/c
ln -s a tree/link
mkfifo tree/fifo
run treesum --json tree - <tree/a
want_status 0
want_json
want grep -q '"path":"tree/a",.*"size":5,"mtime":981173106\.789012345}' "$out"
want grep -q '"path":"tree/sub/b",.*"size":0,"mtime":-1\.750000000}' "$out"
want grep -q '"path":"tree/sub/c",.*"size":5000001,"mtime":1700000000\.000000000}' "$out"
want_jq 'select(.path == "-") | [has("size"), has("mtime")]' '[true,false]'
want_jq 'select(.type == "summary") | del(.seconds)' \
	'{"type":"summary","files":4,"bytes":5000006,"errors":0,"error_kinds":{"missing":0,"denied":0,"unreadable":0,"changed":0,"died":0,"timed_out":0,"other":0},"skipped":2,"skipped_kinds":{"links":1,"special":1,"mounts":0,"excluded":0,"own":0,"ignored":0,"outside":0,"other_shards":0},"complete":true,"status":0}'
want_jq 'select(.type == "summary") | .seconds > 0 and .seconds < 100' true
rm tree/sub/c

# The key is the algorithm's name.
for algorithm in sha256 sha512-256 blake2b512 md5; do
	run treesum --json -a $algorithm tree/a
	want_status 0
	want_json
	want_jq "select(.type == \"file\") | .[\"$algorithm\"]" "\"$(openssl dgst -$algorithm -r <tree/a | cut -d ' ' -f 1)\""
done

# Nothing to print is not nothing to say; the output itself is not listed.
mkdir empty
run treesum --json empty
want_json
want_jq '[.type, .files, .status]' '["summary",0,0]'
run treesum --json -C tree -o lines .
want_status 0
want_out ''
want_json lines
# Neither the old one, nor its temporary, nor its journal.
for own in 2 3; do
	run treesum --json -o tree/lines tree
	want_status 0
	cp tree/lines "$out"
	want_json
	want_jq 'select(.type == "file").path' '"tree/a"
"tree/sub/b"'
	want_jq 'select(.type == "summary").skipped_kinds.own' $own
done
