#!/bin/bash
# No message is half in the user's language: where the C library's are translated, or numbers have a comma, ours
# stay as they are.
. "$TEST_TOP/tests/lib.sh"

[ -e /usr/share/i18n/locales/de_DE ] || skip 'no locales to choose from'
localedef -i de_DE -f UTF-8 "$SCRATCH/de_DE.UTF-8"
export LOCPATH=$SCRATCH
LC_ALL=de_DE.UTF-8 bash -c 'cat nowhere' 2>&1 | grep -q nicht || skip 'no translations of the C library'

for command in 'nowhere' '--nowhere' '-o nowhere/list .' '-c nowhere' '--audit=nowhere .' '-c .'; do
	# shellcheck disable=SC2086  # several words
	run treesum $command
	cp "$err" "$SCRATCH/english"
	# shellcheck disable=SC2086
	LC_ALL=de_DE.UTF-8 run treesum $command
	want_same_bytes "$SCRATCH/english" "$err"
done

mkdir tree && echo a >tree/a
for command in '' '--update=sums'; do
	# shellcheck disable=SC2086  # none or one word
	LC_ALL=de_DE.UTF-8 run treesum --summary $command tree
	want_status 0
	want_text <(grep -oE '[0-9][.,][0-9]+ s\b' "$err" | sed 's/[0-9]/0/g') '0.00 s'
done
