# The model finds a fault of each kind that is planted into the program; each is one line of it, altered.
# slow
. "$TEST_TOP/tests/lib.sh"
need_python

cp -r "$TEST_TOP/Makefile" "$TEST_TOP/src" .
chmod -R u+w .
# In memory: an update waits for the disk.
folder=$(mktemp -d /dev/shm/treesum-model.XXXXXX 2>/dev/null) || folder=$(mktemp -d "$SCRATCH/model.XXXXXX")
trap 'chmod -R u+rwX "$folder" && rm -rf "$folder"; finish' EXIT
chmod 755 "$folder"
build() { make -s CFLAGS='-O1 -w' build/treesum >"$SCRATCH/make" 2>&1 || { show "$SCRATCH/make" && return 1; }; }
model() { # STEPS SEED
	rm -rf "$folder/here" && mkdir "$folder/here"
	run python3 -B "$TEST_TOP/tests/model/model.py" --steps "$1" --seed "$2" build/treesum "$folder/here"
	chmod -R u+rwX "$folder"
}
chmod 755 . build 2>/dev/null || true
want build
chmod -R a+rX .
model 300 1
want_status 0

planted=0
while IFS='	' read -r what file from to; do
	[ "$what" ] || continue
	planted=$((planted + 1))
	cp "src/$file" "$SCRATCH/sound"
	FROM=$from TO=$to perl -0pi -e 's/\Q$ENV{FROM}\E/$ENV{TO}/' "src/$file"
	want_not cmp -s "$SCRATCH/sound" "src/$file"
	want build
	found=
	for seed in 1 2 3 4; do
		model 2500 $seed
		[ "$status" -eq 0 ] || { found=1 && break; }
	done
	expectations=$((expectations + 1))
	if [ "$found" ]; then
		echo "found: $what: $(sed -n 2p "$out")"
	else
		fail "not found: $what"
	fi
	cp "$SCRATCH/sound" "src/$file"
done <<'END'
lines are dropped while files are unread	update.c	&& is_unread(run))	&& false)
the last line with a digest goes	renewal.c	if (!contents ||	if (true || !contents ||
a corrupt file is taken	renewal.c	is_taken(renewal, difference) ? new : old;	is_taken(renewal, difference) ? new : new;
a renamed file that is corrupt is new	survey.c	renamed_corrupt_find(differences, search.algorithm->size) != 0	false
the line of a renamed file that is corrupt goes	update.c	renewal_keep_renamed(renewal);	
corrupt only where the size is the same	manifest/difference.c	is_same_mtime(old, new);	is_same_mtime(old, new) && old->size == new->size;
corrupt only where mtime is the same to the nanosecond	manifest/difference.c	return stamp_same_time(&old->mtime, &new->mtime) ||	return stamp_same_time(&old->mtime, &new->mtime); return
an edit within the clock's tick is corrupt	manifest/difference.c	return old->young ||	return
contents exchanged under mtime 0 are corrupt	manifest/difference.c	old->mtime.tv_sec == 0 ||	false &&
an unmounted folder was emptied	coverage.c	(!empty->listed || empty->seen_later)	false
an emptied folder is not mounted	coverage.c	(!empty->listed || empty->seen_later)	true
most of the lines may go	coverage.c	place->lines <= 50 ||	true ||
a moved tree is new	doubt.c	return doubt->old->count > 0;	return false;
what became a link is missing	survey.c	return coverage_became(survey->coverage, found->path, found->length, kind);	return 0;
an empty manifest is none	update.c	run->looking.manifest.size == 0 &&	false &&
ctime does not count	manifest/digest_cache.c	if (cache->ignore_ctime)	if (true)
young times are trusted	hash/hasher.c	result->settled = !made_up && hasher_is_settled(stamp, begun);	result->settled = !made_up;
a young mtime is not told	hash/hasher.c	result->young = made_up ||	result->young = made_up && 
below a closed folder files are missing	coverage.c	return add(coverage, found->path, found->length, PLACE_UNREADABLE);	return 0;
what a killed run has left is in the way	manifest/replacement.c	return S_ISREG(status->st_mode) &&	return false &&
an overwritten file is moved	manifest/difference.c	is_altered(target) && target->from && !target->used	false
append-only renews lines	renewal.c	options->append_only && old ? old : new	new
a dry run reads	hash/opener.c	if (head->look)	if (false)
READ of a file that was read again stays	update.c	if (!now->read)	if (true)
READ of what an interrupted run has read is lost	trees.c	.read = entry->read,	.read = 0,
no file is due to be read again	long_job.c	if (!options->reread ||	if (true ||
the journal stays	long_job.c	complete ? journal_remove(job->journal) :	complete ? 0 :
what an interrupted run has read holds whatever the times	manifest/digest_cache.c	.stamp = found.stamp, .journaled	.stamp = {.size = found.stamp.size, .mtime = found.stamp.mtime, .ctime = {0, STAMP_ANY_TIME}}, .journaled
another algorithm is all edits	doubt.c	unproven >= LISTED_MIN	false
END
want [ $planted -ge 25 ]
