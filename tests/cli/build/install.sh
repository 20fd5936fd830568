# What make install installs works from there; make uninstall leaves nothing of it.
. "$TEST_TOP/tests/lib.sh"

want make_goal install
version=$(sed -n 's/^VERSION := //p' "$TEST_TOP/Makefile")
# Pages of single functions: tests/forkpool/install.sh.
want_text <(cd "$root$prefix" && find . ! -type d ! -name 'fp_*.3' | sort) "./bin/treesum
./include/forkpool.h
./lib/libforkpool.a
./lib/libforkpool.so
./lib/libforkpool.so.0
./lib/libforkpool.so.$version
./lib/pkgconfig/forkpool.pc
./share/bash-completion/completions/treesum
./share/fish/vendor_completions.d/treesum.fish
./share/man/man1/treesum.1
./share/man/man3/forkpool.3
./share/zsh/site-functions/_treesum"

# The program.
mkdir tree
echo a >tree/a
run "$root$prefix/bin/treesum" tree
want_manifest <(oracle_manifest tree)
run "$root$prefix/bin/treesum" --version
want_out "treesum $version"

if command -v mandoc >/dev/null; then
	for page in man1/treesum.1 man3/forkpool.3; do
		want grep -q '^NAME$' <(mandoc -T utf8 "$root$prefix/share/man/$page" | col -b)
	done
fi

# Each shell finds its completion where it looks for those of what is installed.
share=$root$prefix/share
loader=/usr/share/bash-completion/bash_completion
if [ -e $loader ]; then
	want grep -qw _treesum <(XDG_DATA_DIRS=$share bash -c ". $loader && _completion_loader treesum; complete -p treesum")
fi
if command -v fish >/dev/null; then
	want_text <(HOME=$SCRATCH XDG_DATA_DIRS=$share PATH=$root$prefix/bin:$PATH \
		fish -c 'complete -C "treesum --al"; complete -C "treesum -a sm"' | cut -f 1) '--algorithm
sm3'
fi
if command -v zsh >/dev/null; then
	want_text <(zsh -fc 'fpath+=$1; autoload -Uz compinit; compinit -D -u; print $_comps[treesum]
		autoload +X _treesum' zsh "$share/zsh/site-functions") _treesum
fi

want make_goal uninstall
want_text <(find "$root" ! -type d) ''

# Everybody may read it, also where the one who installs lets nobody else read what he makes.
(umask 077 && make_goal install)
want_text <(find "$root" -type f ! -perm -444 -o -type d ! -perm -555) ''
