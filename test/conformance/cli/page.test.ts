import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { view } from '../../../src/cli/view.ts';
import { type Browser, type Page, startBrowser } from '../../support/browser.ts';
import { captured } from '../../support/cli/io.ts';
import { eventually } from '../../support/eventually.ts';
import { toolPath } from '../../support/tools.ts';

const chromium = toolPath('chromium');
const fixtures = new URL('../../fixtures/views/', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'spanferry-page-'));
/** To look at a page with one's own eyes, name a folder in SCREENSHOTS. */
const screenshots = process.env.SCREENSHOTS;

/** Writes the page of a trace file, as `spanferry view FILE --html` does. */
async function written(file: string, name: string): Promise<string> {
  const { io, err } = captured();
  const html = join(folder, `${name}.html`);
  const code = await view(file, { format: 'Auto', full: false, limit: 20, html }, io);
  expect({ code, err: err() }).toEqual({ code: 0, err: '' });
  return html;
}

const spanOf = (i: number, name = `execute_tool ${i}`) => ({
  traceId: '5b8efff798038103d269b633813fc60c',
  spanId: (i + 1).toString(16).padStart(16, '0'),
  ...(i > 0 && { parentSpanId: (Math.floor((i - 1) / 7) + 1).toString(16).padStart(16, '0') }),
  name,
  startTimeUnixNano: String(1_763_546_400_000_000_000n + BigInt(i) * 600_000n),
  endTimeUnixNano: String(1_763_546_400_005_000_000n + BigInt(i) * 600_000n),
});

