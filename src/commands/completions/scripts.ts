/** Shells that completions are made for. */
const COMPLETED_SHELLS = ["bash", "zsh", "fish"] as const;

/** One of them. */
export type CompletedShell = (typeof COMPLETED_SHELLS)[number];

/**
 * What each shell reads. The scripts only ask the program, so they fit every version of it, and the
 * program finds the targets in the config that the line names.
 *
 * bash: that of macOS is 3.2, without `mapfile`; names of files come from `-o default`.
 */
export const COMPLETION_SCRIPTS: Readonly<Record<CompletedShell, string>> = {
  bash: `# bash completion of switchyard; in ~/.bashrc: source <(switchyard completions bash)
_switchyard() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    [[ $line == :files ]] || COMPREPLY+=("\${line%%$'\\t'*}")
  done < <("\${COMP_WORDS[0]}" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _switchyard switchyard
`,
  zsh: `#compdef switchyard
# zsh completion of switchyard; in ~/.zshrc, behind compinit: source <(switchyard completions zsh)
_switchyard() {
  local line
  local -a candidates
  for line in "\${(@f)$("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ $line == :files ]]; then
      _files
      return
    fi
    [[ -n $line ]] && candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe switchyard candidates
}
if [[ \${funcstack[1]} == _switchyard ]]; then
  _switchyard "$@"
else
  compdef _switchyard switchyard
fi
`,
  fish:
    `# fish completion of switchyard; once: switchyard completions fish > ~/.config/fish/completions/switchyard.fish
function __switchyard_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines ($words[1] complete -- $words[2..-1] "$current" 2>/dev/null)
    if test "$lines[1]" = :files
        __fish_complete_path "$current"
    else
        printf '%s\\n' $lines
    end
end
complete -c switchyard -f -a '(__switchyard_complete)'
`,
};
