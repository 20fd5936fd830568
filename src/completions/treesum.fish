# Completion of treesum's command line in fish.

function __treesum_algorithms
    treesum --help 2>/dev/null | sed -n '/^Algorithms:/,/^$/{/:/d;p;}' | string split --no-empty ' '
end

complete -c treesum -s c -l check -d 'Read checksums from the PATHs and check them'
complete -c treesum -s C -l directory -x -a '(__fish_complete_directories)' -d 'Take PATHs and names relative to a directory'
complete -c treesum -l files0-from -rF -d 'Take the PATHs from a file, each ended by a NUL'
complete -c treesum -s o -l output -rF -d 'Write to a file, complete or not at all'
complete -c treesum -s b -l binary -d 'Mark names with *'
complete -c treesum -s t -l text -d 'Mark names with a space'
complete -c treesum -l tag -d 'Print lines in BSD style'
complete -c treesum -s z -l zero -d 'End lines with a NUL, and do not escape names'
complete -c treesum -l unsorted -d 'Print as files are done, in constant memory'
complete -c treesum -s a -l algorithm -x -a '(__treesum_algorithms)' -d 'Use another digest than sha512'
complete -c treesum -s j -l jobs -x -d 'Hash in so many processes'
complete -c treesum -l timeout -x -d 'Give up a file whose reader is silent that long'
complete -c treesum -l engine -x -a 'auto lanes libcrypto' -d 'Choose what hashes'
complete -c treesum -l debug -d 'Say which engine and how many processes are used'
complete -c treesum -l ignore-missing -d 'No error for files that are missing'
complete -c treesum -l quiet -d 'No OK for each file that is verified'
complete -c treesum -l status -d 'No output, only the exit status'
complete -c treesum -l strict -d 'Exit non-zero for improperly formatted lines'
complete -c treesum -s w -l warn -d 'Warn of each improperly formatted line'
complete -c treesum -l help -d 'Print the options and exit'
complete -c treesum -l version -d 'Print the version and exit'
