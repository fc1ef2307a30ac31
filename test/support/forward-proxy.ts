import { createServer, request as httpRequest } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

/** An HTTP proxy on 127.0.0.1, as a company has one between its cluster and the world. */
export type ForwardProxy = {
  readonly url: string;
  /** What it was asked for, in order: method and URL without its query. */
  readonly asked: readonly string[];
  /** Answers so to every tunnel that is asked for from now on. */
  readonly refuse: (status: number) => void;
  readonly close: () => Promise<void>;
};

/** Starts a proxy that leads every name to one server, so that names need not exist. */
export async function startForwardProxy(target: string): Promise<ForwardProxy> {
  const { hostname, port } = new URL(target);
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const url = request.url ?? '';
    asked.push(`${request.method} ${url.replace(/\?.*/, '')}`);
    // The path as it came: parsing would fold dots in a key.
    const path = url.replace(/^https?:\/\/[^/]+/, '');
    const onward = httpRequest({ host: hostname, port, method: request.method, path, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  let refusal: number | undefined;
  server.on('connect', ({ url = '' }, socket) => {
    asked.push(`CONNECT ${url}`);
    if (refusal !== undefined) return socket.end(`HTTP/1.1 ${refusal} no\r\n\r\n`);
    const onward = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
    // Each side may go without a word, and a server waits for its last connection.
    socket.on('close', () => onward.destroy());
    onward.on('close', () => socket.destroy());
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  const refuse = (status: number) => {
    refusal = status;
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, refuse, close };
}
