# The static library that is installed links, whichever link-time optimization it was built with.
# slow
. "$TEST_TOP/tests/lib.sh"

case $PROFILE in
asan | ubsan | coverage) skip 'with a sanitizer or counters it is not what is installed' ;;
esac
cat >main.c <<'END'
#include <forkpool.h>

static int reply(struct fp_worker *worker, const struct fp_task *task, void *context)
{
	(void)context;
	return fp_worker_reply(worker, task->id, task->data, task->size);
}

int main(void)
{
	struct fp_options options = {.function = reply, .processes = 1};
	struct fp_item item = {.data = "x", .size = 1};
	struct fp_pool *pool = fp_open(&options);
	struct fp_outcome outcome;
	int done = pool && fp_apply(pool, &item, &outcome) == 0 && outcome.size == 1;

	fp_free(pool);
	return done ? 0 : 1;
}
END

functions=$(sed -n 's/^[^ *].*\<\(fp_[a-z_]*\)(.*/\1/p' "$TEST_TOP/src/forkpool/forkpool.h" | sort -u | wc -l)

# By a linker that knows nothing of the compiler's plugins.
links() { # NAME COMPILER FLAGS
	local library=$PWD/$1/install/libforkpool.a
	make -s -C "$TEST_TOP" O="$PWD/$1" CC="$2" CFLAGS="-O1 $3" "$library" >log 2>&1 ||
		{ show log && return 1; }
	want [ "$(nm "$library" | grep -c ' T fp_')" -eq "$functions" ]
	want_not grep -q '__gnu_lto\|\.gnu\.lto' <(objdump -h "$library"; nm "$library")
	# shellcheck disable=SC2086 # words are wanted
	${CC:-cc} -fno-lto -I"$TEST_TOP/src/forkpool" -o "$1/main" main.c "$library" && "$1/main" || return 1
	${CC:-cc} -O1 -flto -I"$TEST_TOP/src/forkpool" -o "$1/main" main.c "$library" && "$1/main"
}

want links lto gcc -flto
want links fat gcc '-flto -ffat-lto-objects'
if command -v clang >/dev/null; then
	want links thin clang -flto=thin
fi
