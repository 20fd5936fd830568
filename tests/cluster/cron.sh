# The line that README has for cron: in seven nights each file is checked once.
. "$TEST_TOP/tests/lib.sh"
. "$TEST_TOP/tests/cluster.sh"

mkdir -p bin var/lib srv/archive
for number in {1..50}; do
	echo "$number" >"srv/archive/$number"
done
treesum -C srv/archive -o var/lib/archive.sha512 .

# As cron runs it, where % is a newline without a backslash.
line=$(readme sh | grep '^0 3 \* \* \*' | here)
command=$(sed -E 's/^([^ ]+ +){5}//; s/\\%/%/g' <<<"$line")
week() { # FILE: what it printed in a week; the day is from `date`
	local day
	for day in {1..7}; do
		printf '#!/bin/sh\n[ "$*" = +%%u ] && echo %s\n' "$day" >bin/date
		chmod +x bin/date
		PATH=$PWD/bin:$PATH run sh -c "$command"
		cat "$out" >>"$1"
		[ ! -s "$out" ] || echo "$day" >>"$1.days"
	done
}

week sound
want_text sound ''
for number in {1..50}; do
	echo >>"srv/archive/$number"
done
week rotten
want_text <(sort rotten) "$(printf './%s: FAILED\n' {1..50} | sort)"
want [ "$(wc -l <rotten.days)" -eq 7 ]
