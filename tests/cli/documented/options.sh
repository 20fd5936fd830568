# The program, its --help and its manual agree on the options: none is missing in one of them.
. "$TEST_TOP/tests/lib.sh"

# Each line: --NAME, then =VALUE, [=VALUE] or nothing, then -LETTER where there is one.
treesum --help | sed -nE 's/^  -(.), --([a-z0-9-]+)([^ ]*)( .*)?$/--\2 \3 -\1/p
	s/^      --([a-z0-9-]+)([^ ]*)( .*)?$/--\1 \2/p
	s/^  -(.) .*/-\1 /p' >help
sed -nE '/^\.It Fl/{
	s/ Ns = Ns Ar ([A-Z=]+)$/ =\1/
	s/ Ns Op = Ns Ar ([A-Z]+)$/ [=\1]/
	s/^(\.It.* Fl Fl [^ ]*)$/\1 /
	s/^\.It Fl (.)( Ar [A-Z]+)? , Fl Fl ([^ ]*) (.*)/--\3 \4 -\1/p
	s/^\.It Fl Fl (.*)/--\1/p
	s/^\.It Fl (.)$/-\1 /p
}' "$TEST_TOP/src/treesum.1" >manual
# In the same order, too.
want_same_bytes help manual

sed -E 's/ \[=[A-Z]+\]/ optional/; s/ =[A-Z=]+/ required/; s/ ( |$)/ no\1/' help | with_letters >of_help
taken_options >taken
want_same_bytes taken of_help
