# shellcheck shell=bash disable=SC2154 # lib.sh comes before
# Runs that share a tree. To be read after lib.sh.

# A tree whose names are odd, and whose order is delicate: a directory is sorted as if its name ended in a slash.
make_odd_tree() { # TREE
	local name
	mkdir -p "$1/a" "$1/a-b/c" "$1/b.c" "$1/deep/er/still" "$1/none" "$1/"$'new\nline' "$1/"$'\xff'
	for name in a/b a/b.c a/b-c a-b/c/x a.b a0 'a b' b b- b.c/x b.d deep/er/x deep/er/still/x deep/e \
		$'new\nline/x' $'new\nlin' 'back\slash' '\first' $'cr\r' $'cr' $'\xff/x' $'\xff\xfe' $'\xc3\xa4' \
		-dash '*' .hidden '#comment' '#= 1 1.000000000 -' empty; do
		printf '%s' "$name" >"$1/$name"
	done
	: >"$1/empty"
	ln "$1/a/b" "$1/link"
	ln "$1/a/b" "$1/deep/link"
	ln -s a "$1/to-directory"
	ln -s a0 "$1/to-file"
	for i in {1..60}; do
		echo "$i" >"$1/deep/$i"
	done
}

# The seal of a part: its digest is of what it says before that, too.
oracle_part_seal() { # BODY "shard=K/N errors=N listed=N:HEX options=HEX"
	local seal
	seal=$(oracle_seal "$1")
	seal="${seal% *} $2 sha512="
	printf '%s%s\n' "$seal" "$({ cat "$1" && printf '%s' "$seal"; } | "$SHA512SUM" | cut -d ' ' -f 1)"
}

# What the seals say of the files of all shards: how many, and the sum of the hashes of their names.
oracle_listed() { # TREE
	python3 - "$1" <<-'END'
		import hashlib, os, sys
		names = [os.path.join(root, name) for root, _, files in os.walk(os.fsencode(sys.argv[1])) for name in files]
		names = [name for name in names if not os.path.islink(name)]
		total = sum(int.from_bytes(hashlib.sha512(name).digest()[:8], "big") for name in names) % 2**64
		print(f"listed={len(names)}:{total:016x}")
	END
}

# Print each of N shards into PREFIX.K-of-N.
print_shards() { # N PREFIX ARGUMENT...
	local count=$1 prefix=$2 index
	shift 2
	for ((index = 1; index <= count; index++)); do
		run treesum --shard=$index/$count "$@"
		want_status 0
		want_err ''
		cp "$out" "$prefix.$index-of-$count"
	done
}
