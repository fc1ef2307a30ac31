import type { Command, Option } from 'commander';

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
function __spanferry
  set -l found (spanferry __complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)
  if set -q found[1]
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c spanferry -f -a '(__spanferry)'
`,
} as const;

export type Shell = keyof typeof completionScripts;

/** What may follow: words, or names that the kubeconfig or the cluster knows, with what was said about them. */
export type Completion =
  | { readonly words: readonly string[] }
  | {
      readonly names: Named;
      readonly said: Readonly<Record<string, string>>;
      readonly begin: string;
      /** Stands in the same word before the name. */
      readonly glued: string;
    };

export type Named = 'sources' | 'namespaces' | 'contexts';

/** What may stand in the place of the last word. */
export function completionOf(root: Command, words: readonly string[]): Completion {
  const whole = words.at(-1) ?? '';
  // "--sort=k" is two words for bash, with the sign as a third, and one for the others.
  const glued = /^--[^=]+=/.exec(whole)?.[0] ?? '';
  const typed = [...words.slice(0, -1), ...(glued === '' ? [whole] : [glued.slice(0, -1), whole.slice(glued.length)])]
    .filter((word, i, { length }) => word !== '=' || i === length - 1)
    .map((word) => (word === '=' ? '' : word));
  const begin = typed.at(-1) ?? '';
  const fitting = (all: readonly string[]): Completion => ({
    words: all.filter((word) => word.startsWith(begin)).map((word) => `${glued}${word}`),
  });
  const shown = root.commands.filter((each) => !each.name().startsWith('_'));
  if (typed.length <= 1) return fitting(shown.map((each) => each.name()));
  const command = shown.find((each) => each.name() === typed[0]);
  if (!command) return typed[0] === 'help' && typed.length === 2 ? fitting(shown.map((each) => each.name())) : { words: [] };
  const { flags, given, open } = read(command, typed.slice(1, -1));
  const named = (names: Named): Completion => ({ names, said: aboutCluster(flags), begin, glued });
  if (open) {
    const names = namesIn[open.attributeName()];
    return names ? named(names) : fitting(wordsOf(open));
  }
  if (begin.startsWith('-')) return fitting(command.options.flatMap(({ long }) => long ?? []));
  const argument = command.registeredArguments[Math.min(given, command.registeredArguments.length - 1)];
  if (argument?.argChoices) return fitting(argument.argChoices);
  return argument && /source/.test(argument.name()) ? named('sources') : { words: [] };
}

const namesIn: Readonly<Record<string, Named>> = { namespace: 'namespaces', context: 'contexts' };

const wordsOf = ({ argChoices, parseArg }: Option): readonly string[] =>
  argChoices ?? (parseArg && 'words' in parseArg ? (parseArg.words as readonly string[]) : []);

type Read = {
  readonly flags: Readonly<Record<string, string>>;
  /** How many arguments were given. */
  readonly given: number;
  /** The option whose value the next word is. */
  readonly open?: Option;
};

/** Reads the words before the last one. */
function read(command: Command, typed: readonly string[]): Read {
  const flags: Record<string, string> = {};
  let given = 0;
  let open: Option | undefined;
  for (const word of typed) {
    const [name, value] = word.startsWith('--') ? word.split('=', 2) : [word.slice(0, 2), word.slice(2) || undefined];
    if (open) {
      flags[open.attributeName()] = word;
      open = undefined;
    } else if (!word.startsWith('-')) given++;
    else {
      const option = command.options.find(({ long, short }) => long === name || short === name);
      if (option?.required && value === undefined) open = option;
      else if (option?.required && value !== undefined) flags[option.attributeName()] = value;
    }
  }
  return { flags, given, ...(open && { open }) };
}

const aboutCluster = (flags: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(flags).filter(([name]) => ['namespace', 'context', 'kubeconfig'].includes(name)));
