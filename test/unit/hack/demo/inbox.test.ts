import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { inbox } from '../../../../hack/demo/inbox.ts';

let folder: string;
let end: () => void;
const uploads: string[] = [];
beforeEach(() => {
  vi.useFakeTimers();
  uploads.length = 0;
  folder = mkdtempSync(join(tmpdir(), 'inbox-'));
  end = inbox(folder, (name, body) => uploads.push(`${name}: ${body}`));
});
afterEach(() => {
  end();
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

const write = (text: string) => writeFileSync(join(folder, 'mine.json'), text);
const look = () => vi.advanceTimersByTime(300);

test('a file is uploaded once it stands still, and again when it changes', () => {
  write('half');
  look();
  write('half and half');
  look();
  expect(uploads).toEqual([]);
  look();
  look();
  expect(uploads).toEqual(['mine.json: half and half']);
  write('something else altogether');
  look();
  look();
  expect(uploads).toEqual(['mine.json: half and half', 'mine.json: something else altogether']);
});
