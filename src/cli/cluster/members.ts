import { type Exception, type FileStatus, filesOf, type NamedFile } from '../../api/ingestionfile.ts';
import type { File } from '../../kube/ownkinds.ts';

/** One file as its record tells of it. The record may be a pack, which tells of many. */
export type Member = NamedFile & {
  readonly record: File;
  readonly state: FileStatus['state'];
  readonly reason?: string;
  readonly message?: string;
  /** Spans that the destination acknowledged, where that is known of this file alone. */
  readonly spans?: number;
};

/**
 * Every file that a record stands for, with the state that is its own. A file that a pack gave back is not there: it goes on in a record of
 * its own, or waits for one.
 */
export function membersOf(record: File): readonly Member[] {
  const { spec, status } = record;
  const named = filesOf(spec);
  if (!spec.pack) return named.map((file) => ({ ...file, ...stateOf(status), ...spansOf(status.spans), record }));
  const returned = new Set(status.returned?.map(({ index }) => index));
  const unread = new Map(status.unread?.map((exception) => [exception.index, exception]));
  // Of a pack that is completed with exceptions, the reason is that of the first one.
  const others = status.state === 'Completed' && returned.size + unread.size > 0 ? { state: status.state } : stateOf(status);
  return named.flatMap((file, index) => {
    if (returned.has(index)) return [];
    const odd = unread.get(index);
    return [{ ...file, ...(odd ? stateOfUnread(odd) : others), ...spansOf(status.packSpans?.[index]), record }];
  });
}

type State = Pick<Member, 'state' | 'reason' | 'message'>;

const stateOf = ({ state, reason, message }: FileStatus): State => ({
  state,
  ...(reason !== undefined && { reason }),
  ...(message !== undefined && { message }),
});

/** New content under its key has a record of its own; what cannot be read any more has failed. */
const stateOfUnread = ({ reason, message }: Exception): State => ({
  state: reason === 'Superseded' ? 'Completed' : 'Failed',
  reason,
  message,
});

const spansOf = (spans: number | undefined): { readonly spans?: number } => (spans === undefined ? {} : { spans });
