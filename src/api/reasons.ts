/**
 * Why a file or a source is not where it should be: one row per reason. Conditions, events, metrics, the command line and
 * the troubleshooting page read this table and nothing else, so a user meets the same words everywhere.
 *
 * A reason says by itself how a failure is treated (`kind`) and whose it is (`side`): therefore store and destination share none.
 * `means` completes "The reason is that …" and `remedy` is what a person does about it; both are sentences without capital and full stop.
 */
export const reasons = {
  // Credentials and identity at a store
  InvalidAccessKeyId: {
    kind: 'waiting',
    side: 'store',
    means: 'the store does not know this access key',
    remedy: 'correct accessKeyId in the Secret that the source names; the next probe follows within a minute',
  },
  SignatureDoesNotMatch: {
    kind: 'waiting',
    side: 'store',
    means: 'the secret key does not belong to the access key',
    remedy: 'correct secretAccessKey in the Secret that the source names; it must belong to accessKeyId',
  },
  InvalidToken: {
    kind: 'waiting',
    side: 'store',
    means: 'the store does not accept this session token, key or signature',
    remedy: 'renew the credential in the Secret that the source names',
  },
  ExpiredToken: {
    kind: 'waiting',
    side: 'store',
    means: 'the temporary credential has expired',
    remedy: 'renew the credential in the Secret, or let the operator assume a role so that it is renewed by itself',
  },
  MissingCredential: {
    kind: 'waiting',
    side: 'store',
    means: 'a credential that the source needs is not there',
    remedy:
      'create the Secret with the keys that the message names; where the source names none, give the ServiceAccount of the operator an identity',
  },
  InvalidCredential: {
    kind: 'waiting',
    side: 'store',
    means: 'the credential cannot be read, or is of a kind that is not accepted',
    remedy: 'put a credential of the kind that the message names into the Secret',
  },
  InvalidIdentityToken: {
    kind: 'waiting',
    side: 'store',
    means: 'the cloud does not trust the ServiceAccount token of the operator',
    remedy:
      'check the trust policy of the role or the federated credential: issuer, audience and subject must be those of the ServiceAccount',
  },
  AccessDenied: {
    kind: 'waiting',
    side: 'store',
    means: 'the identity lacks a permission',
    remedy: 'grant what the message names on the place that the source reads',
  },
  AssumeRoleDenied: {
    kind: 'waiting',
    side: 'store',
    means: 'the role may not be assumed',
    remedy:
      'allow sts:AssumeRole and sts:TagSession for this identity in the trust policy of the role, with the external id if it asks for one',
  },
  KmsAccessDenied: {
    kind: 'waiting',
    side: 'store',
    means: 'the object is encrypted with a key that the identity may not use',
    remedy: 'grant kms:Decrypt on the key that encrypts the bucket',
  },
  // Place and connection of a store
  NoSuchBucket: {
    kind: 'waiting',
    side: 'store',
    means: 'there is no such bucket, container, project or workspace',
    remedy: 'correct the name in spec.store, or create what it names',
  },
  WrongBucketOwner: {
    kind: 'waiting',
    side: 'store',
    means: 'the bucket belongs to another account than spec.store.s3.bucketOwner',
    remedy: 'correct bucketOwner; if it is right, somebody else owns a bucket of this name: do not read it',
  },
  RegionMismatch: {
    kind: 'waiting',
    side: 'store',
    means: 'the bucket lives in another region',
    remedy: 'set spec.store.s3.region to the region that the message names',
  },
  PermanentRedirect: {
    kind: 'waiting',
    side: 'store',
    means: 'the bucket must be addressed at another endpoint',
    remedy: 'set spec.store.s3.region or endpoint to what the message names',
  },
  EndpointUnreachable: {
    kind: 'transient',
    side: 'store',
    means: 'nothing answers at the endpoint',
    remedy: 'check the host name, the port, and the network policies between operator and endpoint',
  },
  TlsError: {
    kind: 'waiting',
    side: 'store',
    means: 'the certificate of the store is not trusted',
    remedy: 'name the authority in caSecretRef of spec.store, or correct the certificate',
  },
  EgressRefused: {
    kind: 'waiting',
    side: 'store',
    means: 'the address of the store is one that sources may not reach (metadata, link-local or loopback)',
    remedy: 'use an endpoint outside these ranges; loopback needs the flag --allow-loopback',
  },
  ClockSkew: {
    kind: 'waiting',
    side: 'store',
    means: 'the clocks of the operator and the store differ too much',
    remedy: 'let the nodes of the operator keep time by NTP',
  },
  Throttled: {
    kind: 'transient',
    side: 'store',
    means: 'the other side asked for fewer requests',
    remedy: 'nothing to do: it is tried again later',
  },
  StoreUnavailable: {
    kind: 'transient',
    side: 'store',
    means: 'the store failed or was too slow',
    remedy: 'nothing to do: it is tried again; if it stays, look at the status page of the store',
  },
  StoreProtocolError: {
    kind: 'waiting',
    side: 'store',
    means: 'what answers at the endpoint does not speak the protocol of this store',
    remedy: 'check spec.store: kind, endpoint and forcePathStyle',
  },
  // One file
  Deleted: {
    kind: 'terminal',
    means: 'the file was deleted before it could be read',
    remedy: 'upload it again if it is needed',
  },
  Superseded: {
    kind: 'terminal',
    means: 'the file was overwritten before it could be read; its new content is a new file',
    remedy:
      'nothing to do: the new content is ingested by itself, and the old one if it is put back, unless spec.scan.overwritten is Ignore',
  },
  Archived: {
    kind: 'terminal',
    means: 'the file is in an archive class and cannot be read',
    remedy: 'restore the object, then retry the file',
  },
  Unreadable: {
    kind: 'transient',
    means: 'the file cannot be read while others can',
    remedy: 'the message says why; retry the file when the cause is gone',
  },
  OutgrowsPack: {
    kind: 'transient',
    means: 'the spans of a small file fill more than one request, so it cannot travel in a pack',
    remedy: 'nothing to do: the file is ingested in a record of its own',
  },
  Restored: {
    kind: 'transient',
    means: 'a backup brought the record of a pack back without its status, and the ledger does not know this file as completed',
    remedy: 'nothing to do: what the ledger does not know is ingested in a record of its own; retry the pack for what it knows as failed',
  },
  EmptyFile: {
    kind: 'terminal',
    means: 'the file has no content',
    remedy: 'let the writer upload only complete files, or let files rest with spec.scan.minAge',
  },
  NoTraces: {
    kind: 'terminal',
    means: 'the file holds only other signals than traces',
    remedy: 'exclude it with spec.scan.exclude, or write logs and metrics elsewhere',
  },
  NotATraceFile: {
    kind: 'terminal',
    means: 'the content is not a trace file',
    remedy: 'exclude it with spec.scan.exclude, or correct the writer; `spanferry validate FILE` says more',
  },
  InvalidJSON: {
    kind: 'terminal',
    means: 'the JSON text is broken',
    remedy: 'correct the writer; the message names the place',
  },
  InvalidProtobuf: {
    kind: 'terminal',
    means: 'the protobuf message is broken',
    remedy: 'correct the writer; the message names the place',
  },
  Truncated: {
    kind: 'transient',
    means: 'the file ends in the middle',
    remedy: 'let the writer upload only complete files, or let files rest with spec.scan.minAge',
  },
  InvalidCompression: {
    kind: 'terminal',
    means: 'the compressed data is damaged',
    remedy: 'upload the file again',
  },
  ExpansionLimit: {
    kind: 'terminal',
    means: 'the compressed file grows beyond the limit',
    remedy: 'if the file is honest, raise `--max-expansion-ratio` of the operator or upload it uncompressed; else find out who wrote it',
  },
  TooDeep: {
    kind: 'terminal',
    means: 'values are nested too deeply',
    remedy: 'correct the writer; the message names the place and the limit',
  },
  InvalidTraceId: {
    kind: 'terminal',
    means: 'a trace id is neither 32 hex digits nor 16 bytes in base64',
    remedy: 'correct the writer and upload the file again; the message names the place',
  },
  InvalidSpanId: {
    kind: 'terminal',
    means: 'a span id is neither 16 hex digits nor 8 bytes in base64',
    remedy: 'correct the writer and upload the file again; the message names the place',
  },
  InvalidSpan: {
    kind: 'terminal',
    means: 'a span has a field that cannot be read',
    remedy: 'correct the writer; the message names the field and the place',
  },
  SpanTooLarge: {
    kind: 'terminal',
    means: 'a single span is larger than a request may be',
    remedy: 'shorten the attributes of the span',
  },
  ApplicationMismatch: {
    kind: 'terminal',
    means: 'the file has another application.id than the source expects',
    remedy: 'correct application.id in the writer or spec.applicationIds of the source',
  },
  // Destination
  CredentialError: {
    kind: 'waiting',
    side: 'destination',
    means: 'the destination does not accept the credential, or a credential is missing',
    remedy: 'correct the Secret that spec.destination names, or the token of the operator; everything flows on by itself',
  },
  DestinationRefused: {
    kind: 'waiting',
    side: 'destination',
    means: 'the destination answers, but not as an OTLP/HTTP receiver',
    remedy: 'check spec.destination.endpoint: it should be the OTLP/HTTP port (4318 by custom) of a collector',
  },
  DestinationUnavailable: {
    kind: 'transient',
    side: 'destination',
    means: 'the destination cannot be reached or asks to wait',
    remedy: 'nothing to do once it is up: everything flows on by itself',
  },
  DestinationTlsError: {
    kind: 'waiting',
    side: 'destination',
    means: 'the certificate of the destination is not trusted',
    remedy: 'name the authority in spec.destination.caSecretRef, or correct the certificate',
  },
  DestinationEgressRefused: {
    kind: 'waiting',
    side: 'destination',
    means: 'the address of the destination is one that sources may not reach (metadata, link-local or loopback)',
    remedy: 'use an endpoint outside these ranges; loopback needs the flag --allow-loopback',
  },
  RefusedByDestination: {
    kind: 'terminal',
    means: 'the destination refuses the content',
    remedy: 'the message gives the words of the destination: correct the writer or the destination, then retry the file',
  },
  Undeliverable: {
    kind: 'transient',
    means: 'the destination fails at this file while others pass',
    remedy: 'the message and the logs of the destination say why; retry the file when the cause is gone',
  },
  // The operator itself
  NotAllowed: {
    kind: 'waiting',
    means: 'the tenancy policy of the operator does not allow this',
    remedy: 'ask whoever runs the operator to extend the policy for this namespace, or change the source',
  },
  InvalidSpec: {
    kind: 'waiting',
    means: 'the spec does not fit what this version of the operator understands',
    remedy: 'correct the spec; the message names the field',
  },
  LedgerIncomplete: {
    kind: 'waiting',
    means: 'part of the memory of what is done is missing',
    remedy:
      'restore the IngestionLedger objects from a backup, or accept that files may be ingested again with the annotation spanferry.io/accept-ledger',
  },
  WorkerLost: {
    kind: 'terminal',
    means: 'workers died with this file in their hands; after the first one it traveled alone, or with ever smaller parts of its pack',
    remedy: 'look at the logs and the memory of the workers, then retry the file',
  },
  Stuck: {
    kind: 'transient',
    means: 'there was no progress for five minutes',
    remedy: 'nothing to do at first; if it stays, look at the store and the destination',
  },
  Suspended: {
    kind: 'waiting',
    means: 'the source is suspended',
    remedy: 'set spec.suspend to false',
  },
  NoData: {
    kind: 'waiting',
    means: 'nothing was found where the source looks',
    remedy:
      'the message says what was seen instead; compare it with spec.store (prefix, service, lookback) and spec.scan (extensions, include, exclude, modified)',
  },
  ApiForbidden: {
    kind: 'waiting',
    means: 'the Kubernetes API refuses this to the operator',
    remedy: 'grant the right that the message names to the ServiceAccount of the operator; everything flows on by itself',
  },
  ApiRefused: {
    kind: 'waiting',
    means: 'the Kubernetes API does not accept what the operator writes',
    remedy:
      'install the CRDs that belong to this version of the operator, or make the namespace that is missing; the message names it, or the field',
  },
  ApiUnavailable: {
    kind: 'transient',
    means: 'the Kubernetes API cannot be reached, is too slow or asks to wait',
    remedy: 'nothing to do once it is up: everything flows on by itself',
  },
  ObjectChanged: {
    kind: 'transient',
    means: 'an object was changed, created or deleted by somebody else in the same moment',
    remedy: 'nothing to do: it is read and tried again',
  },
  LeaseLost: {
    kind: 'transient',
    means: 'this process could not renew its Lease in time, or somebody else took it',
    remedy: 'nothing to do: it starts over; if it comes back, look at the CPU limit of the operator and the health of the Kubernetes API',
  },
  InternalError: {
    kind: 'transient',
    means: 'the operator made a mistake',
    remedy: 'report it together with what the operator logged at this moment',
  },
} as const satisfies Record<string, ReasonRow>;

/** transient: try again soon. waiting: somebody must act, nothing is used up. terminal: trying again cannot help. */
export type FailureKind = 'transient' | 'waiting' | 'terminal';

export type ReasonRow = { readonly kind: FailureKind; readonly side?: Side; readonly means: string; readonly remedy: string };

/** Whose trouble it is, where it is not that of a single file or of the operator. */
export type Side = 'store' | 'destination';

export type Reason = keyof typeof reasons;
