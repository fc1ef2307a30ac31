import { type Command, InvalidArgumentError } from 'commander';

/** Examples below the help of a command, called as the person calls it. */
export const example =
  (...lines: readonly string[]) =>
  ({ command }: { readonly command: Command }): string =>
    `\nExamples:\n${lines.map((line) => `  ${command.parent?.name()} ${line}`).join('\n')}`;

/** A parser that tells shells which words it takes. */
const offering = <T extends object>(parse: T, words: readonly string[]): T => Object.assign(parse, { words });

/** One of a few words. */
export const oneOf = <T extends string>(...words: readonly T[]) =>
  offering((value: string): T => {
    const found = words.find((word) => word === value);
    if (found === undefined)
      throw new InvalidArgumentError(`It is ${words.length > 1 ? `${words.slice(0, -1).join(', ')} or ` : ''}${words.at(-1)}.`);
    return found;
  }, words);

/** A whole number from 1 up. */
export function positive(value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new InvalidArgumentError('It is a whole number from 1 up.');
  return Number(value);
}

/** "90s", "15m", "12h" or "7d", as a spec has it. What it comes to is for the part to say that has the schemas. */
export function time(value: string): string {
  if (!/^(0|[1-9]\d{0,5})[smhd]$/.test(value))
    throw new InvalidArgumentError('It is one number and one unit, such as 90s, 15m, 12h or 7d.');
  return value;
}

/** For an option that may be given several times, or once with commas. */
export const several = (value: string, before: readonly string[] = []): readonly string[] => [...before, ...value.split(',')];

/** The same with words that shells offer. */
export const severalOf = (...words: readonly string[]) =>
  offering((value: string, before?: readonly string[]): readonly string[] => several(value, before), words);

/** Options that every command with a cluster has, as kubectl has them. */
export const clusterOptions = (command: Command): Command =>
  command
    .option('-n, --namespace <name>', 'namespace; that of the context where left out')
    .option('--context <name>', 'context of the kubeconfig; the current one where left out')
    .option('--kubeconfig <file>', 'kubeconfig; KUBECONFIG or ~/.kube/config where left out');
