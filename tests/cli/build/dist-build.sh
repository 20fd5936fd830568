# What make dist packs can be built, tested and installed by itself, without git and network.
# slow
. "$TEST_TOP/tests/lib.sh"
export HOME=$SCRATCH
git config --global safe.directory '*'
git -C "$TEST_TOP" rev-parse -q --verify HEAD >/dev/null || skip 'not a git repository'

want make -s -C "$TEST_TOP" O="$SCRATCH/dist" dist
tar -xzf "$SCRATCH"/dist/treesum-*.tar.gz
cd treesum-*
find . ! -type d | sort >"$SCRATCH/packed"
mkdir "$SCRATCH/bin"
printf '#!/bin/sh\necho git "$@" >>"%s"\nexit 1\n' "$SCRATCH/calls" >"$SCRATCH/bin/git"
chmod +x "$SCRATCH/bin/git"
: >"$SCRATCH/calls"
PATH=$SCRATCH/bin:$PATH
offline=(unshare --net)
[ "$(id -u)" -eq 0 ] || offline+=(--map-current-user)
"${offline[@]}" true 2>/dev/null || offline=()

run "${offline[@]}" make -j2
want_status 0
want_err ''
run "${offline[@]}" make -j2 check TESTS='tests/cli/tree tests/cli/options tests/cli/documented build/tests/check_line'
want_status 0
want grep -qx '[1-9][0-9]* passed, 0 failed.*' "$out"
[ "$status" -eq 0 ] || tail -n 30 "$out"
want make -s DESTDIR="$root" install
want [ "$("$root/usr/local/bin/treesum" --version)" = "$(treesum --version)" ]
want make -s clean
want_text "$SCRATCH/calls" ''
want_same_bytes "$SCRATCH/packed" <(find . ! -type d | sort)
