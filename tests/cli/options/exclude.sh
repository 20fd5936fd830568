# --exclude, --include and --exclude-from: what they are about, and how patterns are read.
. "$TEST_TOP/tests/lib.sh"

mkdir -p tree/{cache/deep,doc,src/cache}
for file in a.c a.o cache/x cache/deep/keep doc/a.txt src/b.c src/b.o src/cache/y src/core; do
	echo $file >tree/$file
done

# What is taken, in the tree, of all that is below it.
takes() { # PATH... -- OPTION...
	local paths=()
	while [ "$1" != -- ]; do
		paths+=("tree/$1")
		shift
	done
	shift
	sha512sum -- "${paths[@]}" </dev/null >"$SCRATCH/expected"
	run treesum "$@" tree
	want_manifest "$SCRATCH/expected"
}
all=(a.c a.o cache/deep/keep cache/x doc/a.txt src/b.c src/b.o src/cache/y src/core)
takes "${all[@]}" -- --exclude=nothing
takes a.c cache/deep/keep cache/x doc/a.txt src/b.c src/cache/y src/core -- --exclude='*.o'
takes a.c a.o doc/a.txt src/b.c src/b.o src/core -- --exclude=cache
takes a.c a.o doc/a.txt src/b.c src/b.o src/core -- --exclude=cache/
takes a.c a.o doc/a.txt src/b.c src/b.o src/cache/y src/core -- --exclude=/cache
takes "${all[@]}" -- --exclude=core/ --exclude=/core
takes a.c src/b.c -- --include='*/' --include='*.c' --exclude='*'
# An excluded directory is not entered: nothing below it can be taken back.
takes a.c a.o doc/a.txt src/b.c src/b.o src/core -- --include=keep --exclude=cache
takes a.c a.o cache/deep/keep doc/a.txt src/b.c src/b.o src/core -- --include=keep --include=/cache/ --include=deep/ \
	--exclude='cache/**' --exclude=cache
takes doc/a.txt src/b.c src/b.o src/cache/y src/core -- --include='/src/***' --include='/doc/***' --exclude='*'
# The first that matches decides, wherever it is given.
takes a.c a.o -- --include='a.*' --exclude='*'
takes a.c cache/deep/keep cache/x doc/a.txt src/b.c src/cache/y src/core -- --exclude='*.o' --include='a.*'
takes "${all[@]}" -- --exclude='*' --exclude='!'
takes a.o -- --exclude='+ a.o' --include='- *'

# However the tree is called, and however it is walked: a slash in front is the tree itself.
for operand in tree tree/ ./tree tree// src/../tree; do
	[ "$operand" != src/../tree ] || mkdir src
	oracle_manifest "$operand" | grep -av '/a\.[co]$' >"$SCRATCH/expected"
	for options in '' -j1 --unsorted; do
		run treesum $options --exclude='/a.?' "$operand"
		sort -k 2 -o "$out" "$out"
		want_manifest <(sort -k 2 "$SCRATCH/expected")
	done
done
prelude='cd tree'
run treesum --exclude='/a.?' .
(cd tree && oracle_manifest ./cache ./doc ./src) >"$SCRATCH/expected"
want_manifest "$SCRATCH/expected"
prelude=''

# What is named is taken, be it a file or a tree.
echo f >f.o
sha512sum f.o tree/a.o >"$SCRATCH/expected"
run treesum --exclude='*' f.o tree tree/ tree/a.o
want_manifest "$SCRATCH/expected"
printf 'f.o\0tree\0tree/a.o\0' >names
run treesum --exclude='*' --files0-from=names
want_manifest "$SCRATCH/expected"

# What is excluded is not asked for anything, so it cannot fail.
mkdir tree/secret
echo x >tree/secret/x
chmod 000 tree/secret tree/a.o
oracle_manifest tree/a.c tree/cache tree/doc tree/src >"$SCRATCH/expected"
run "${unprivileged[@]}" treesum --exclude=secret --exclude=/a.o tree
want_manifest "$SCRATCH/expected"
run "${unprivileged[@]}" treesum --exclude=secret/x --exclude=/a.o tree
want_status 1
want_err 'treesum: tree/secret: Permission denied'
rm -rf tree/secret tree/a.o
echo a.o >tree/a.o

# Lists
takes_by_list() { # LINES, as of printf; then as takes
	printf "$1" >list
	shift
	takes "$@" --exclude-from=list
}
takes_by_list '' "${all[@]}" --
# Not the comments, but what looks like them.
echo x >tree/'#x'
echo x >tree/';x'
takes_by_list '#*\n;*\n' '#x' ';x' "${all[@]}" --
takes_by_list '[#]x\n' ';x' "${all[@]}" --
takes_by_list '*\n' '#x' -- --include='#x'
rm tree/[#\;]x
takes_by_list '# *\n; *\n\n*.o\n' a.c cache/deep/keep cache/x doc/a.txt src/b.c src/cache/y src/core --
takes_by_list '+ a.c\r\n- *\r\n' a.c --
takes_by_list '+ a.c\r- *' a.c --
takes_by_list ' *\n*\t\n #\n' "${all[@]}" --
takes_by_list 'src\n!\ncache' a.c a.o doc/a.txt src/b.c src/b.o src/core --
takes_by_list '*\n' a.c -- --include=a.c
printf '*.o\n' >other
takes_by_list '+ b.o' a.c cache/deep/keep cache/x doc/a.txt src/b.c src/b.o src/cache/y src/core -- --exclude-from=list \
	--exclude-from=other
# Also a pipe, and standard input; relative to where one started.
takes a.c -- --exclude-from=<(sleep 0.1; printf '+ a.c\n'; sleep 0.1; echo '*')
printf '+ a.c\n*' >list
sha512sum tree/a.c >"$SCRATCH/expected"
prelude='exec <list'
run treesum --exclude-from=- tree
want_manifest "$SCRATCH/expected"
prelude=''
mkdir far
cp -r tree far
run treesum -C far --exclude-from=list tree
want_manifest "$SCRATCH/expected"

# What is wrong with a list, or a pattern, ends it all.
wrong() { # MESSAGE ARGUMENT...
	local message=$1
	shift
	run treesum "$@" tree
	want_status 1
	want_out ''
	want_err "treesum: $message
Try 'treesum --help' for more information."
}
# Where that is in a list, --help would not help.
wrong_list() { # MESSAGE LIST
	for mode in '' --audit=nope; do
		run treesum --exclude-from="$2" $mode tree
		want_status $((1 + (${#mode} > 0)))
		want_out ''
		want_err "treesum: $1"
	done
}
wrong_list 'nope: No such file or directory' nope
wrong_list 'far: Is a directory' far
wrong "invalid pattern: '- ' (nothing follows the sign)" --exclude='- '
wrong "invalid pattern: '+ ' (nothing follows the sign)" --include='+ '
printf 'a\n\n- \n' >list
wrong_list 'list: line 3: invalid pattern' list
find tree -print0 >list
wrong_list 'list: line 1: invalid pattern' list
head -c 17000000 /dev/zero | tr '\0' x >list
wrong_list 'list: line 1: File name too long' list
once='standard input can be only one of the PATHs, the MANIFEST and the patterns'
wrong "$once" --exclude-from=- --files0-from=-
run treesum --audit=- --exclude-from=- tree
want_status 2
want_err_line "treesum: $once"
run treesum --audit=- --files0-from=-
want_status 2
want_err_line "treesum: $once"
sha512sum f.o >list
for option in --one-file-system --dereference -P; do
	wrong "${option%=*} goes only with printing, --audit and --update" -c $option list
done
