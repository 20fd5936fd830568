# The manual page names what the header shows: each field, enumerator and constant.
. "$TEST_TOP/tests/lib.sh"

header=$TEST_TOP/src/forkpool/forkpool.h page=$TEST_TOP/src/forkpool/forkpool.3
members() { # struct|enum: the names inside of them, without comments
	sed 's|/\*.*\*/||; /\/\*/,/\*\//d' "$header" | sed -n "/^$1 fp_.* {\$/,/^};/p" |
		sed -nE 's/^\t[^}].*\(\*([a-z_]+)\).*/\1/p; t; s/^\t.*\<\**([A-Za-z_]+)[;,]$/\1/p'
}
described=$(sed -nE 's/^\.(It|Sx|Fa|Vt|Fn|Dv) //p' "$page")
fields=$(members struct) enumerators=$(members enum)
want [ "$(wc -w <<<"$fields")" -ge 35 ]
want [ "$(wc -w <<<"$enumerators")" -eq 5 ]
for field in $fields; do
	want grep -qE "(\<Fa $field\>|\(\*$field\))" <<<"$described"
done
for name in $enumerators $(sed -nE 's/^#define (FP_[A-Z_]+) .*/\1/p' "$header"); do
	want grep -qw "$name" <<<"$described"
done
for structure in $(sed -n 's/^struct \(fp_[a-z]*\) {$/\1/p' "$header"); do
	want grep -q "struct $structure\>" "$page"
done
