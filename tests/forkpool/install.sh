# A program is built against an installed forkpool, through pkg-config, with either library.
. "$TEST_TOP/tests/lib.sh"

case $PROFILE in
asan) flags=-fsanitize=address ;;
ubsan) flags=-fsanitize=undefined ;;
coverage) flags=--coverage ;;
*) flags= ;;
esac
forkpool() { # OPTION...
	PKG_CONFIG_PATH=$root$prefix/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root pkg-config "$@" forkpool
}
want make_goal install
want [ "$(forkpool --modversion)" = "$(sed -n 's/^VERSION := //p' "$TEST_TOP/Makefile")" ]

# The example of the manual page, so that this is tested, too.
sed -n '/^\.Sh EXAMPLES/,/^\.Ed/{/^\.Bd -literal/,/^\.Ed/{/^\.[BE]d/d;s/\\e/\\/g;p;};}' \
	"$root$prefix/share/man/man3/forkpool.3" >squares.c
for ((n = 0; n < 100; n++)); do
	echo $((n * n))
done >expected
# shellcheck disable=SC2046,SC2086 # words are wanted
want ${CC:-cc} -Wall -Werror $flags -o shared squares.c $(forkpool --cflags --libs)
LD_LIBRARY_PATH=$root$prefix/lib ./shared | sort -n >shared.out
want_same_bytes expected shared.out
# shellcheck disable=SC2046,SC2086
want ${CC:-cc} -Wall -Werror $flags -o static squares.c $(forkpool --cflags) \
	"$root$prefix/lib/libforkpool.a"
./static | sort -n >static.out
want_same_bytes expected static.out

# No library is a program.
want [ ! "$(find "$root$prefix/lib" -type f -perm /111)" ]

# It asks for the library by its soname, and sees fp_* and nothing else in both.
library=$root$prefix/lib/libforkpool.so
objdump -p shared >needed
want grep -q "NEEDED *$(objdump -p "$library" | sed -n 's/^ *SONAME *//p')$" needed
defined() { # NM-OPTION FILE: names that a program could use
	nm "$1" --extern-only --defined-only --format=posix "$2" | sed -n 's/ .*//p' |
		grep -vE '^(FORKPOOL_0|__asan|__odr_asan|__gcov|__llvm|.*:$)' | sort -u
}
sed -n 's/^[^ *].*\<\(fp_[a-z_]*\)(.*/\1/p' "$root$prefix/include/forkpool.h" | grep -v typedef | sort -u >declared
defined -D "$library" | sed 's/@.*//' >of_shared
defined -g "$root$prefix/lib/libforkpool.a" >of_static
want_same_bytes declared of_shared
want_same_bytes declared of_static

# `man` finds each function.
while read -r function; do
	want [ "$(readlink "$root$prefix/share/man/man3/$function.3")" = forkpool.3 ]
	want grep -q "^\.Fn $function\>" "$root$prefix/share/man/man3/forkpool.3"
	want grep -q "^\.Nm $function\>" "$root$prefix/share/man/man3/forkpool.3"
done <declared
if command -v man >/dev/null && [ "$(man -M "$root$prefix/share/man" -w forkpool 2>/dev/null)" ]; then
	want [ "$(man -M "$root$prefix/share/man" -w fp_map)" ]
fi

