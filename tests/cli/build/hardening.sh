# The program is hardened: what the compiler and the linker were asked for is in it.
. "$TEST_TOP/tests/lib.sh"
[ "${PROFILE:-release}" = release ] || skip "not a release build: ${PROFILE:-}"

has() { # WHAT READELF-OPTION PATTERN
	expectations=$((expectations + 1))
	readelf -W "$2" "$TREESUM" | grep -Eq -e "$3" || fail "not found: $1"
}
has 'position independent' -h 'Type: +DYN'
has 'position independent executable' -d 'FLAGS_1.*PIE'
has 'relocations bound at the start' -d 'FLAGS_1.*NOW'
has 'relocations read-only' -l GNU_RELRO
has 'stack not executable' -l 'GNU_STACK.* RW +0x'
has 'stack protector' --dyn-syms __stack_chk_fail
case $(ldd "$TREESUM" 2>&1) in
*musl*) ;; # has no fortified functions
*) has 'fortified functions' --dyn-syms '__[a-z]+_chk@' ;;
esac
case $(uname -m) in
# The note in the file would need start-up code of the C library that has it, too.
x86_64) want grep -q endbr64 <(objdump -d --disassemble=main "$TREESUM") ;;
esac
want_not grep -q TEXTREL <(readelf -d "$TREESUM")
want_not grep -Eq 'R(UN)?PATH' <(readelf -d "$TREESUM")
want_not grep -Eq 'LOAD .* RWE ' <(readelf -Wl "$TREESUM")
