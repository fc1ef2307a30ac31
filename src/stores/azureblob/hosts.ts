/** Public cloud with and without DNS zones, US Government, China. */
const suffixes = [
  '.blob.core.windows.net',
  '.blob.storage.azure.net',
  '.blob.core.usgovcloudapi.net',
  '.blob.core.chinacloudapi.cn',
] as const;

/** Whether a bearer token may go there: only to hosts that Microsoft alone can hold, and never over plain HTTP. */
export function isAzure(serviceUrl: string): boolean {
  const { protocol, port, hostname } = new URL(serviceUrl);
  return protocol === 'https:' && port === '' && suffixes.some((suffix) => hostname.endsWith(suffix));
}
