import { stringify } from 'yaml';
import type { z } from 'zod';
import { category, group, type Kind, version } from '../../src/api/kind.ts';
import type { Schema } from './refuse.ts';
import { structuralSchema } from './schema.ts';

/** A kind and the schema of its whole object. */
export type KindWithSchema = Kind & { readonly schema: z.ZodObject };

/** File of a kind's CRD, below crds/. */
export const fileOf = ({ plural }: Kind): string => `${group}_${plural}.yaml`;

/** The text of a kind's CRD. The same kind always gives the same text. */
export const crdText = (kind: KindWithSchema): string =>
  `# Generated from src/api: edit the schemas there, then run \`npm run generate\`.\n${stringify(crd(kind), { aliasDuplicateObjects: false, lineWidth: 0 })}`;

/** The structural schemas of spec and, where the kind has one, of status. */
export function schemasOf(kind: KindWithSchema): { readonly spec: Schema; readonly status?: Schema } {
  const { spec, status } = kind.schema.shape;
  return {
    spec: structuralSchema(spec as z.ZodType, 'spec'),
    ...(status ? { status: structuralSchema(status as z.ZodType, 'status') } : {}),
  };
}

function crd(kind: KindWithSchema): Schema {
  const schemas = schemasOf(kind);
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${kind.plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular: kind.singular,
        shortNames: [kind.shortName],
        categories: [category],
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          ...(schemas.status ? { subresources: { status: {} } } : {}),
          additionalPrinterColumns: kind.columns.map(({ path, ...column }) => ({ ...column, jsonPath: path })),
          ...(kind.selectable.length > 0 ? { selectableFields: kind.selectable.map((jsonPath) => ({ jsonPath })) } : {}),
          schema: { openAPIV3Schema: root(kind, schemas) },
        },
      ],
    },
  };
}

const fromKubernetes = {
  apiVersion: { description: 'Version of the schema of this object.', type: 'string' },
  kind: { description: 'Kind of this object.', type: 'string' },
  metadata: { type: 'object' },
} as const;

const root = (kind: Kind, schemas: Schema): Schema => ({
  description: kind.description,
  type: 'object',
  required: ['spec'],
  properties: { ...fromKubernetes, ...schemas },
});
