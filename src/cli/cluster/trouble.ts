import { type Failure, isFailed } from '../../api/failure.ts';
import { reasons } from '../../api/reasons.ts';
import { KubeError } from '../../kube/errors.ts';
import { exitCodes } from '../options.ts';

/** How a command ends early: with a sentence for a person, and the exit code for a program. */
export class Ended extends Error {
  readonly code: number;

  constructor(code: number, sentence: string) {
    super(sentence);
    this.name = 'Ended';
    this.code = code;
  }
}

/** Ends a command because the answer is no. */
export function no(sentence: string): never {
  throw new Ended(exitCodes.no, sentence);
}

/** Ends a command because it was not understood. */
export function misused(sentence: string): never {
  throw new Ended(exitCodes.usage, sentence);
}

/** What went wrong at the cluster or a store and what mends it. `where` names the cluster. */
export function endOf(thrown: unknown, where: string): Ended {
  if (thrown instanceof Ended) return thrown;
  if (thrown instanceof KubeError) return kubeEnd(thrown, where);
  if (isFailed(thrown)) return new Ended(exitCodes.no, explained(thrown.failure));
  const words = thrown instanceof Error ? thrown.message : String(thrown);
  return new Ended(exitCodes.no, `this is a mistake of spanferry's own; please report it: ${words}`);
}

/** A failure with its remedy, as a condition would tell it. */
export const explained = ({ reason, message }: Failure): string =>
  `${reason}: ${message.replace(/\.$/, '')}. ${remedyOf(reason) ?? ''}`.trim();

/** The message of a condition by itself: the operator puts the reason before it and the remedy behind it. */
export function plainMessage({ reason, message }: { readonly reason: string; readonly message: string }): string {
  const told = message.startsWith(`${reason}: `) ? message.slice(reason.length + 2) : message;
  const remedy = remedyOf(reason);
  return (remedy !== undefined && told.endsWith(remedy) ? told.slice(0, -remedy.length) : told).trim().replace(/\.$/, '');
}

/** What a person does about a reason, as a sentence; undefined for a reason of another version. */
export function remedyOf(reason: string): string | undefined {
  const row = Object.hasOwn(reasons, reason) ? reasons[reason as keyof typeof reasons] : undefined;
  return row && `${row.remedy.charAt(0).toUpperCase()}${row.remedy.slice(1)}.`;
}

function kubeEnd({ kind, message, failure }: KubeError, where: string): Ended {
  const words = failure.message || message;
  switch (kind) {
    case 'Unreachable':
    case 'Timeout':
    case 'ServerError':
    case 'Throttled':
    case 'Garbled':
      return new Ended(
        exitCodes.unreachable,
        `${where} cannot be reached: ${words}. Check --context, --kubeconfig and the way to the cluster.`,
      );
    case 'Unauthorized':
      return new Ended(
        exitCodes.unreachable,
        `${where} does not accept your credential: ${words}. Log in again, or name another context with --context.`,
      );
    case 'Forbidden':
      return new Ended(
        exitCodes.no,
        `${words}. Ask for the ClusterRole spanferry-viewer in that namespace, or spanferry-editor to change things.`,
      );
    case 'NotFound':
      return isWithoutKind(words)
        ? new Ended(
            exitCodes.no,
            `${where} does not know the kinds of Spanferry: install its CRDs (helm install, or kubectl apply -k config/crd).`,
          )
        : new Ended(exitCodes.no, `${words}.`);
    case 'Invalid':
      return new Ended(exitCodes.no, `${words}.`);
    default:
      return new Ended(exitCodes.no, `${words}. Somebody changed it at the same moment: try again.`);
  }
}

/** An object that is not there is answered with a Status that names it; a kind that is not there with a plain 404. */
export const isWithoutKind = (words: string): boolean => /(: HTTP 404$|could not find the requested resource)/.test(words);
