#include "help.h"

#include "hash/digest.h"

#include <stdio.h>
#include <string.h>

/** What --help says between the first line and the list of algorithms. */
static const char help_text[] =
	"Print or check SHA-512 checksums of files and of whole directory trees.\n"
	"A directory stands for all regular files below it.\n"
	"With no PATH, or when PATH is -, read standard input.\n"
	"\n"
	"  -c, --check            read checksums from the PATHs and check them\n"
	"      --audit=MANIFEST   compare the trees PATH... with MANIFEST: what has changed,\n"
	"                           is corrupt, new, missing, moved, copied, unreadable\n"
	"      --update=MANIFEST  bring MANIFEST up to date with the trees PATH..., reading\n"
	"                           only what is new or altered; made if there is none\n"
	"      --diff             compare two manifests, or two directories\n"
	"      --merge            join the parts of a manifest that runs with --shard print\n"
	"      --bag              validate the BagIt bags PATH... (RFC 8493)\n"
	"\n"
	"Which files:\n"
	"  -C, --directory=DIR    PATHs, and the names in manifests, are relative to DIR\n"
	"      --files0-from=FILE take the PATHs from FILE, each ended by a NUL;\n"
	"                           - is standard input\n"
	"  -x, --one-file-system  do not enter what is mounted below a PATH\n"
	"  -L, --dereference      follow all links, wherever they lead, also those that\n"
	"                           are put there meanwhile; a loop is an error\n"
	"  -P                     follow only links that are PATHs (the default)\n"
	"      --exclude=PATTERN  leave out what matches, below a PATH or in a list\n"
	"      --include=PATTERN  take what matches, whatever patterns follow\n"
	"      --exclude-from=FILE  leave out by the patterns in FILE, one a line;\n"
	"                           - is standard input\n"
	"      --shard=SHARD      K/N: print or check only share K of N of the files;\n"
	"                           auto: take K and N from mpirun or srun\n"
	"\n"
	"The first pattern that matches decides, by rsync's rules: * and ? match no\n"
	"slash, ** does; a slash at the start is the PATH, one at the end is for\n"
	"directories only. An excluded directory is not entered, a PATH is never\n"
	"excluded. In a FILE, lines that start with # or ; are comments.\n"
	"\n"
	"Output:\n"
	"  -o, --output=FILE      write to FILE, complete or not at all\n"
	"      --resume           with -o: go on from the journal of an interrupted run;\n"
	"                           --update always does\n"
	"  -b, --binary           mark names with *\n"
	"  -t, --text             mark names with a space (the default)\n"
	"      --tag              print lines in BSD style\n"
	"  -z, --zero             end lines with a NUL, and do not escape names\n"
	"      --annotate         add the size, mtime and ctime of each file, in comments,\n"
	"                           and seal the whole; with --update always\n"
	"      --json             print JSON, one object a line\n"
	"      --summary          say at the end, on standard error, what was done\n"
	"      --unsorted         print as files are done, in constant memory\n"
	"      --progress[=WHEN]  show progress on standard error: always, never or auto,\n"
	"                           on a terminal (the default)\n"
	"\n"
	"How to hash:\n"
	"  -a, --algorithm=NAME   use another digest than sha512, or several: with a list\n"
	"                           such as sha512,sha256 print a tagged line for each\n"
	"  -j, --jobs=N           use N workers (default: adjusted to the storage)\n"
	"      --timeout=SECONDS  give up on a file after that long without progress\n"
	"      --for=DURATION     with -o or --update: begin no more files after DURATION:\n"
	"                           90 (seconds), 30m, 2h, 1d; the next run goes on\n"
	"      --uncached         read from the medium, not from the page cache\n"
	"      --engine=ENGINE    auto (the default), lanes or libcrypto\n"
	"      --debug            report engine, number of workers and sandbox\n"
	"\n"
	"With --check, --audit, --update, --diff, --merge and --bag:\n"
	"      --no-seal          ignore a missing or invalid seal (not with --merge and\n"
	"                           --bag)\n"
	"      --prefix-map=OLD=NEW  replace the prefix OLD of listed names by NEW\n"
	"                           (not with --update, --merge and --bag)\n"
	"      --quiet            no line for a file or bag that is verified; no counts\n"
	"      --status           no output, only the exit status\n"
	"\n"
	"With --audit, --update and --diff:\n"
	"      --accept=WORDS     accept changes that an update refuses: new, missing,\n"
	"                           changed, corrupt, separated by commas; WORD:PATTERN\n"
	"                           for matching names only; --audit: missing only (treat\n"
	"                           files below an empty or symlinked directory as\n"
	"                           missing)\n"
	"      --report=WORDS     print and count as differences only these: changed,\n"
	"                           corrupt, new, missing, moved, copied, unreadable,\n"
	"                           separated by commas (not with --update)\n"
	"  -v, --verbose          also list names that are the same\n"
	"\n"
	"With --update:\n"
	"      --append-only      add names; those that are listed keep their digests\n"
	"      --backup           keep the old manifest as MANIFEST~\n"
	"      --ignore-ctime     compare only size and mtime to find unchanged files\n"
	"  -n, --dry-run          print what would be read and dropped; write nothing\n"
	"      --reread=AGE       also read files that were last read longer ago than AGE\n"
	"                           (30d, 12h; 0: all) or at an unknown time, the oldest\n"
	"                           reading first\n"
	"\n"
	"With --check:\n"
	"      --ignore-missing   no error for files that are missing\n"
	"      --strict           exit non-zero for improperly formatted lines\n"
	"  -w, --warn             warn about each improperly formatted line\n"
	"\n"
	"      --help             print this and exit\n"
	"      --version          print the version and exit\n"
	"\n"
	"Algorithms:\n";

/** List what --algorithm takes, in lines of at most 78 columns. */
static void print_algorithms(void)
{
	size_t column = 0;
	const struct digest_algorithm *algorithm;
	for (size_t i = 0; (algorithm = digest_list(i)); i++) {
		size_t width = strlen(algorithm->name) + 1;
		if (column + width > 78)
			column = 0;
		if (column == 0)
			column = (size_t)printf("%s ", i ? "\n " : "");
		column += (size_t)printf(" %s", algorithm->name);
	}
	putchar('\n');
}

void help_print(const char *program)
{
	printf("Usage: %s [OPTION]... [PATH]...\n", program);
	fputs(help_text, stdout);
	print_algorithms();
	fputs("\n"
	      "SIGUSR1 has it say how far it is.\n"
	      "\n"
	      "The exit status is 0 if all is well, and 1 otherwise. Of --audit and --diff it is\n"
	      "0 if nothing differs, 1 if something does, of --update 0, or 1 if some lines could\n"
	      "not be renewed; of all three 2 if the answer is not complete.\n",
		stdout);
}
