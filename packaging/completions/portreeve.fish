# SPDX-License-Identifier: GPL-3.0-or-later
# fish completion for portreeve(1). Commands and options are asked of the command itself, so that they
# are those of the version that is installed.

function __portreeve_help
    set -l words
    for word in (commandline -opc)[2..]
        string match -q -- '-*' $word; and break
        portreeve $words $word --help >/dev/null 2>&1; or break
        set -a words $word
    end
    portreeve $words --help 2>/dev/null
end

function __portreeve_complete
    set -l help (__portreeve_help)
    if string match -q -- '-*' (commandline -ct)
        string match -r -g -- '^  (?:-[a-z],)?(--[a-z][a-z0-9-]*)' $help
        return
    end
    set -l inside 0
    for line in $help
        if test "$line" = 'Subcommands:'
            set inside 1
        else if test $inside = 1
            string match -r -g -- '^  ([a-z][a-z-]*) ' $line
            test -z "$line"; and break
        end
    end
end

complete -c portreeve -a '(__portreeve_complete)'
# Files only where there is no further command to be named: of rules, for check and rule add.
complete -c portreeve -n 'string match -q Subcommands: (__portreeve_help)' -f
