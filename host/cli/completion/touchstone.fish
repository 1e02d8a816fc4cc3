# SPDX-License-Identifier: BSD-2-Clause
# fish completion: `touchstone __complete` knows what may come.

function __touchstone_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in (touchstone __complete $words[2..-1] 2>/dev/null)
        switch $line
            case ':file'
                __fish_complete_path (commandline -ct)
            case ':folder'
                __fish_complete_directories (commandline -ct)
            case '*'
                echo $line
        end
    end
end

complete -c touchstone -f -a '(__touchstone_complete)'
