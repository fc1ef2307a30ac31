/** The clouds that run Google Cloud Storage: Google's own, and S3NS, the sovereign cloud of Thales with a name space of its own. */
const universes = ['googleapis.com', 's3nsapis.fr'] as const;

export const defaultUniverse = universes[0];

export const isUniverse = (name: string): boolean => universes.some((universe) => universe === name);

/** Where an API of a universe is: that of Cloud Storage, or another. */
export const endpointOf = (universe: string, api = 'storage'): string => `https://${api}.${universe}`;

/** The universe that a host belongs to: a token of one cloud is not shown to another. */
export const universeOf = (endpoint: string = endpointOf(defaultUniverse)): string =>
  universes.find((universe) => new URL(endpoint).hostname.endsWith(`.${universe}`)) ?? defaultUniverse;
