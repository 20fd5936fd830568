# Lists that other programs have written: what is said of each, and what each mode makes of it.
. "$TEST_TOP/tests/lib.sh"

mkdir dir
echo a >a
echo b >dir/b
treesum a dir >good
cp "$TEST_TOP"/fixtures/corpus/recognise/* .

# What programs make that are not here, or other ways to keep a list.
{ printf '\xef\xbb\xbf' && cat good; } >byte-order-mark
{ printf '\xef\xbb\xbf' && sha256sum a dir/b; } >byte-order-mark-sha256
{ printf '\xef\xbb\xbf#\n' && cat good; } >byte-order-mark-comment
iconv -f UTF-8 -t UTF-16 good >utf-16
iconv -f UTF-8 -t UTF-16LE good >utf-16le
iconv -f UTF-8 -t UTF-16BE good >utf-16be
sed 's|/|\\|' good >backslashes
sed 's|  |  C:/|' good >drive
head -c 128 good >maven
treesum -z a dir >zero
treesum -z a >zero-one
treesum --json a dir >json
{ printf '; made by hand\n' && cat good; } >semicolons
printf 'BLAKE3 (a) = %s\n' "$(cut -c 1-64 b3sum | head -n 1)" >blake3-tag
{ cat good && sha256sum --tag a dir/b; } >mixed-tagged
{ cat good && sha256sum a dir/b; } >mixed
{ sha256sum a && md5sum dir/b; } >mixed-weak
{ cat good gpg-signature; } >signature-behind
printf 'rubbish\n' >rubbish
printf '%s\n' 'SHA512 (a) = 0' >short
head -c 65536 /dev/zero >zeros

# Expect of a list what sha512sum -c says of it, on standard output and by its status, and one message
# more, unless none is due; nothing more with --status.
checked() { # LIST MESSAGE
	local expected=0
	sha512sum -c "$1" >"$SCRATCH/expected" 2>/dev/null || expected=$?
	for operand in "$1" -; do
		prelude="exec < <(cat $1)" run treesum -c $operand
		want_status $expected
		cmp -s "$SCRATCH/expected" "$out" ||
			want_same_bytes <(escaped_results "$SCRATCH/expected") "$out"
		name=$([ $operand = - ] && echo "'standard input'" || echo "$1")
		want_text <(grep -aE '^treesum: .*: (it|the|some) [a-z]' "$err") "${2:+treesum: $name: $2}"
	done
	expected=0
	sha512sum -c --strict "$1" >/dev/null 2>&1 || expected=$?
	run treesum -c --strict --status "$1"
	want_status $expected
	want_text <(grep -aE ': (it|the|some) [a-z]' "$err") ''
}

# Expect of the other modes: an audit and a comparison say the same of the two files, and something more of
# the list; an update takes what is a manifest to the last line, and leaves everything else alone.
compared() { # STATUS OUT [MESSAGES]
	cp "$list" before
	run treesum --audit="$list" a dir
	want_status "$1"
	want_out "$2"
	want_text <(grep -av '^treesum: [0-9]* the same' "$err") "${3:-}"
	run treesum --audit="$list" --status a dir
	want_status "$1"
	want_text <(grep -aE 'WARNING|: (it|the|some) [a-z]' "$err") ''
	want_same_bytes before "$list"
}
refused() { # MESSAGE
	cp "$list" before
	run treesum --update="$list" a dir
	want_status 2
	want_out ''
	want_err "$1"
	want_same_bytes before "$list"
}
unread() { # MESSAGE IMPROPER-LINE
	compared 2 '' "treesum: $list: no properly formatted checksum lines found
treesum: $list: $1"
	refused "treesum: $list: line $2 is improperly formatted
treesum: $list: $1"
	run treesum --diff "$list" good
	want_status 2
	want_out ''
}

# None is read by anything.
while read -r list line message; do
	checked "$list" "$message"
	unread "$message" "$line"
done <<'END_LISTS'
b2sum-256 1 the digests are those of BLAKE2b of another length, which is not supported
blake3-tag 1 the digests are those of BLAKE3, which is not supported
certutil 1 it is the output of certutil; write the digest, two spaces and the name
gpg-all 1 it is the output of gpg --print-md; write the digest, two spaces and the name
gpg-md5 1 it is the output of gpg --print-md; write the digest, two spaces and the name
gpg-sha512 1 it is the output of gpg --print-md; write the digest, two spaces and the name
hashdeep 1 it is a list of hashdeep, which is not supported
json 1 it is JSON, as of --json, which is not supported
maven 1 the digest has no name; write two spaces and the name behind it
utf-16 1 it is UTF-16; convert it to UTF-8 (iconv)
utf-16be 1 it is UTF-16; convert it to UTF-8 (iconv)
utf-16le 1 it is UTF-16; convert it to UTF-8 (iconv)
END_LISTS
# sha512sum takes the first name out of these, and loses the others.
for list in zero zero-one; do
	run treesum -c $list
	want_status 1
	want_out ''
	want_err "treesum: $list: no properly formatted checksum lines found
treesum: $list: the lines end in NUL, as with --zero, and not in a newline"
	unread 'the lines end in NUL, as with --zero, and not in a newline' 1
done
# Of these an update reads the first line only, which tells less.
list=mtree
checked $list 'it is a specification of mtree, which is not supported'
compared 2 '' "treesum: mtree: no properly formatted checksum lines found
treesum: mtree: it is a specification of mtree, which is not supported"
refused 'treesum: mtree: line 7 is improperly formatted
treesum: mtree: it is a specification of mtree, which is not supported'
list=rhash-sfv
checked $list 'the names come before the digests, as in SFV files'
compared 2 '' "treesum: $list: no properly formatted checksum lines found
treesum: $list: the names come before the digests, as in SFV files"
refused "treesum: $list: line 1 is improperly formatted
treesum: $list: the lines that begin with ; are comments of RHash or SFV files"
for list in gpg-message gpg-signature; do
	message='it has an OpenPGP signature, which was not checked'
	[ $list = gpg-signature ] || message='it is OpenPGP data; gpg --decrypt may show a list'
	checked $list "$message"
	compared 2 '' "treesum: $list: no properly formatted checksum lines found
treesum: $list: $message"
done
list=gpg-signature refused "treesum: gpg-signature: line 1 is OpenPGP armour around a signed manifest
treesum: gpg-signature: it has an OpenPGP signature, which was not checked"
for list in rubbish short zeros; do
	checked $list ''
	compared 2 '' "treesum: $list: no properly formatted checksum lines found"
	refused "treesum: $list: line 1 is improperly formatted"
done

# Those of another algorithm: -c and an update say which -a would read them, and with that do; an audit and
# a comparison see it for themselves.
while read -r list algorithm message; do
	checked "$list" "$message"
	refused "treesum: $list: line 1 is improperly formatted
treesum: $list: $message"
	for mode in -c --strict\ -c; do
		# shellcheck disable=SC2086
		run treesum -a "$algorithm" $mode "$list"
		want_status 0
		want_out 'a: OK
dir/b: OK'
		want_err ''
	done
	compared 0 ''
	run treesum --diff "$list" <(treesum -a "$algorithm" a dir)
	want_status 0
	want_out ''
	run treesum --diff good "$list"
	# Nothing tells untagged digests of the same length from each other.
	want_status "$([ "$algorithm" = blake2b512 ] && echo 1 || echo 2)"
	[ "$algorithm" = blake2b512 ] ||
		want_err "treesum: $list: its digests are of $algorithm, those of the other of sha512"
	run treesum -a "$algorithm" --audit="$list" a dir
	want_status 0
	run treesum -a "$algorithm" --update="$list" a dir
	want_status 0
	run treesum -a "$algorithm" --audit="$list" a dir
	want_status 0
done <<'END_LISTS'
b2sum blake2b512 the lines are tagged BLAKE2b; use -a blake2b512
md5sum md5 the digests are as long as MD5's; use -a md5
openssl-blake2b512 blake2b512 the lines are tagged BLAKE2B-512; use -a blake2b512
openssl-sha256 sha256 the lines are tagged SHA2-256; use -a sha256
shasum-1 sha1 the digests are as long as SHA-1's; use -a sha1
shasum-224 sha224 the digests are as long as SHA-224's; use -a sha224
shasum-256 sha256 the digests are as long as SHA-256's; use -a sha256
shasum-256-tag sha256 the lines are tagged SHA256; use -a sha256
shasum-384 sha384 the digests are as long as SHA-384's; use -a sha384
END_LISTS

# OpenSSL 3 tags even SHA-512 otherwise. sha512sum does not read it, nor does -c before it is told to.
list=openssl-sha512
checked $list 'the lines are tagged SHA2-512; use -a sha512'
run treesum -a sha512 -c $list
want_status 0
want_out 'a: OK
dir/b: OK'
want_err ''
compared 0 ''
run treesum --diff $list good
want_status 0
# Tags say that two are not of one algorithm, though the digests have the same length.
run treesum --diff b2sum $list
want_status 2
want_err "treesum: $list: its digests are of sha512, those of the other of blake2b512"
# As b2sum -c has it.
b2sum --tag a dir/b | sed 's/^BLAKE2b /BLAKE2b-512 /' >b2sum-512
b2sum -c b2sum-512 >"$SCRATCH/expected"
run treesum -a blake2b512 -c b2sum-512
want_status 0
want_same_bytes "$SCRATCH/expected" "$out"
# Too short for its tag, and another's tag: not that algorithm's.
printf 'SHA2-512(a)= %s\nSHA2-256(a)= %s\n' "$(cut -c 1-64 b3sum | head -n 1)" "$(head -c 128 good)" >wrong-length
run treesum -a sha512 -c wrong-length
want_status 1
want_out ''
run treesum --audit=wrong-length a dir
want_status 2
want_out ''

# BLAKE3's digests are as long as SHA-256's, which cannot be seen.
checked b3sum "the digests are as long as SHA-256's; use -a sha256"

# Part of these is read; what is not is told.
checked byte-order-mark 'it begins with a byte order mark, so that the first line was not read'
list=byte-order-mark
compared 2 'a: NEW' "treesum: $list: WARNING: 1 line is improperly formatted
treesum: $list: it begins with a byte order mark, so that the first line was not read"
refused "treesum: $list: line 1 is improperly formatted
treesum: $list: it begins with a byte order mark, so that the first line was not read"
checked byte-order-mark-comment 'it begins with a byte order mark, so that the first line was not read'
checked byte-order-mark-sha256 "the digests are as long as SHA-256's; use -a sha256"
list=byte-order-mark-sha256
compared 2 'a: NEW' "treesum: $list: WARNING: 1 line is improperly formatted
treesum: $list: it begins with a byte order mark, so that the first line was not read"
checked semicolons 'the lines that begin with ; are comments of RHash or SFV files'
list=semicolons
compared 0 ''
refused "treesum: $list: line 1 is improperly formatted
treesum: $list: the lines that begin with ; are comments of RHash or SFV files"
for list in mixed-tagged rhash-bsd; do
	hint='the lines are tagged SHA256; use -a sha256'
	other_hint=$hint
	# Of lines without tags no list of algorithms can be made.
	if [ $list != mixed-tagged ]; then
		hint='some lines are tagged SHA256; use -a sha512,sha256'
		other_hint='some lines are tagged SHA256; only -c reads several algorithms: -c -a sha512,sha256'
	fi
	checked $list "$hint"
	compared 2 '' "treesum: $list: WARNING: 2 lines are improperly formatted
treesum: $list: $other_hint"
	run treesum --diff good $list
	want_status 2
	want_out ''
done
list=mixed
checked $list "the digests are as long as SHA-256's; use -a sha256"
compared 2 '' "treesum: $list: WARNING: 2 lines are improperly formatted
treesum: $list: the digests are as long as SHA-256's; use -a sha256"
list=mixed-weak
checked $list "the digests are as long as SHA-256's; use -a sha256"
compared 2 '' "treesum: $list: no properly formatted checksum lines found
treesum: $list: the digests are as long as SHA-256's; use -a sha256"
list=signature-behind
checked $list 'it has an OpenPGP signature, which was not checked'
compared 0 '' "treesum: $list: it has an OpenPGP signature, which was not checked"

# Names that are another system's are names.
checked backslashes 'the names are those of Windows: with backslashes or a drive letter'
checked drive 'the names are those of Windows: with backslashes or a drive letter'
run treesum --audit=backslashes a
want_err_line 'treesum: backslashes: the names are those of Windows: with backslashes or a drive letter'
run treesum --diff backslashes good
want_err_line 'treesum: backslashes: the names are those of Windows: with backslashes or a drive letter'
# Where they are there nothing is said, nor of one that is escaped and missing.
sed 's/  .*/  a\\b/' good | head -n 1 >there
cp a 'a\b'
checked there ''
run treesum --audit=there 'a\b'
want_status 0
want_err 'treesum: 1 the same'
treesum 'a\b' >escaped
rm 'a\b'
checked escaped ''
