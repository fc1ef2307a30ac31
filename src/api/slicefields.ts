import { z } from 'zod';
import { durationFrom, durationUpTo } from './duration.ts';
import { fits } from './rule.ts';

/** What every trace platform is asked for: one service, and how its time is cut and read. */
export const sliceFields = ({ overlap, days }: { readonly overlap: string; readonly days: number }) => ({
  service: z
    .string()
    .min(1)
    .max(256)
    .check(fits('^[^\\x00-\\x1f"\\\\]+$', 'a service is named as its spans name it, without quotes, backslashes and control characters'))
    .exactOptional()
    .describe('Only spans of this service, compared exactly and case-sensitively. Left out: every service. Cannot change.'),
  lookback: durationUpTo(days, `lookback is at most ${days}d, which is as long as the platform remembers`)
    .default('1h')
    .describe(
      'How far back to begin when the source is new, such as 24h. Resolved once, into status.modifiedAfter; an outage never moves it, and spec.scan.modified takes its place.',
    ),
  settle: durationFrom(0, 'settle is a duration')
    .default('2m')
    .describe('How long a slice of time rests before it is read, so that spans which arrive late are in it.'),
  overlap: durationUpTo(1, 'overlap is at most 1d')
    .default(overlap)
    .describe(
      'How long after that a slice is read once more, for spans that came even later. What was delivered before is left out. 0s: it is read once.',
    ),
});

export const inferStepTypes = () =>
  z
    .boolean()
    .default(false)
    .describe('Guess from the kind of a span whether it is a step of an agent: the attribute spanferry.step.type says llm, tool or error.');
