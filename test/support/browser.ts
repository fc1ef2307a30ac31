import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';

/** A page in a browser, spoken to by the DevTools protocol. */
export type Page = {
  /** The value of an expression in the page. */
  readonly value: <T>(expression: string) => Promise<T>;
  readonly click: (x: number, y: number) => Promise<void>;
  readonly drag: (from: readonly [x: number, y: number], to: readonly [x: number, y: number]) => Promise<void>;
  /** A turn of the wheel; `ctrl` zooms. */
  readonly wheel: (x: number, y: number, deltaY: number, ctrl?: boolean) => Promise<void>;
  readonly press: (key: string) => Promise<void>;
  readonly size: (width: number, height: number) => Promise<void>;
  readonly scheme: (scheme: 'light' | 'dark') => Promise<void>;
  readonly screenshot: (file: string) => Promise<void>;
  /** Every URL that the page asked for, itself included. */
  readonly requests: readonly string[];
  /** Whatever the page complained about. */
  readonly complaints: readonly string[];
};

export type Browser = { readonly open: (url: string) => Promise<Page>; readonly close: () => Promise<void> };

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--window-size=1300,700',
  '--remote-debugging-port=0',
];

/** Starts Chromium with a profile of its own; it dies with the test at the latest. */
export async function startBrowser(program: string): Promise<Browser> {
  const folder = await mkdtemp(join(tmpdir(), 'chromium-'));
  const child = spawn(program, [...flags, `--user-data-dir=${folder}`, 'about:blank'], { stdio: 'ignore' });
  const reap = () => void child.kill('SIGKILL');
  process.once('exit', reap);
  const portFile = join(folder, 'DevToolsActivePort');
  const [port] = (
    await eventually(
      () => readFile(portFile, 'utf8').catch(() => ''),
      (text) => text.includes('\n'),
      60_000,
    )
  ).split('\n');
  return {
    open: async (url) => {
      const answer = await fetch(`http://127.0.0.1:${port}/json/new?about:blank`, { method: 'PUT' });
      const { webSocketDebuggerUrl } = (await answer.json()) as { webSocketDebuggerUrl: string };
      return pageAt(webSocketDebuggerUrl, url);
    },
    close: async () => {
      process.off('exit', reap);
      await ended(child);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

type Answer = {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: unknown;
  readonly error?: { message: string };
};

async function pageAt(socketUrl: string, url: string): Promise<Page> {
  const socket = new WebSocket(socketUrl);
  await once(socket, 'open');
  const waiting = new Map<number, (answer: Answer) => void>();
  const requests: string[] = [];
  const complaints: string[] = [];
  const loaded = Promise.withResolvers<void>();
  let last = 0;
  socket.addEventListener('message', ({ data }) => {
    const answer = JSON.parse(String(data)) as Answer;
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer);
    if (answer.method === 'Network.requestWillBeSent') requests.push(String((answer.params?.request as { url?: string } | undefined)?.url));
    if (answer.method === 'Runtime.exceptionThrown' || answer.method === 'Log.entryAdded') complaints.push(JSON.stringify(answer.params));
    if (answer.method === 'Page.loadEventFired') loaded.resolve();
  });
  const send = async <T>(method: string, params: object = {}): Promise<T> => {
    const id = ++last;
    const { promise, resolve } = Promise.withResolvers<Answer>();
    waiting.set(id, resolve);
    socket.send(JSON.stringify({ id, method, params }));
    const { result, error } = await promise;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result as T;
  };
  const mouse = (type: string, [x, y]: readonly [number, number], more: object = {}) =>
    send('Input.dispatchMouseEvent', { type, x, y, button: 'left', clickCount: 1, ...more });

  for (const domain of ['Page', 'Network', 'Runtime', 'Log']) await send(`${domain}.enable`);
  await send('Page.navigate', { url });
  await loaded.promise;
  return {
    value: async <T>(expression: string) => {
      const { result, exceptionDetails } = await send<{ result: { value: T }; exceptionDetails?: object }>('Runtime.evaluate', {
        expression,
        awaitPromise: true,
        returnByValue: true,
      });
      if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
      return result.value;
    },
    click: async (x, y) => {
      await mouse('mousePressed', [x, y]);
      await mouse('mouseReleased', [x, y]);
    },
    drag: async (from, to) => {
      await mouse('mousePressed', from);
      await mouse('mouseMoved', to, { buttons: 1 });
      await mouse('mouseReleased', to);
    },
    wheel: async (x, y, deltaY, ctrl = false) =>
      void (await send('Input.dispatchMouseEvent', { type: 'mouseWheel', x, y, deltaX: 0, deltaY, modifiers: ctrl ? 2 : 0 })),
    press: async (key) => {
      // A button is pressed by the character, not by the key.
      const character = key === 'Enter' ? { code: key, windowsVirtualKeyCode: 13, text: '\r' } : {};
      await send('Input.dispatchKeyEvent', { type: 'keyDown', key, ...character });
      await send('Input.dispatchKeyEvent', { type: 'keyUp', key });
    },
    size: async (width, height) =>
      void (await send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false })),
    scheme: async (scheme) =>
      void (await send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] })),
    screenshot: async (file) => {
      const { data } = await send<{ data: string }>('Page.captureScreenshot', { format: 'png' });
      await writeFile(file, Buffer.from(data, 'base64'));
    },
    requests,
    complaints,
  };
}
