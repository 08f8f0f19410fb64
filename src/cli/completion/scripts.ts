/** The shells that there are scripts for. */
export const shells = ["bash", "zsh", "fish"] as const;

export type Shell = (typeof shells)[number];

/** What a shell has to run once, so that it completes `helio`: it asks `helio complete` each time. */
export const scripts: Readonly<Record<Shell, string>> = {
  // Bash itself would part words at colons and equals signs.
  bash: `_helio() {
  local line=\${COMP_LINE:0:COMP_POINT} words
  read -ra words <<< "$line"
  if [[ $line == *[[:space:]] ]]; then words+=(""); fi
  local IFS=$'\\n'
  COMPREPLY=($("\${words[0]}" complete -- "\${words[@]:1}" 2> /dev/null | cut -f 1))
}
complete -o default -F _helio helio
`,
  zsh: `#compdef helio
_helio() {
  local word description
  local -a candidates
  while IFS=$'\\t' read -r word description; do
    candidates+=("\${word//:/\\\\:}:$description")
  done < <("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2> /dev/null)
  if (( \${#candidates} )); then _describe helio candidates; else _files; fi
}
compdef _helio helio
`,
  fish: `function __helio_complete
  set -l words (commandline -opc) (commandline -ct)
  $words[1] complete -- $words[2..-1] 2> /dev/null
end
complete -c helio -f -a '(__helio_complete)'
`,
};
