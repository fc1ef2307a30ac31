import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readGiven } from '../../src/operator/files.ts';
import { parseSettings } from '../../src/operator/settings.ts';
import { mutate } from '../support/traces/generate.ts';
import { garbled, type Subject, slipIn } from './subject.ts';

const flags = [
  ['--role', 'worker'],
  ['--api-writes-per-second', '50'],
  ['--collector-endpoint', 'http://collector:4318'],
  ['--drain', '25s'],
  ['--listen', '0.0.0.0:8080'],
  ['--max-batch-bytes', '4194304'],
  ['--allow-loopback'],
  ['--log-level', 'debug'],
  ['--threads=2'],
] as const;

/** Flags and variables: all mistakes are told, each in a sentence. */
export const settings: Subject = {
  name: 'flags',
  take: (random) => {
    const args = random.times(5, () => random.pick(flags).map((each) => (random.chance(0.4) ? garbled(random, each) : each))).flat();
    const environment = { SPANFERRY_THREADS: random.pick(['1', '-1', 'many', '']), SPANFERRY_LISTEN: random.pick([':1', 'x', ':99999']) };
    const parsed = parseSettings(args, random.chance(0.3) ? environment : {});
    if (parsed.ok) return undefined;
    return parsed.sentences.length === 0 ? 'says nothing' : parsed.sentences.map(slipIn).find((slip) => slip !== undefined);
  },
};

const policy = `# what each namespace may name
namespaces:
  ml-platform:
    buckets: ["s3://acme-traces", "gs://acme-*"]
    roleArns: ["arn:aws:iam::123456789012:role/*"]
    destinations: ["http://otel-collector:4318"]
    operatorIdentity: false
  "*":
    operatorIdentity: true
`;
const folder = mkdtempSync(join(tmpdir(), 'spanferry-fuzz-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

/** The policy file, and the file of an authority: the start is refused with a sentence that names the flag. */
export const policies: Subject = {
  name: 'policy files',
  take: (random) => {
    const [policyFile, collectorCaFile] = [join(folder, 'policy.yaml'), join(folder, 'ca.crt')];
    writeFileSync(policyFile, random.chance(0.5) ? garbled(random, policy) : mutate(random, Buffer.from(policy)));
    writeFileSync(collectorCaFile, mutate(random, Buffer.from('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n')));
    const read = readGiven({ policyFile, ...(random.chance(0.3) && { collectorCaFile }) });
    if (read.ok) return undefined;
    const slip = read.sentences.map(slipIn).find((each) => each !== undefined);
    return slip ?? (read.sentences.every((each) => each.startsWith('--')) ? undefined : `does not name the flag: ${read.sentences.join()}`);
  },
};
