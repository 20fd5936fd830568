# make dist packs the committed files, into the same bytes whoever packs them, and when.
. "$TEST_TOP/tests/lib.sh"
export HOME=$SCRATCH
git config --global safe.directory '*'
git -C "$TEST_TOP" rev-parse -q --verify HEAD >/dev/null || skip 'not a git repository'

version=$(sed -n 's/^VERSION := //p' "$TEST_TOP/Makefile")
dist() { # FOLDER
	make -s -C "$TEST_TOP" O="$PWD/$1" dist
}
want dist first
# Other settings of git, another umask, time zone and language.
git config --global tar.umask 0077
git config --global core.autocrlf true
(umask 077 && TZ=Asia/Kathmandu LC_ALL=C.UTF-8 GZIP=-1 dist second) >"$SCRATCH/make" 2>&1
want cmp "first/treesum-$version.tar.gz" "second/treesum-$version.tar.gz"
# No time and no name in gzip's header: RFC 1952.
want_text <(head -c 8 "first/treesum-$version.tar.gz" | od -An -tx1) ' 1f 8b 08 00 00 00 00 00'

tar -xzf "first/treesum-$version.tar.gz"
want_same_bytes <(git -C "$TEST_TOP" ls-tree -r --name-only -z HEAD | tr '\0' '\n' | sort) \
	<(cd "treesum-$version" && find . ! -type d -printf '%P\n' | sort)
want_text <(tar -tzvf "first/treesum-$version.tar.gz" | awk '{ print substr($1, 2), $2 }' | sort -u) \
	'rw-r--r-- root/root
rwxr-xr-x root/root'
