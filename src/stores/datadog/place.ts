import { datadogSites } from '../../api/datadog.ts';
import type { Place } from '../provider.ts';
import type { DatadogSpec } from '../spec.ts';

/** A slice has five minutes: with two passes over each that is 24 of 300 requests an hour. */
export const SLICE_MS = 5 * 60_000;

/** Where a Datadog source looks: one service, or all, of the organisation that its keys belong to. */
export function datadogPlace(spec: DatadogSpec): Place {
  const { site, service } = spec;
  return {
    location: `datadog://${site}/${service ?? ''}`,
    sliceMs: SLICE_MS,
    identity: { kind: 'datadog', endpoint: datadogUrl(spec).replace('https://', ''), bucket: service ?? '*' },
  };
}

/** Names of the Secrets that a Datadog source refers to. */
export const datadogSecretNames = ({ caSecretRef, apiKeySecretRef, appKeySecretRef }: DatadogSpec): readonly string[] =>
  [caSecretRef, apiKeySecretRef, appKeySecretRef].flatMap((ref) => (ref ? [ref.name] : []));

/** URL of the API, without a slash at its end. */
export function datadogUrl({ site, endpoint }: DatadogSpec): string {
  if (endpoint !== undefined) return endpoint.replace(/\/+$/, '');
  const host = Object.hasOwn(datadogSites, site) ? datadogSites[site as keyof typeof datadogSites] : site;
  return `https://${host}`;
}
