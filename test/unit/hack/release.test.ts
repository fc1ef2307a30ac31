import { describe, expect, test } from 'vitest';
import { billOfMaterials } from '../../../hack/release/bom.ts';
import { provenance } from '../../../hack/release/provenance.ts';
import { notes } from '../../../hack/release/versions.ts';

const zod = { name: 'zod', version: '4.6.7', license: 'MIT' };
const scoped = { name: '@aws-sdk/client-s3', version: '3.1169.0', license: 'Apache-2.0' };
const odd = { name: 'odd', version: '1.0.0', license: '(MIT OR Apache-2.0)' };

describe('the bill of materials', () => {
  const bill = JSON.parse(billOfMaterials('1.2.3', [zod, scoped, odd], '2026-11-27T00:00:00Z')) as Readonly<Record<string, unknown>>;

  test('names each package by its package URL, with its license', () => {
    expect(bill.components).toMatchObject([
      { purl: 'pkg:npm/zod@4.6.7', licenses: [{ license: { id: 'MIT' } }] },
      { purl: 'pkg:npm/%40aws-sdk/client-s3@3.1169.0' },
      { licenses: [{ expression: '(MIT OR Apache-2.0)' }] },
    ]);
  });

  test('is the same for the same content, and another for another', () => {
    const of = (version: string) => billOfMaterials(version, [zod], '2026-11-27T00:00:00Z');
    expect(of('1.2.3')).toBe(of('1.2.3'));
    const serial = (text: string) => (JSON.parse(text) as { serialNumber: string }).serialNumber;
    expect(serial(of('1.2.3'))).not.toBe(serial(of('1.2.4')));
    expect(serial(of('1.2.3'))).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

test('provenance says of which commit and lockfile each file came about, and who built it', () => {
  const origin = {
    repository: 'https://git.example/s',
    commit: 'c0ffee',
    lockfile: 'ab',
    builder: 'me',
    finishedOn: '2026-11-27T00:00:00Z',
  };
  expect(JSON.parse(provenance([{ name: 'a.tgz', sha256: 'cd' }], origin))).toMatchObject({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'a.tgz', digest: { sha256: 'cd' } }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: { resolvedDependencies: [{ digest: { gitCommit: 'c0ffee' } }, { digest: { sha256: 'ab' } }] },
      runDetails: { builder: { id: 'me' } },
    },
  });
});

test('the notes of a release are its section of the changelog, and a release without one is stopped', () => {
  const changelog = '# Changelog\n\n## Unreleased\n\nnew\n\n## 1.1.0 (2026-11-01)\n\n- **A** thing.\n\n## 1.0.0\n\nfirst\n';
  expect(notes(changelog, '1.1.0')).toBe('- **A** thing.');
  expect(() => notes(changelog, '2.0.0')).toThrow('CHANGELOG.md has no section "## 2.0.0": write one before the release');
});
