# -c with one line of every form, each in a list of its own and all in one.
. "$TEST_TOP/tests/lib.sh"

echo a >a
echo b >b
echo 'in parentheses' >'(a)'
echo 'with = sign' >'a) = b'
echo 'leading blank' >' a'
echo 'leading star' >'*a'
echo 'ends in blank' >'a '
echo 'ends in CR' >a$'\r'
H=$(sha512sum a | cut -c 1-128)
U=${H^^}
B=$(sha512sum b | cut -c 1-128)
P=$(sha512sum '(a)' | cut -c 1-128)
E=$(sha512sum 'a) = b' | cut -c 1-128)
L=$(sha512sum ' a' | cut -c 1-128)
S=$(sha512sum '*a' | cut -c 1-128)
short=${H:1}
sha256=$(sha256sum a | cut -c 1-64)

lines=(
	# Untagged.
	"$H  a" "$H *a" "$U  a" "$U *a" "${H:0:64}${U:64}  a" "$H a" "$H	a" "$H	 a" "$H 	a" "$H	*a" "$H   a"
	"$L   a" "$H  *a" "$S  *a" "$S **a" "$H" "$H " "$H  " "$H *" "$H	" "  $H  a" "	$H  a" "$H  a " "$H  ./a" "$H  a/"
	"$B  a" "$B  a/." "$short  a" "${H}0  a" "$short" "${short}g  a" "${H:0:127}G  a" "$sha256  a" "x$H  a" "$H,  a"
	"0x$H  a" "$H  a$'\r'" "${H:0:64} ${H:64}  a" "\\$H  a" "  \\$H  a" "\\ $H  a" "\\\\$H  a"
	# Escapes are only read after a backslash, and only three are known.
	"\\$H  a\\n" "\\$H  a\\x" "\\$H  a\\" "$H  a\\" "$H  a\\n" "\\$H  \\\\" "\\$H  a\\r" "\\$H  a\\t" "\\$H  \\0"
	"\\$H *a\\\\b" "\\$B *b" "\\$B  b"
	# Tagged.
	"SHA512 (a) = $H" "SHA512(a)= $H" "SHA512 (a)= $H" "SHA512(a) = $H" "SHA512 (a)=$H" "SHA512  (a) = $H" "SHA512	(a) = $H"
	"sha512 (a) = $H" "SHA512 (a) = $U" "SHA512 (a)  =  $H" "SHA512 (a)	=	$H" "SHA512 (a) == $H" "SHA512 (a) $H" "SHA512 (a) ="
	"SHA512 (a) = $short" "SHA512 (a) = ${H}0" "SHA512 (a) = $H " "SHA512 (a) = $H x" "SHA512 a = $H" "SHA512 (a = $H" "SHA512 a) = $H"
	"SHA512 () = $H" "SHA512 ((a)) = $P" "SHA512 (a) = b) = $E" "SHA512 (b) = $H" "  SHA512 (a) = $H" "	SHA512 (a) = $H" "\\SHA512 (a) = $H"
	"\\SHA512 (a\\n) = $H" "\\SHA512 (a\\x) = $H" "SHA512" "SHA512 " "SHA512 (" "SHA512 ()" "SHA512(" "SHA512 (a)" "SHA512 (a) " "SHA512-x (a) = $H"
	"SHA512/256 (a) = ${H:0:64}" "SHA512-256 (a) = ${H:0:64}" "SHA256 (a) = $sha256" "SHA512sum (a) = $H" "SHA51 (a) = $H" "MD5 (a) = 0cc175b9c0f1b6a831c399e269772661"
	"BLAKE2b (a) = $H" "SHA512 (a) = \\$H" "SHA512 (a) =	$H"
	# Neither.
	'' ' ' '	' '# a comment' " # $H  a" '#' "#$H  a" 'rubbish' "-$H  a" $'\r' $' \r' "$H  a$'\n'"
	$'\xef\xbb\xbf'"$H  a" $'\xef\xbb\xbf# comment' "untagged"
)

# Some versions quote some of the names in the results: there the messages are compared.
oracle_quotes && quotes=1 || quotes=''
number=0
for line in "${lines[@]}"; do
	number=$((number + 1))
	printf '%s\n' "$line" >"list$number"
	printf '%s\n%s  b\n' "$line" "$B" >"mixed$number"
	printf '%s\r\n' "$line" >"crlf$number"
	printf '%s' "$line" >"cut$number"
	for list in list$number mixed$number crlf$number cut$number; do
		if [ $quotes ]; then
			same -c -w --status $list
		else
			same -c -w $list
			same -c --strict --quiet $list
		fi
	done
done

# The untagged style that comes first holds for the rest of a list.
printf '%s a\n%s  b\n%s b\n' "$H" "$B" "$B" >reversed-first
printf '%s  a\n%s b\n%s  b\n' "$H" "$B" "$B" >standard-first
printf 'SHA512 (a) = %s\n%s b\n%s  b\n' "$H" "$B" "$B" >tagged-first
printf 'rubbish\n%s a\n%s *b\n' "$H" "$B" >malformed-first
printf '%s\n' "${lines[@]}" >all
for list in reversed-first standard-first tagged-first malformed-first; do
	same -c -w $list
	same -c -w $list standard-first reversed-first
done
prelude=$([ $quotes ] && echo 'exec >/dev/null' || true)
same -c -w all
same -c -w --strict all reversed-first

# NUL bytes, and a line without an end after good ones.
printf '%s  a\0\n' "$H" >nul-in-name
printf '%s\0%s  a\n' "${H:0:64}" "${H:65}" >nul-in-digest
printf '%s  a\n\0\n' "$H" >nul-line
printf '%s  a\n%s  b' "$H" "$B" >no-last-newline
for list in nul-in-digest nul-line no-last-newline; do
	same -c -w $list
done
