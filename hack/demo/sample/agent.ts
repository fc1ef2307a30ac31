import type { Run } from './runs.ts';
import { type Draft, type Sample, type SpanId, spanIdOf, traceIdOf } from './spans.ts';

/** Attributes of a span, as OpenTelemetry's conventions for generative AI name them. */
type Attributes = Readonly<Record<string, string | number>>;

/** A file as an agent built with LangGraph writes it: an OTLP request with one trace for each run. */
export function agentFile(runs: readonly Run[], startedAt: number): Sample {
  const traces = runs.map((run, i) => traceOf(run, startedAt + i * 90_000));
  const resourceSpans = traces.map(({ run, spans }) => ({
    resource: { attributes: attributes({ 'service.name': `${run.agent}-agent`, 'deployment.environment.name': 'production' }) },
    scopeSpans: [{ scope: { name: 'opentelemetry.instrumentation.langgraph', version: '0.52.1' }, spans }],
  }));
  const ids = traces.flatMap(({ spans }) => spans.map(({ traceId, spanId }): SpanId => `${traceId}:${spanId}`));
  return { body: Buffer.from(JSON.stringify({ resourceSpans })), spans: ids };
}

/** The same file as a careless writer would leave it: the first trace id has lost its last digit. */
export function broken({ body, spans }: Sample): Buffer {
  const traceId = spans[0]?.split(':')[0] ?? '';
  return Buffer.from(body.toString('utf8').replace(traceId, traceId.slice(0, -1)));
}

function traceOf(run: Run, startedAt: number) {
  const traceId = traceIdOf(run.question);
  const time = (ms: number): string => (BigInt(Math.round(startedAt + ms)) * 1_000_000n).toString();
  const spans = draftsOf(run).map(({ name, parent, from, to, meaning, error }, place) => ({
    traceId,
    spanId: spanIdOf(traceId, place),
    ...(parent !== undefined && { parentSpanId: spanIdOf(traceId, parent) }),
    name,
    kind: name.startsWith('chat') ? 3 : 1,
    startTimeUnixNano: time(from),
    endTimeUnixNano: time(to),
    attributes: attributes(meaning),
    ...(error !== undefined && { status: { code: 2, message: error } }),
  }));
  return { run, spans };
}

/** invoke_agent, and below it in turn: the model thinks, a tool works, until the model answers. */
function draftsOf({ agent, question, calls, answer }: Run): readonly Draft<Attributes>[] {
  const drafts: Draft<Attributes>[] = [];
  let now = 12;
  let said = [{ role: 'user', content: question }];
  const node = (name: string, ms: number, child: Omit<Draft<Attributes>, 'parent' | 'from' | 'to'>): void => {
    const parent = drafts.push({ name, parent: 0, from: now, to: now + ms + 18, meaning: { 'langgraph.node': name } });
    drafts.push({ ...child, parent, from: now + 9, to: now + 9 + ms });
    now += ms + 25;
  };
  const think = (reply: string, ms: number): void => {
    node('agent', ms, { name: 'chat gpt-4o', meaning: chat(said, reply) });
    said = [...said, { role: 'assistant', content: reply }];
  };

  for (const call of calls) {
    think(`${call.tool}(${JSON.stringify(call.arguments)})`, 700 + 11 * call.tool.length);
    node('tools', call.ms, toolSpan(call));
    said = [...said, { role: 'tool', content: JSON.stringify(call.result) }];
  }
  think(answer, 900 + 9 * answer.length);
  const root = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': agent, 'gen_ai.input.messages': messages([said[0]]) };
  return [{ name: `invoke_agent ${agent}`, from: 0, to: now, meaning: root }, ...drafts];
}

const chat = (said: readonly { readonly role: string; readonly content: string }[], reply: string): Attributes => ({
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-4o',
  'gen_ai.usage.input_tokens': 210 + said.reduce((sum, { content }) => sum + Math.ceil(content.length / 4), 0),
  'gen_ai.usage.output_tokens': Math.ceil(reply.length / 4),
  'gen_ai.input.messages': messages(said),
  'gen_ai.output.messages': messages([{ role: 'assistant', content: reply }]),
});

const toolSpan = ({ tool, arguments: given, result, error }: Run['calls'][number]) => ({
  name: `execute_tool ${tool}`,
  meaning: {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': tool,
    'gen_ai.tool.call.arguments': JSON.stringify(given),
    'gen_ai.tool.call.result': JSON.stringify(result),
  },
  ...(error !== undefined && { error }),
});

const messages = (said: readonly unknown[]): string => JSON.stringify(said);

const attributes = (values: Attributes) =>
  Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }));
