# The commands and units that README has for archives that take longer than a night, as they are there.
. "$TEST_TOP/tests/lib.sh"

section() { sed -n '/^### An archive that takes longer than a night$/,/^## /p' "$TEST_TOP/README.md"; }
block() { # LANGUAGE
	section | sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/{/^\`\`\`/d;p;}"
}

mkdir -p srv/archive mnt/backup var/lib
echo one >srv/archive/one
echo two >srv/archive/two

# Each line that runs treesum, in paths below this folder.
block sh | grep '^treesum' | sed -E "s,/(srv/archive|mnt/backup|var/lib),$PWD/&,g; s,//,/,g" >commands
want [ "$(wc -l <commands)" -ge 5 ]
while read -r command; do
	# In place of rsync.
	cp -p srv/archive/* mnt/backup
	# --uncached is an error where the file system has no such reading.
	run bash -c "${command/ --uncached/}"
	want_status 0
	want_out ''
done <commands
run treesum -C srv/archive --strict -c "$PWD/var/lib/archive.sha512"
want_status 0
want_same_bytes <(grep -v '^#' var/lib/archive.sha512) <(grep -v '^#' var/lib/backup.sha512)

# The night in the service is the one that is explained.
night=$(block sh | head -n 1)
want [ "$(block ini | sed -n 's,^ExecStart=/usr/local/bin/,,p')" = "$night" ]

if command -v systemd-analyze >/dev/null; then
	block ini | sed '/^# treesum-update.timer$/,$d; s,^ExecStart=[^ ]*,ExecStart=/bin/true,' >treesum-update.service
	block ini | sed '1,/^# treesum-update.timer$/d' >treesum-update.timer
	run systemd-analyze verify ./treesum-update.service ./treesum-update.timer
	want_status 0
	want_err ''
fi
