/**
 * The clouds that run Google Cloud Storage: Google's own, and S3NS, the sovereign cloud that Thales runs in France with Google's
 * software and a name space of its own.
 */
const universes = ['googleapis.com', 's3nsapis.fr'] as const;

export const defaultUniverse = universes[0];

export const isUniverse = (name: string): boolean => universes.some((universe) => universe === name);

/** Where the JSON API of a universe is. */
export const endpointOf = (universe: string): string => `https://storage.${universe}`;

/**
 * Whether a bearer token may go there. Every host below googleapis.com is Google's (regional and private endpoints among them:
 * storage.europe-west3.rep.googleapis.com), and a token never goes over plain HTTP.
 */
export const isGoogle = (endpoint: URL): boolean =>
  endpoint.protocol === 'https:' && endpoint.port === '' && universes.some((universe) => endpoint.hostname.endsWith(`.${universe}`));
