# Completion in zsh: options and their values, as they are offered on a terminal.
. "$TEST_TOP/tests/lib.sh"
command -v zsh >/dev/null || skip 'no zsh here'

# In the interactive zsh, what is offered is printed, and neither inserted nor listed.
cat >"$SCRATCH/.zshrc" <<'END'
fpath=($TEST_TOP/src/completions $fpath)
autoload -Uz compinit
compinit -u
compadd() {
	local -a offers
	if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
		builtin compadd -A offers "$@"
		(( ! $#offers )) || print -rl -- '<'${^offers}'>'
	fi
	builtin compadd "$@"
}
offered() {
	compstate[insert]= compstate[list]=
	print -r -- '<end>'
}
offer() {
	comppostfuncs=(offered)
	_main_complete
}
zle -C offer complete-word offer
bindkey '^I' offer
PS1='<ready>'
END
cat >"$SCRATCH/offered.zsh" <<'END'
zmodload zsh/zpty
zpty shell zsh -d -i
zpty -r shell text '*<ready>*'
for line; do
	zpty -w -n shell $line$'\t'
	zpty -r shell text '*<end>*'
	print -r -- $line:
	print -r -- $text | tr -d '\r' | sed -n '/<end>/d;s/^.*<\([^<>]*\)>$/\1/p' | sort -u
	zpty -w -n shell $'\x15'
done
END
offered() { # LINE...: print each, and what is offered at its end
	ZDOTDIR=$SCRATCH TERM=dumb zsh -f "$SCRATCH/offered.zsh" "$@"
}

sed -nE "/^\t'/{
	s/^\t('\([^)]*\)')?'?(\([^)]*\))?\*?//
	s/^\{-(.)\+?,--([^=}]*)(=?-?)\}.*/--\2 \3 -\1/
	s/^--([^=[]*)(=?-?)\[.*/--\1 \2/
	s/^-(.)(\+?)\[.*/-\1 \2/
	/^-/{
		s/ =-/ optional/
		s/ [=+]/ required/
		s/ ( |$)/ no\1/
		p
	}
}" "$TEST_TOP/src/completions/_treesum" | with_letters >"$SCRATCH/known"
taken_options >"$SCRATCH/taken"
want_same_bytes "$SCRATCH/taken" "$SCRATCH/known"
{
	echo 'treesum -:'
	cut -d ' ' -f 1 "$SCRATCH/taken"
} >"$SCRATCH/expected"
offered 'treesum -' >"$SCRATCH/offered"
want_same_bytes "$SCRATCH/expected" "$SCRATCH/offered"

mkdir folder
: >file
lines=()
offers() { # LINE OFFER...
	lines+=("treesum $1")
	printf '%s\n' "treesum $1:" "${@:2}"
}
{
	offers --al --algorithm
	offers '-c --q' --quiet
	offers '--quiet --st' --strict
	offers '--engine=l' lanes libcrypto
	offers '--engine=' auto lanes libcrypto
	offers '-a sha512' sha512 sha512-224 sha512-256
	offers '--algorithm=sm' sm3
	offers '-j '
	offers '--timeout='
	offers '-C ' folder
	offers '--directory=f' folder
	for words in '' '-o ' '--update ' '--files0-from=' '-c '; do
		offers "$words" file folder
	done
} >"$SCRATCH/expected"
offered "${lines[@]}" >"$SCRATCH/offered"
want_same_bytes "$SCRATCH/expected" "$SCRATCH/offered"
