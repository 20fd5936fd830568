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
sed -n '/^\.Bd -literal/,/^\.Ed/{/^\.[BE]d/d;s/\\e/\\/g;p;}' "$root$prefix/share/man/man3/forkpool.3" >squares.c
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
done <declared

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
