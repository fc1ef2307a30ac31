/** A file of the release, by its content. */
export type Subject = { readonly name: string; readonly sha256: string };

/** Where a release was made, from what. */
export type Origin = {
  readonly repository: string;
  readonly commit: string;
  readonly lockfile: string;
  readonly builder: string;
  readonly invocation?: string;
  readonly finishedOn: string;
};

/** How each file came about, as an in-toto statement with a SLSA 1.0 predicate: unsigned, for `sign` or for an attestation to carry. */
export function provenance(
  subjects: readonly Subject[],
  { repository, commit, lockfile, builder, invocation, finishedOn }: Origin,
): string {
  const digest = ({ name, sha256 }: Subject) => ({ name, digest: { sha256 } });
  return `${JSON.stringify(
    {
      _type: 'https://in-toto.io/Statement/v1',
      subject: subjects.map(digest),
      predicateType: 'https://slsa.dev/provenance/v1',
      predicate: {
        buildDefinition: {
          buildType: `${repository}/blob/${commit}/hack/release.ts`,
          externalParameters: { repository, commit },
          resolvedDependencies: [
            { uri: `git+${repository}@${commit}`, digest: { gitCommit: commit } },
            { name: 'package-lock.json', digest: { sha256: lockfile } },
          ],
        },
        runDetails: {
          builder: { id: builder },
          metadata: { ...(invocation !== undefined && { invocationId: invocation }), finishedOn },
        },
      },
    },
    undefined,
    2,
  )}\n`;
}
