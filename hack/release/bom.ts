import { createHash } from 'node:crypto';
import type { Package } from '../image/packages.ts';

/** A package of npm as package URLs write it: the @ of a scope is escaped. */
const purl = ({ name, version }: Package): string => `pkg:npm/${name.replace('@', '%40')}@${version}`;

/** License expressions are not ids: CycloneDX wants each in its own place. */
const licensed = (license: string) =>
  /^[\w.-]+$/.test(license) ? [{ license: { id: license } }] : license === 'see package' ? [] : [{ expression: license }];

/**
 * The bill of materials in CycloneDX 1.6: what the bundler has put into our files, not what npm has installed around them. The same input gives the
 * same bytes.
 */
export function billOfMaterials(version: string, packages: readonly Package[], timestamp: string): string {
  const self = { type: 'application', 'bom-ref': 'spanferry', name: 'spanferry', version, licenses: licensed('Apache-2.0') };
  const components = packages.map((each) => ({
    type: 'library',
    'bom-ref': purl(each),
    name: each.name,
    version: each.version,
    licenses: licensed(each.license),
    purl: purl(each),
  }));
  const body = { component: self, components };
  return `${JSON.stringify(
    {
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      serialNumber: `urn:uuid:${uuidOf(JSON.stringify(body))}`,
      version: 1,
      metadata: { timestamp, component: self },
      components,
      dependencies: [{ ref: 'spanferry', dependsOn: components.map((each) => each['bom-ref']) }],
    },
    undefined,
    2,
  )}\n`;
}

/** A UUID (version 8) that follows from the content. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
}
