# The program is hardened: what the compiler and the linker were asked for is in it, and in the library.
. "$TEST_TOP/tests/lib.sh"
[ "${PROFILE:-release}" = release ] || skip "not a release build: ${PROFILE:-}"

file=$TREESUM
has() { # WHAT READELF-OPTION PATTERN
	expectations=$((expectations + 1))
	readelf -W "$2" "$file" | grep -Eq -e "$3" || fail "${file##*/}: not found: $1"
}
has_not() { # WHAT READELF-OPTION PATTERN
	expectations=$((expectations + 1))
	! readelf -W "$2" "$file" | grep -Eq -e "$3" || fail "${file##*/}: found: $1"
}
has 'position independent executable' -d 'FLAGS_1.*PIE'

for file in "$TREESUM" "$BUILD"/libforkpool.so.*; do
	has 'position independent' -h 'Type: +DYN'
	has 'relocations bound at the start' -d 'FLAGS_1.*NOW'
	has 'relocations read-only' -l GNU_RELRO
	has 'stack not executable' -l 'GNU_STACK.* RW +0x'
	has 'stack protector' --dyn-syms __stack_chk_fail
	has_not 'relocations of code' -d TEXTREL
	has_not 'a path to look for libraries' -d 'R(UN)?PATH'
	has_not 'memory that can be written and executed' -l 'LOAD .* RWE '
	case $(ldd "$file" 2>&1) in
	*musl*) ;; # has no fortified functions
	*) has 'fortified functions' --dyn-syms '__[a-z]+_chk@' ;;
	esac
	case $(uname -m) in
	x86_64)
		objdump -d "$file" >"$SCRATCH/code"
		# The note in the file would need start-up code of the C library that has it, too.
		for function in main fp_open; do
			grep -q "<$function>:" "$SCRATCH/code" || continue
			want grep -q endbr64 <(grep -A 1 "<$function>:" "$SCRATCH/code")
		done
		# A large stack frame is made, and touched, page by page.
		want grep -Eq 'sub +\$0x1000,%rsp' "$SCRATCH/code"
		;;
	esac
done

# The rest leaves no mark but in what gcc writes down for the debugger: that of each source file.
readelf -W --debug-dump=info "$TREESUM" 2>"$SCRATCH/readelf" | grep -o 'DW_AT_producer.*GNU C.*' >"$SCRATCH/producers" || true
if [ -s "$SCRATCH/producers" ]; then
	for flag in '-O[23]' -fstack-protector-strong -fno-delete-null-pointer-checks -fno-strict-overflow -fno-strict-aliasing -fPIE; do
		want_not grep -m 1 -v -e " $flag\b" "$SCRATCH/producers"
	done
	for flag in -fstack-clash-protection -fcf-protection=full -ftrivial-auto-var-init=zero -fstrict-flex-arrays=3; do
		! gcc $flag -Werror -x c -c -o "$SCRATCH/probe" /dev/null 2>"$SCRATCH/gcc" ||
			want_not grep -m 1 -v -e " $flag\b" "$SCRATCH/producers"
	done
fi
