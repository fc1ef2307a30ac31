import { z } from 'zod';

/**
 * A rule that the API server and the operator both hold: `cel` is what goes into the CRD, `holds` says the same here, and `says` is
 * the sentence either of them gives. It is written once, in one place, so that no refinement can lack its twin; the generator
 * refuses any other refinement. `at` names the member that is wrong, where that is not the whole value.
 */
export const rule = <T>(cel: string, says: string, holds: (value: T) => boolean, at?: string): z.core.$ZodCheck<T> =>
  z.refine<T>(holds, { error: says, params: { cel }, ...(at === undefined ? {} : { path: [at] }) });

/** A rule about a change. Only the API server sees both sides of one (`oldSelf`), so it has no twin to hold here. */
export const onChange = <T>(cel: string, says: string): z.core.$ZodCheck<T> => rule<T>(cel, says, () => true);

/** A rule that a string fits a pattern. The same text is the pattern here (JavaScript) and there (RE2), so it keeps to what both read alike. */
export function fits(pattern: string, says: string): z.core.$ZodCheck<string> {
  const regExp = new RegExp(pattern, 'u');
  return rule<string>(`self.matches(${celString(pattern)})`, says, (value) => regExp.test(value));
}

/** A CEL string literal. */
export const celString = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
