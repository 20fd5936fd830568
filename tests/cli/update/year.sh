# A year in the life of an archive and of its backup.
. "$TEST_TOP/tests/lib.sh"

# Whether ctime differs is known where a file was left alone for two seconds.
remarked() {
	sed -i 's/ (ctime differs)$//' "$out"
	want_out "$1"
}
accepted() { want sha512sum -c --quiet --strict archive.sha512; }
update() { # STATUS LINES [OPTION]...
	local expected=$1 lines=$2
	shift 2
	run treesum "$@" --update=archive.sha512 archive
	want_status "$expected"
	remarked "$lines"
	accepted
}
audit_backup() { # STATUS LINES
	run treesum -C backup --audit=archive.sha512 archive
	want_status "$1"
	remarked "$2"
}
back_up() { rm -rf backup/archive && cp -a archive backup/archive; }

# January: the archive is made, listed and backed up.
mkdir -p archive/2023 archive/2024 archive/mail backup
for n in 1 2 3 4; do
	head -c $((n * 50000)) /dev/zero | tr '\0' "$n" >archive/2023/photo-$n.jpg
	echo "letter $n" >archive/mail/letter-$n.txt
done
echo 'a name'$'\n''of two lines' >archive/mail/$'odd\nname\\'
: >archive/2024/.keep
# As a camera and a mail server set them.
find archive -type f -exec touch -d 2023-12-24T18:00:00.123456789 {} +
update 0 ''
want_err 'treesum: 0 the same, 10 new'
back_up
audit_backup 0 ''

# February: new files, an edit.
echo 'new photo' >archive/2024/photo-5.jpg
echo 'a postscript' >>archive/mail/letter-1.txt
update 0 'archive/2024/photo-5.jpg: NEW
archive/mail/letter-1.txt: CHANGED'
audit_backup 1 'archive/2024/photo-5.jpg: MISSING
archive/mail/letter-1.txt: CHANGED'
back_up
audit_backup 0 ''

# March: files are put in order.
mkdir archive/letters
mv archive/mail/letter-* archive/letters/
update 0 'archive/letters/letter-1.txt: MOVED from archive/mail/letter-1.txt
archive/letters/letter-2.txt: MOVED from archive/mail/letter-2.txt
archive/letters/letter-3.txt: MOVED from archive/mail/letter-3.txt
archive/letters/letter-4.txt: MOVED from archive/mail/letter-4.txt'
# The backup still has them where they were.
audit_backup 1 'archive/mail/letter-1.txt: MOVED from archive/letters/letter-1.txt
archive/mail/letter-2.txt: MOVED from archive/letters/letter-2.txt
archive/mail/letter-3.txt: MOVED from archive/letters/letter-3.txt
archive/mail/letter-4.txt: MOVED from archive/letters/letter-4.txt'
back_up

# April: a copy, a removal.
cp archive/2023/photo-2.jpg archive/2024/cover.jpg
rm archive/letters/letter-4.txt
update 0 'archive/2024/cover.jpg: COPIED from archive/2023/photo-2.jpg
archive/letters/letter-4.txt: MISSING'
back_up

# May: a bit rots in the backup.
printf x | dd of=backup/archive/2023/photo-3.jpg bs=1 seek=1000 conv=notrunc status=none
touch -r archive/2023/photo-3.jpg backup/archive/2023/photo-3.jpg
audit_backup 1 'archive/2023/photo-3.jpg: CORRUPT'
cp -a archive/2023/photo-3.jpg backup/archive/2023/photo-3.jpg
audit_backup 0 ''

# June: one rots in the archive. It is not taken over, but mended from the backup.
touch -r archive/2023/photo-1.jpg stamp
printf x | dd of=archive/2023/photo-1.jpg bs=1 seek=1 conv=notrunc status=none
touch -r stamp archive/2023/photo-1.jpg
run treesum --update=archive.sha512 archive
want_status 1
remarked 'archive/2023/photo-1.jpg: CORRUPT'
cp -a backup/archive/2023/photo-1.jpg archive/2023/photo-1.jpg
update 0 ''

# July: the disk of the backup is not plugged in.
mv backup disk
mkdir -p backup/archive
# Older than what was in it.
touch -d 2022-01-01 backup/archive
audit_backup 2 "$(grep -v '^#' archive.sha512 | sed -E 's/^(\\?)[0-9a-f]{128}  (.*)/\1\2: UNREADABLE/')"
rm -r backup
mv disk backup
audit_backup 0 ''

