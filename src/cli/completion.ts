import type { Command } from 'commander';

/** What each shell runs when somebody presses the tabulator: all of them ask the command itself. */
export const completionScripts = {
  bash: `# source <(spanferry completion bash)
_spanferry() {
  local IFS=$'\\n'
  COMPREPLY=($(spanferry __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _spanferry spanferry
`,
  zsh: `#compdef spanferry
# source <(spanferry completion zsh)
_spanferry() {
  local -a found
  found=("\${(@f)$(spanferry __complete -- "\${(@)words[2,$CURRENT]}" 2>/dev/null)}")
  [[ -n "$found" ]] && compadd -a found || _files
}
compdef _spanferry spanferry
`,
  fish: `# spanferry completion fish | source
complete -c spanferry -a '(spanferry __complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
`,
} as const;

export type Shell = keyof typeof completionScripts;

/** What may follow: words, or the names of sources, with what was said about the cluster. */
export type Completion =
  | { readonly words: readonly string[] }
  | { readonly sources: Readonly<Record<string, string>>; readonly begin: string };

/** What may stand in the place of the last word. */
export function completionOf(root: Command, typed: readonly string[]): Completion {
  const begin = typed.at(-1) ?? '';
  const fitting = (words: readonly string[]): Completion => ({ words: words.filter((word) => word.startsWith(begin)) });
  const shown = root.commands.filter((each) => !each.name().startsWith('_'));
  if (typed.length <= 1) return fitting(shown.map((each) => each.name()));
  const command = shown.find((each) => each.name() === typed[0]);
  if (!command) return { words: [] };
  if (begin.startsWith('-')) return fitting(command.options.flatMap(({ long }) => long ?? []));
  const said = cluster(command, typed.slice(1, -1));
  if (said.isValue) return { words: [] };
  const argument = command.registeredArguments[Math.min(said.arguments, command.registeredArguments.length - 1)];
  if (argument?.argChoices) return fitting(argument.argChoices);
  return argument && /source/.test(argument.name()) ? { sources: said.flags, begin } : { words: [] };
}

type Said = { readonly flags: Record<string, string>; readonly arguments: number; readonly isValue: boolean };

/** Reads the words before the last one: which flags about the cluster were given, and how many arguments. */
function cluster(command: Command, typed: readonly string[]): Said {
  const flags: Record<string, string> = {};
  let given = 0;
  for (let i = 0; i < typed.length; i++) {
    const word = typed[i] ?? '';
    const option = command.options.find(({ long, short }) => long === word || short === word);
    if (!word.startsWith('-')) given++;
    else if (option?.required) {
      if (i === typed.length - 1) return { flags, arguments: given, isValue: true };
      flags[option.attributeName()] = typed[++i] ?? '';
    }
  }
  const { namespace, context, kubeconfig } = flags;
  const about = { namespace, context, kubeconfig };
  return {
    flags: Object.fromEntries(Object.entries(about).filter((each): each is [string, string] => each[1] !== undefined)),
    arguments: given,
    isValue: false,
  };
}