function traceFile(name: string, spans: readonly object[]): string {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }));
  return file;
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a page is one file that only its owner may read, and names no other', async () => {
  const html = await written(`${fixtures}langgraph-agent.json`, 'agent');
  const text = readFileSync(html, 'utf8');
  expect(statSync(html).mode & 0o777).toBe(0o600);
  expect(text).not.toMatch(/(src|href)=|url\(|@import|https?:/);
  expect(text).toMatch(/content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-[^']+'"/);
});

describe.skipIf(!chromium)('in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser(chromium ?? '');
  });
  afterAll(() => browser.close());

  const open = async (html: string): Promise<Page> => browser.open(pathToFileURL(html).href);
  const details = (page: Page) => page.value<string>("document.getElementById('details').innerText");
  /** The details show it. */
  const detailed = (page: Page, words: string) =>
    eventually(
      () => details(page),
      (text) => text.includes(words),
    );
  const shot = async (page: Page, name: string) => {
    if (screenshots !== undefined) await page.screenshot(join(screenshots, `${name}.png`));
  };
  /**
   * How many different colours a row of pixels of the chart has: more than one where something is drawn. It is read from
   * a copy, since Chromium complains in the name of the page about a canvas that is read twice.
   */
  const coloursAt = (page: Page, y: number) =>
    page.value<number>(`(() => {
      const chart = document.getElementById('rows');
      if (chart.width === 0) return 0;
      const copy = new OffscreenCanvas(chart.width, 1).getContext('2d', { willReadFrequently: true });
      copy.drawImage(chart, 0, ${-y});
      return new Set(new Uint32Array(copy.getImageData(0, 0, chart.width, 1).data.buffer)).size;
    })()`);
  /** The first span stands there. */
  const drawn = (page: Page) =>
    eventually(
      () => coloursAt(page, 11),
      (many) => many > 3,
    );

  test('an agent run is drawn, asks for nothing but itself, and complains about nothing', async () => {
    const page = await open(await written(`${fixtures}langgraph-agent.json`, 'drawn'));
    await drawn(page);
    expect(await coloursAt(page, 11)).toBeGreaterThan(3);
    expect(await page.value("document.getElementById('facts').textContent")).toBe(
      '2025-11-19 10:00:00.000 UTC · 6.41 s · 9 spans · 1 with an error',
    );
    expect(page.requests).toHaveLength(1);
    expect(page.complaints).toEqual([]);
    await shot(page, 'agent-light');
  });

  test('a click shows a span; prompts and answers are folded until somebody unfolds them', async () => {
    const page = await open(await written(`${fixtures}langgraph-agent.json`, 'clicked'));
    await drawn(page);
    const top = await page.value<number>("document.getElementById('rows').getBoundingClientRect().top");
    await page.click(200, top + 2.5 * 22);
    await detailed(page, 'chat gpt-4o');
    expect(await details(page)).toContain('1204');
    expect(await page.value("document.querySelectorAll('#details details[open]').length")).toBe(0);
    expect(await page.value("document.querySelectorAll('#details details').length")).toBeGreaterThan(1);
    await page.value("document.querySelector('#details details').open = true");
    await eventually(
      () => page.value<number>("document.querySelectorAll('#details details p').length"),
      (many) => many === 1,
    );
    await shot(page, 'agent-details');
  });

  test('the wheel zooms around the mouse, and dragging over the scale fills the chart; Fit shows all again', async () => {
    const page = await open(await written(`${fixtures}langgraph-agent.json`, 'zoomed'));
    await drawn(page);
    const picture = () => page.value<string>("document.getElementById('axis').toDataURL()");
    const before = await picture();
    await page.wheel(900, 200, -400, true);
    const zoomed = await eventually(picture, (now) => now !== before);
    await page.drag([600, 55], [700, 55]);
    await eventually(picture, (now) => now !== zoomed);
    await shot(page, 'agent-zoomed');
    await page.value("document.getElementById('fit').click()");
    await eventually(picture, (now) => now === before);
  });

  test('keys walk, fold and unfold; the search finds and reveals', async () => {
    const page = await open(await written(`${fixtures}langgraph-agent.json`, 'keys'));
    const height = () => page.value<number>("document.getElementById('height').clientHeight");
    await eventually(height, (now) => now === 9 * 22);
    await page.press('ArrowDown');
    await page.press('Enter');
    await eventually(height, (now) => now === 22);
    await page.value(
      "(() => { const s = document.getElementById('search'); s.value = 'SELECT'; s.dispatchEvent(new Event('input')); s.focus(); })()",
    );
    expect(await page.value("document.getElementById('found').textContent")).toBe('1 found');
    await page.press('Enter');
    await eventually(height, (now) => now === 9 * 22);
    expect(await details(page)).toContain('SELECT shop.orders');
  });

  test('keys that belong to the browser, to a button or to a folded prompt stay theirs', async () => {
    const page = await open(await written(`${fixtures}langgraph-agent.json`, 'own-keys'));
    const picture = () => page.value<string>("document.getElementById('axis').toDataURL()");
    await drawn(page);
    const whole = await picture();
    const asked = (key: string, more: object, on: string) =>
      page.value<boolean>(
        `!${on}.dispatchEvent(new KeyboardEvent('keydown', { key: '${key}', cancelable: true, bubbles: true, ...${JSON.stringify(more)} }))`,
      );
    for (const key of ['+', '-', '0']) expect(await asked(key, { ctrlKey: true }, 'document.body')).toBe(false);
    expect(await asked('Enter', {}, "document.getElementById('fit')")).toBe(false);
    await page.press('ArrowDown');
    await page.press('ArrowDown');
    await page.press('ArrowDown');
    await detailed(page, 'chat gpt-4o');
    const unfolded = () => page.value<number>("document.querySelectorAll('#details details[open]').length");
    await page.value("document.querySelector('#details summary').focus()");
    await page.press('Enter');
    await eventually(unfolded, (many) => many === 1);
    expect(await asked('ArrowDown', {}, "document.querySelector('#details summary')")).toBe(false);
    expect(await details(page)).toContain('chat gpt-4o');
    await page.press('Escape');
    await eventually(
      () => page.value<string>("getComputedStyle(document.getElementById('details')).display"),
      (display) => display === 'none',
    );
    expect(await asked('+', {}, 'document.body')).toBe(true);
    await eventually(picture, (now) => now !== whole);
    await page.press('End');
    await eventually(
      () => details(page),
      (text) => text !== '',
    );
  });

  test('in a narrow window the details lie below, and names stay readable; a trace without GenAI shows none', async () => {
    const page = await open(await written(traceFile('plain.json', [spanOf(0, 'GET /cart'), spanOf(1, 'SELECT shop.cart')]), 'plain'));
    await page.size(420, 800);
    await drawn(page);
    await page.press('ArrowDown');
    await detailed(page, 'GET /cart');
    const box = (id: string) =>
      page.value<{ top: number; bottom: number; width: number }>(
        `(() => { const { top, bottom, width } = document.getElementById('${id}').getBoundingClientRect(); return { top, bottom, width }; })()`,
      );
    const [chart, below] = [await box('chart'), await box('details')];
    expect(below.top).toBeGreaterThanOrEqual(chart.bottom - 1);
    expect(chart.bottom - chart.top).toBeGreaterThan(200);
    expect(await page.value('document.documentElement.scrollWidth')).toBeLessThanOrEqual(420);
    expect(await details(page)).not.toContain('Model');
    await shot(page, 'narrow');
  });

  test('it is light or dark as the system is, and as somebody chooses', async () => {
    const page = await open(await written(`${fixtures}langgraph-agent.json`, 'themes'));
    const back = () => page.value<string>('getComputedStyle(document.body).backgroundColor');
    await page.scheme('light');
    expect(await back()).toBe('rgb(255, 255, 255)');
    await page.scheme('dark');
    expect(await back()).toBe('rgb(20, 23, 28)');
    await drawn(page);
    await shot(page, 'agent-dark');
    await page.value("document.getElementById('theme').click()");
    expect(await back()).toBe('rgb(255, 255, 255)');
  });

  test('hostile names stay text', async () => {
    const hostile = '</script><script>document.title="owned"</script><img src=x onerror="document.title=\'owned\'"><!--';
    const span = {
      ...spanOf(0, hostile),
      attributes: [
        { key: hostile, value: { stringValue: hostile } },
        { key: 'gen_ai.prompt', value: { stringValue: hostile } },
      ],
    };
    const page = await open(await written(traceFile('hostile.json', [span, spanOf(1, '%TITLE%"%DATA%"$&')]), 'hostile'));
    await drawn(page);
    await page.press('ArrowDown');
    await detailed(page, '</script>');
    await page.value("for (const each of document.querySelectorAll('details')) each.open = true");
    expect(await details(page)).toContain('onerror=');
    expect(await page.value('document.title')).toBe('hostile.json');
    expect(await page.value("document.querySelectorAll('img').length")).toBe(0);
    expect(await page.value("document.querySelectorAll('script').length")).toBe(2);
    expect(page.complaints).toEqual([]);
  });

  test('a trace of 10,000 spans stays fluid: a frame while scrolling and zooming takes far less than a tenth of a second', async () => {
    const file = traceFile(
      'large.json',
      Array.from({ length: 10_000 }, (_, i) => spanOf(i)),
    );
    const page = await open(await written(file, 'large'));
    await eventually(
      () => page.value<number>("document.getElementById('height').clientHeight"),
      (height) => height === 10_000 * 22,
    );
    // Frames while every one of them has something new to draw, the middle one of 120; a machine that is busy makes a few of them late.
    const frame = await page.value<number>(`new Promise((done) => {
      const scroll = document.getElementById('scroll');
      const wheel = () => new WheelEvent('wheel', { deltaY: -4, ctrlKey: true, cancelable: true, bubbles: true });
      const times = [];
      let last = performance.now();
      const next = (now) => {
        times.push(performance.now() - last);
        last = performance.now();
        scroll.scrollTop += 777;
        document.getElementById('axis').dispatchEvent(wheel());
        if (times.length < 120) requestAnimationFrame(next);
        else done(times.sort((a, b) => a - b)[60]);
      };
      requestAnimationFrame(next);
    })`);
    console.log(`10,000 spans: the middle frame of 120 took ${frame.toFixed(1)} ms`);
    expect(frame).toBeLessThan(100);
    await shot(page, 'large');
  });
});