# August: an update is interrupted, in mid-file and before it replaces the manifest.
cp archive.sha512 before
head -c 3000000 /dev/zero >archive/2024/film
if strace -o /dev/null true 2>"$SCRATCH/strace"; then
	stop_at openat:error=EINTR film -- treesum --update=archive.sha512 archive
	kill -TERM "$(child_of $traced | head -n 1)"
	stopped='' # it is ended, wherever it is
	go_on
	want_status 143
	want_same_bytes before archive.sha512
	want_not test -e .archive.sha512.treesum
fi
update 0 'archive/2024/film: NEW'

# September: restored elsewhere, and compared there.
mkdir elsewhere
cp -a archive elsewhere/
run treesum -C elsewhere --audit=archive.sha512 archive
want_status 0
run treesum -C elsewhere -c --quiet --strict ../archive.sha512
want_status 0

# October: the manifest is damaged; the one of the backup is not.
cp archive.sha512 backup/
sed -i '5s/[0-9a-f]/x/' archive.sha512
for mode in audit update; do
	run treesum --$mode=archive.sha512 archive
	want_status 2
	want_out ''
done
cp backup/archive.sha512 archive.sha512
update 0 ''

# November: another one writes while the archive is read; and the year's difference.
run treesum --diff before archive.sha512
want_status 1
want_out 'archive/2024/film: NEW'

# All the year round, what people and programs do is no alarm. Logs are rotated.
mkdir archive/log
for n in '' .1 .2; do
	echo "log$n" >archive/log/log$n
done
update 0 'archive/log/log: NEW
archive/log/log.1: NEW
archive/log/log.2: NEW'
mv archive/log/log.1 archive/log/log.2 && mv archive/log/log archive/log/log.1 && echo 'a new log' >archive/log/log
update 0 'archive/log/log: CHANGED
archive/log/log.1: CHANGED
archive/log/log.2: CHANGED'
echo more >>archive/log/log
update 0 'archive/log/log: CHANGED'

# An import with its old times, of more than everything so far; then it is put in order.
mkdir archive/import
for n in {10..99}; do
	echo "picture $n" >archive/import/$n.jpg
	touch -d "2010-01-01 00:00:$((n % 60))" archive/import/$n.jpg
done
run treesum --update=archive.sha512 archive
want_status 0
want_text <(grep -vc ': NEW$' "$out") 0
mv archive/import archive/2010
run treesum --update=archive.sha512 archive
want_status 0
want_text <(grep -c ': MOVED from archive/import/' "$out") 90
want_err "treesum: $(($(grep -vc '^#' archive.sha512) - 90)) the same, 90 moved"
accepted

# An inbox is emptied by hand, day by day: into the archive, or into nothing.
mkdir archive/inbox
for day in 1 2 3; do
	echo "mail $day" >archive/inbox/mail && echo "spam $day" >archive/inbox/spam
	run treesum --update=archive.sha512 archive
	want_status 0
	mv archive/inbox/mail archive/mail/day-$day.txt
	rm archive/inbox/spam
	update 0 "archive/inbox/spam: MISSING
archive/mail/day-$day.txt: MOVED from archive/inbox/mail"
done

# A second tree beside the first one, and in a run of its own.
mkdir second
echo 2 >second/file
run treesum --update=archive.sha512 archive second
want_status 0
want_out 'second/file: NEW'
echo 3 >second/file
run treesum --update=archive.sha512 second
want_status 0
want_out 'second/file: CHANGED'
accepted
update 0 ''

# Modes, owners and links are altered, a file is restored, all is.
chmod -R go-w archive
cp -al archive hard-links
update 0 ''
rm -r hard-links
cp -a archive/2010/50.jpg saved && rm archive/2010/50.jpg && cp -a saved archive/2010/50.jpg
update 0 ''
cp -a archive restored && rm -r archive && mv restored archive
run treesum --ignore-ctime --dry-run --update=archive.sha512 archive
want_status 0
update 0 '' --ignore-ctime
update 0 ''
# Programs replace files as a whole, and keep the old one.
cp archive/mail/day-1.txt archive/mail/day-1.txt~ && echo edited >archive/mail/new && mv archive/mail/new archive/mail/day-1.txt
update 0 'archive/mail/day-1.txt: CHANGED
archive/mail/day-1.txt~: COPIED from archive/mail/day-1.txt'

# December: all is as it is listed.
back_up
audit_backup 0 ''
run treesum --audit=archive.sha512 archive second
want_status 0
want_err "treesum: $(grep -vc '^#' archive.sha512) the same"
