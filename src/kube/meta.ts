/** Where an object lives and what it is called. Every object's metadata is one. */
export type Ref = { readonly namespace: string; readonly name: string };

export type OwnerReference = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
};

/** What the API server keeps about an object. managedFields are dropped on arrival: nobody reads them, and they are half the bytes. */
export type ObjectMeta = Ref & {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
};

/** An object as the API server returned it. All kinds of this house live in a namespace. */
export type KubeObject = { readonly apiVersion?: string | undefined; readonly kind?: string | undefined; readonly metadata: ObjectMeta };

/** Metadata of an object that is yet to be written. */
export type DraftMeta = Ref & Partial<Omit<ObjectMeta, keyof Ref>>;

/** An object that is yet to be written; the server adds the rest. apiVersion and kind are filled in. */
export type Draft<T extends KubeObject> = Omit<T, 'apiVersion' | 'kind' | 'metadata' | 'status'> & { readonly metadata: DraftMeta };

/** "ml-platform/checkout-agents": the key of an object in queues, caches and logs. */
export const keyOf = ({ namespace, name }: Ref): string => `${namespace}/${name}`;

/** A time as Leases and Events want it: exactly six digits behind the point, where Date writes three. */
export const microTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, -1)}000Z`;
