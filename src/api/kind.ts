import { z } from 'zod';
import type { Frozen } from './fields.ts';

export const group = 'spanferry.io';
export const version = 'v1alpha1';
export const apiVersion = `${group}/${version}`;
/** All kinds together: `kubectl get spanferry`. */
export const category = 'spanferry';

/** A column as `kubectl get` prints it. */
export type Column = {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean' | 'date';
  readonly path: string;
  readonly description: string;
};

/** What the API server must know of a kind beside its schema. */
export type Kind = {
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortName: string;
  readonly description: string;
  readonly columns: readonly Column[];
  /** Fields that `--field-selector` knows, beside name and namespace. */
  readonly selectable: readonly string[];
};

export const ageColumn: Column = { name: 'Age', type: 'date', path: '.metadata.creationTimestamp', description: 'When it was created.' };

const ownerReference = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  name: z.string(),
  uid: z.string(),
  controller: z.boolean().exactOptional(),
  blockOwnerDeletion: z.boolean().exactOptional(),
});

const texts = () => z.record(z.string(), z.string());

/** What the operator reads and keeps of an object's metadata. The API server itself holds its rules, so none are repeated. */
export const metadata = z.object({
  name: z.string(),
  namespace: z.string().exactOptional(),
  uid: z.string().exactOptional(),
  resourceVersion: z.string().exactOptional(),
  generation: z.int().exactOptional(),
  creationTimestamp: z.string().exactOptional(),
  deletionTimestamp: z.string().exactOptional(),
  labels: texts().exactOptional(),
  annotations: texts().exactOptional(),
  ownerReferences: z.array(ownerReference).exactOptional(),
  finalizers: z.array(z.string()).exactOptional(),
});

export type Metadata = Frozen<z.output<typeof metadata>>;
