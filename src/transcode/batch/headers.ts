import { fieldOf } from '../wire/writer.ts';

/**
 * What surrounds the spans of one ResourceSpans or ScopeSpans, as encoded fields. Both may come behind the spans in the file, so a
 * header is an object that is filled when its parts are met; `known` says that nothing can be missing any more.
 */
export type Header = {
  /** Field 1: the Resource or the InstrumentationScope. */
  head: Uint8Array;
  /** The same without tag and length. */
  message: Uint8Array;
  /** Field 3: the schema URL. */
  url: Uint8Array;
  /** Unknown fields of a protobuf file, byte for byte. */
  extra: Uint8Array;
  hasHead: boolean;
  hasUrl: boolean;
  known: boolean;
};

const nothing = new Uint8Array(0);

export const newHeader = (): Header => ({
  head: nothing,
  message: nothing,
  url: nothing,
  extra: nothing,
  hasHead: false,
  hasUrl: false,
  known: false,
});

export const headerSize = (header: Header): number => header.head.length + header.url.length + header.extra.length;

/** Both parts were seen: what follows can only repeat them. */
export const complete = (header: Header): boolean => header.known || (header.hasHead && header.hasUrl);

/** Where a file has many documents, the same message comes again and again. Nobody writes into a header. */
let last: { readonly message: Uint8Array; readonly field: Uint8Array } = { message: nothing, field: nothing };

export function setHead(header: Header, message: Uint8Array): void {
  if (message !== last.message) last = { message, field: fieldOf(0x0a, message) };
  header.head = last.field;
  header.message = message;
  header.hasHead = true;
}

export function setUrl(header: Header, url: Uint8Array): void {
  header.url = url.length === 0 ? nothing : fieldOf(0x1a, url);
  header.hasUrl = true;
}

export function addExtra(header: Header, field: Uint8Array): void {
  header.extra = Buffer.concat([header.extra, field]);
}

/** Takes over what a look ahead has found. It stands further behind, and the last one counts. */
export function complement(header: Header, found: Header): void {
  if (found.hasHead) {
    header.head = found.head;
    header.message = found.message;
  }
  if (found.hasUrl) header.url = found.url;
  if (found.extra.length > 0) header.extra = Buffer.concat([header.extra, found.extra]);
  header.hasHead ||= found.hasHead;
  header.hasUrl ||= found.hasUrl;
  header.known = true;
}
