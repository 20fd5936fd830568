# Completion of treesum's command line in bash. Options and algorithms are those of its --help.

_treesum() {
	local program=${1/#\~\//$HOME/} word=$2 option=$3 words='' index
	COMPREPLY=()
	for ((index = 1; index < COMP_CWORD; index++)); do
		[[ ${COMP_WORDS[index]} != -- ]] || return 0
	done
	# bash parts words at "=": --engine=la is three of them.
	[[ $word != = ]] || word=''
	[[ $option != = ]] || option=${COMP_WORDS[COMP_CWORD - 2]}
	# Its value follows "=" only.
	[[ $option != --progress || $2 == = || $3 == = ]] || option=''
	# Where this returns without a reply, bash completes the name of a file.
	case $option in
	-a | --algorithm) words=$("$program" --help 2>/dev/null | sed -n '/^Algorithms:/,/^$/{/:/d;p;}') ;;
	-C | --directory) compopt -o dirnames ;;
	-j | --jobs | --timeout | --for | --reread | --exclude | --include | --prefix-map) ;;
	--audit | --update | --files0-from | --exclude-from | -o | --output) return ;;
	--accept) words='new missing changed corrupt' ;;
	--report) words='changed corrupt new missing moved copied unreadable' ;;
	--shard) words=auto ;;
	--engine) words='auto lanes libcrypto' ;;
	--progress) words='auto always never' ;;
	*)
		[[ $word == -* ]] || return 0
		words=$("$program" --help 2>/dev/null |
			sed -nE 's/^ {2,6}(-[[:alnum:]])?,? ?(--[[:alnum:]-]+=?)?.*/\1 \2/p')
		;;
	esac
	compopt +o default +o bashdefault
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
	[[ ${COMPREPLY[*]} != *= ]] || compopt -o nospace
}

complete -o default -o bashdefault -F _treesum treesum
