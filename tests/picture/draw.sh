#!/usr/bin/env bash
# Draws a session of treesum: lets tmux be its terminal, and prints what is to be seen there as SVG.
#
# Usage: tests/picture/draw.sh TREESUM SESSION >SVG
#
# SESSION is run as a part of this script, in an empty folder. It prepares files, and types by `enter`.
set -eu

columns=80 rows=50
here=$(cd "$(dirname "$0")" && pwd)
treesum=$(realpath "$1") session=$(realpath "$2")
folder=$(mktemp -d "${TMPDIR:-/tmp}/treesum-picture.XXXXXX")
terminal() { tmux -S "$folder/socket" -f /dev/null "$@"; }
trap 'terminal kill-server 2>/dev/null || true; rm -rf "$folder"' EXIT

# The last line that is not empty, as it is now.
last_line() { terminal capture-pane -p | sed '/^$/d' | tail -n 1; }

wait_for_line() { # PATTERN
	local end=$((SECONDS + 60))
	until last_line | grep -qE "$1"; do
		[ $SECONDS -lt $end ] || { echo "draw.sh: this line never came: $1" >&2 && exit 1; }
		sleep 0.01
	done
}

wait_for_prompt() {
	terminal wait-for prompt
	wait_for_line '^\$ *$'
}

# Type a line. Wait until it is done, or, for a picture of a run in the middle, until the last line is like
# PATTERN.
enter() { # LINE [PATTERN]
	terminal send-keys -l "$1"
	terminal send-keys Enter
	if [ $# -eq 1 ]; then wait_for_prompt; else wait_for_line "$2"; fi
}

mkdir "$folder/bin" "$folder/home"
cp "$treesum" "$folder/bin/treesum"
cd "$folder/home"
cat >"$folder/rc" <<END
PATH=$folder/bin:\$PATH LC_ALL=C.UTF-8 HISTFILE=
PS1='\\[\\e[1;32m\\]\$\\[\\e[0;1m\\] ' PS0='\\[\\e[m\\]'
PROMPT_COMMAND='tmux -S $folder/socket wait-for -S prompt'
END
terminal new-session -d -x $columns -y $rows "bash --rcfile $folder/rc -i"
wait_for_prompt
# shellcheck source=/dev/null
. "$session"
terminal capture-pane -e -p | LC_ALL=C awk -v columns=$columns -f "$here/svg.awk"