# The header is one of C11 and of C++17, alone and without warnings.
header=$root$prefix/include/forkpool.h
want ${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -x c "$header"
if command -v c++ >/dev/null; then
	want c++ -std=c++17 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -x c++ "$header"
	echo '#include <forkpool.h>
	static int reply(fp_worker *worker, const fp_task *task, void *) {
		return fp_worker_reply(worker, task->id, task->data, task->size);
	}
	int main() {
		fp_options options = FP_OPTIONS_INIT;
		options.function = reply;
		fp_pool *pool = fp_open(&options);
		fp_item item = {};
		fp_outcome outcome;
		bool done = pool && fp_apply(pool, &item, &outcome) == 0 && outcome.status == FP_OK;
		fp_free(pool);
		return done ? 0 : 1;
	}' >main.cc
	# shellcheck disable=SC2046,SC2086
	want c++ -std=c++17 -Wall -Wextra -Werror $flags -o cpp main.cc $(forkpool --cflags --libs)
	want env LD_LIBRARY_PATH="$root$prefix/lib" ./cpp
fi

# Each folder may be somewhere else, outside of the prefix, too; then pkg-config says so, and nothing is
# anywhere else.
other=$SCRATCH/other
mkdir commands
printf '#!/bin/sh\necho "$@" >>"%s"\nexec install "$@"\n' "$PWD/commands/log" >commands/install
chmod +x commands/install
elsewhere=(BINDIR=/usr/programs LIBDIR=/usr/lib/x86_64-linux-gnu INCLUDEDIR=/headers DATADIR=/usr/data
	MANDIR=/usr/manuals INSTALL="$PWD/commands/install")
want make -s -C "$TEST_TOP" PROFILE="$PROFILE" DESTDIR="$other" PREFIX=/usr "${elsewhere[@]}" install
want_text <(cd "$other" && find . -mindepth 1 -maxdepth 4 -type d | LC_ALL=C sort) './headers
./usr
./usr/data
./usr/data/bash-completion
./usr/data/bash-completion/completions
./usr/data/fish
./usr/data/fish/vendor_completions.d
./usr/data/zsh
./usr/data/zsh/site-functions
./usr/lib
./usr/lib/x86_64-linux-gnu
./usr/lib/x86_64-linux-gnu/pkgconfig
./usr/manuals
./usr/manuals/man1
./usr/manuals/man3
./usr/programs'
want_text <(ls "$other/usr/programs" "$other/headers") "$(printf '%s\n' "$other/headers:" forkpool.h '' \
	"$other/usr/programs:" treesum)"
pc=$other/usr/lib/x86_64-linux-gnu/pkgconfig/forkpool.pc
want_text <(head -n 3 "$pc") 'prefix=/usr
libdir=${prefix}/lib/x86_64-linux-gnu
includedir=/headers'
# shellcheck disable=SC2046,SC2086
want ${CC:-cc} $flags -o multiarch squares.c \
	$(PKG_CONFIG_PATH=${pc%/*} PKG_CONFIG_SYSROOT_DIR=$other pkg-config --cflags --libs forkpool)
LD_LIBRARY_PATH=${pc%/pkgconfig/*} ./multiarch | sort -n >multiarch.out
want_same_bytes expected multiarch.out
want [ "$(grep -c . commands/log)" -ge 10 ]
want make -s -C "$TEST_TOP" PROFILE="$PROFILE" DESTDIR="$other" PREFIX=/usr "${elsewhere[@]}" uninstall
want [ ! "$(find "$other" ! -type d)" ]

# The tools of a cross compiler have its prefix, if they are installed; AR and OBJCOPY can be given.
mkdir tools
for tool in ar objcopy; do
	printf '#!/bin/sh\nexec %s "$@"\n' $tool >tools/some-system-$tool
done
chmod +x tools/*
tool() { # NAME MAKE-ARGUMENT...
	PATH=$PWD/tools:$PATH make -s -C "$TEST_TOP" --eval "print:; @echo \$($1)" "${@:2}" print
}
want [ "$(tool AR CC='ccache some-system-gcc-12 -m64')" = some-system-ar ]
want [ "$(tool OBJCOPY CC=some-system-clang)" = some-system-objcopy ]
want [ "$(tool AR CC=another-system-gcc)" = ar ]
want [ "$(tool AR CC=gcc)" = ar ]
want [ "$(tool AR CC=some-system-gcc AR=mine)" = mine ]
want [ "$(OBJCOPY=mine tool OBJCOPY CC=some-system-gcc)" = mine ]
