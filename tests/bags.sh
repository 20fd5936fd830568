# shellcheck shell=bash
# Helpers for tests of --bag: they make bags with the tools of coreutils.

# Write bagit.txt.
declare_bag() { # BAG [VERSION [ENCODING]]
	printf 'BagIt-Version: %s\nTag-File-Character-Encoding: %s\n' "${2:-1.0}" "${3:-UTF-8}" >"$1/bagit.txt"
}

# List all payload in manifests.
list_payload() { # BAG ALGORITHM...
	local bag=$1 algorithm
	shift
	for algorithm; do
		(cd "$bag" && find data -type f -print0 | sort -z | xargs -0r "${algorithm}sum" >"manifest-$algorithm.txt")
	done
}

# List all tag files in tag manifests.
list_tags() { # BAG ALGORITHM...
	local bag=$1 algorithm
	shift
	for algorithm; do
		(cd "$bag" && find . -path ./data -prune -o -type f ! -name 'tagmanifest-*' -printf '%P\0' |
			sort -z | xargs -0 "${algorithm}sum" >"$SCRATCH/tags" && cp "$SCRATCH/tags" "tagmanifest-$algorithm.txt")
	done
}

# Make a bag of two files, with all that a bag may have but fetch.txt.
make_bag() { # BAG [VERSION [ALGORITHM...]]
	local bag=$1 version=${2:-1.0}
	rm -rf "$bag"
	mkdir -p "$bag/data/sub"
	echo one >"$bag/data/a"
	echo three >"$bag/data/sub/b"
	declare_bag "$bag" "$version"
	printf 'Source-Organization: FOO University\nPayload-Oxum: 10.2\n' >"$bag/bag-info.txt"
	shift 2 2>/dev/null || shift $#
	[ $# -gt 0 ] || set -- sha512 md5
	list_payload "$bag" "$@"
	list_tags "$bag" "$@"
}

# Validate a bag, and expect what it is, and what is printed before that.
bag_is() { # STATUS BAG [LINE]...
	local verdict=$1 bag=$2
	shift 2
	run treesum --bag "$bag"
	want_out "$(printf '%s\n' "$@" "$bag: $verdict" | sed '/^$/d')"
	[ "$verdict" = valid ] && want_status 0 || want_status 1
}

# Expect a message about a bag's file.
want_said() { want_err_line "treesum: $1"; } # FILE: REASON
