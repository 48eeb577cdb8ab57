# SPDX-License-Identifier: GPL-3.0-or-later
# bash completion for portreeve(1). Commands and options are asked of the command itself, so that
# they are those of the version that is installed.

_portreeve() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} word help
  local -a path=()
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == -* ]] && break
    help=$(portreeve "${path[@]}" "$word" --help 2>/dev/null) || break
    path+=("$word")
  done
  help=$(portreeve "${path[@]}" --help 2>/dev/null) || return

  case $previous in
    --program | --daemons)
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
    --user)
      mapfile -t COMPREPLY < <(compgen -u -- "$current")
      return
      ;;
    --protocol)
      mapfile -t COMPREPLY < <(compgen -W 'tcp udp icmp icmpv6' -- "$current")
      return
      ;;
    --scope)
      mapfile -t COMPREPLY < <(compgen -W 'localhost lan internet multicast' -- "$current")
      return
      ;;
  esac
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(grep -oE '^  (-[a-z],)?--[a-z][a-z0-9-]*' <<<"$help" | tr ', ' '\n\n')" -- "$current")
    return
  fi
  mapfile -t COMPREPLY < <(compgen -W "$(sed -n '/^Subcommands:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p' <<<"$help")" -- "$current")
  # Where there is no further command, files: of rules, for check and rule add.
  [[ ${#COMPREPLY[@]} -gt 0 || $help == *Subcommands:* ]] || mapfile -t COMPREPLY < <(compgen -f -- "$current")
}
complete -o filenames -F _portreeve portreeve
