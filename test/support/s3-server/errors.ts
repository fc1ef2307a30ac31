/** An error as S3 and STS answer it. */
export class S3Error extends Error {
  readonly status: number;
  readonly code: string;
  /** Further elements of the XML body: `Region`, `Endpoint` … */
  readonly more: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    more: Readonly<Record<string, string>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.more = more;
    this.headers = headers;
  }
}

/** The XML body of an S3 error. */
export const s3ErrorBody = ({ code, message, more }: S3Error, resource: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${element('Code', code)}${element('Message', message)}${Object.entries(more)
    .map(([name, value]) => element(name, value))
    .join('')}${element('Resource', resource)}${element('RequestId', 'SPANFERRYTEST')}</Error>`;

/** The XML body of an STS error. */
export const stsErrorBody = ({ code, message, status }: S3Error): string =>
  `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>${element('Type', status < 500 ? 'Sender' : 'Receiver')}${element('Code', code)}${element('Message', message)}</Error><RequestId>SPANFERRYTEST</RequestId></ErrorResponse>`;

/** One XML element with its text. */
export const element = (name: string, text: string | number | boolean): string => `<${name}>${escapeXml(String(text))}</${name}>`;

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll('\r', '&#13;');
