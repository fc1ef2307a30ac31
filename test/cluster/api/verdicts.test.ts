import { beforeAll, describe, expect, test } from 'vitest';
import { objectOf, rows } from '../../support/api/manifests.ts';
import { kubectl, verdicts } from '../../support/kubectl.ts';

const named = rows.map((row, index) => ({ ...row, name: `row-${index}` }));
let said: ReadonlyMap<string, string | undefined>;

beforeAll(async () => {
  said = await verdicts(
    ['create', '--dry-run=server'],
    named.map((row) => objectOf(row, row.name)),
  );
});

describe('the API server takes', () => {
  test.each(named.filter((row) => !row.refused))('$title', ({ name }) => {
    expect(said.get(name)).toBeUndefined();
  });
});

describe('the API server refuses, with a sentence that names the mend,', () => {
  test.each(named.flatMap((row) => (row.refused ? [{ ...row, refused: row.refused }] : [])))('$title', ({ name, refused }) => {
    expect(said.get(name)).toContain(`${refused.at}: `);
    expect(said.get(name)).toContain(refused.says);
  });

  test('a field that does not exist, so that a slip of the pen is no silent default', async () => {
    const slip = objectOf({ title: '', kind: 'IngestionSource', spec: { store: { s3: { bucket: 'acme-traces', prefx: 'a/' } } } }, 'slip');
    const { code, err } = await kubectl(['create', '--dry-run=server', '-f', '-'], JSON.stringify(slip));
    expect(code).toBe(1);
    expect(err).toContain('unknown field "spec.store.s3.prefx"');
  });
});

test('the table has at least 60 manifests', () => {
  expect(rows.length).toBeGreaterThanOrEqual(60);
});
