/** A file as the exporter of an agent writes it, and the ids by which its spans are known again. */
export type AgentFile = { readonly text: string; readonly ids: readonly string[] };

let made = 0;

/** An OTLP document of so many spans. No two spans of a test file share an id. */
export function agentFile(spans = 2, service = 'checkout', attributes: Readonly<Record<string, string>> = {}): AgentFile {
  const ids = Array.from({ length: spans }, () => `a${(++made).toString(16).padStart(15, '0')}`);
  return { ids, text: agentDocument(ids, service, attributes) };
}

/** An OTLP document with a span for each of these ids. */
export function agentDocument(ids: readonly string[], service = 'checkout', attributes: Readonly<Record<string, string>> = {}): string {
  const resource = { attributes: pairs({ 'service.name': service, ...attributes }) };
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'langgraph' }, spans: ids.map(span) }] }] });
}

const span = (spanId: string, index: number) => ({
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId,
  ...(index > 0 && { parentSpanId: '00f067aa0ba902b7' }),
  name: index === 0 ? 'invoke_agent checkout' : 'execute_tool',
  kind: 1,
  startTimeUnixNano: `${1_744_200_000_000_000_001n + BigInt(index)}`,
  endTimeUnixNano: `${1_744_200_005_500_000_000n + BigInt(index)}`,
  attributes: pairs({ 'gen_ai.operation.name': index === 0 ? 'invoke_agent' : 'execute_tool' }),
});

const pairs = (attributes: Readonly<Record<string, string>>) =>
  Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } }));
