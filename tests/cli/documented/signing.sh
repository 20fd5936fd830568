# The commands that README has for signed manifests, as they are there: what was signed verifies, and what was
# altered does not.
. "$TEST_TOP/tests/lib.sh"

export GNUPGHOME=$PWD/gnupg
commands_of() { # TOOL
	sed -n '/^\*\*A signed manifest/,/^```$/p' "$TEST_TOP/README.md" | grep "^$1 "
}

# Keys without passphrases.
keys_of_ssh-keygen() {
	ssh-keygen -q -t ed25519 -N '' -C '' -f key
	echo "me@example.org $(cat key.pub)" >allowed_signers
}
keys_of_signify-openbsd() { signify-openbsd -G -n -p key.pub -s key.sec; }
keys_of_minisign() { minisign -G -W -p minisign.pub -s minisign.key; }
keys_of_gpg() {
	mkdir -m 700 "$GNUPGHOME"
	gpg --batch --passphrase '' --quick-generate-key me@example.org default default never
}

for tool in ssh-keygen signify-openbsd minisign gpg; do
	if ! command -v $tool >/dev/null; then
		[ "${CI:-}" != true ] || fail "$tool is not installed"
		continue
	fi
	mkdir -p $tool/tree
	cd $tool
	"keys_of_$tool" >"$SCRATCH/keys" 2>&1
	commands_of $tool >commands
	want [ "$(wc -l <commands)" -ge 2 ]
	while read -r sign && read -r verify; do
		rm -f SHA512SUMS*
		echo one >tree/one
		treesum -o SHA512SUMS tree
		run bash -c "$sign" </dev/null
		want_status 0
		run bash -c "$verify"
		want_status 0
		# Another file, and then the digest of that, wherever the signed one stands.
		signed=$(treesum tree/one | cut -c -128)
		echo other >tree/one
		run bash -c "$verify"
		want_status 1
		sed -i "s/$signed/$(treesum tree/one | cut -c -128)/" SHA512SUMS*
		want treesum -c --status SHA512SUMS
		run bash -c "$verify"
		want_not [ $status -eq 0 ]
	done <commands
	cd ..
done
if [ -d gnupg ]; then
	gpgconf --kill gpg-agent
fi
