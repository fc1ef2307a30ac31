import { type Message, messagesOf } from './messages.ts';
import type { AnyValue, Event, Span } from './otlp.ts';
import { attributesOf, numberOfValue, textOfValue } from './values.ts';

/** What a span tells about a model, an agent or a tool. */
export type GenAi = {
  readonly model?: string;
  readonly agent?: string;
  readonly tool?: string;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  /** What was said to it, and by it, in order. */
  readonly input: readonly Message[];
  readonly output: readonly Message[];
};

type Attributes = ReadonlyMap<string, AnyValue>;

/** Where each fact is written: the OpenTelemetry conventions old and new, OpenInference, OpenLLMetry, the Vercel AI SDK. The first one wins. */
const keys = {
  model: ['gen_ai.response.model', 'gen_ai.request.model', 'llm.model_name', 'llm.request.model', 'ai.model.id', 'embedding.model_name'],
  agent: ['gen_ai.agent.name', 'agent.name'],
  tool: ['gen_ai.tool.name', 'tool.name', 'ai.toolCall.name'],
  inputTokens: ['gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens', 'llm.token_count.prompt', 'ai.usage.promptTokens'],
  outputTokens: ['gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens', 'llm.token_count.completion', 'ai.usage.completionTokens'],
  input: [
    'gen_ai.input.messages',
    'gen_ai.prompt',
    'gen_ai.llm.input.user',
    'gen_ai.tool.call.arguments',
    'gen_ai.tool.input',
    'traceloop.entity.input',
    'input.value',
    'ai.prompt.messages',
    'ai.prompt',
    'ai.toolCall.args',
  ],
  output: [
    'gen_ai.output.messages',
    'gen_ai.completion',
    'gen_ai.llm.output',
    'gen_ai.tool.call.result',
    'gen_ai.tool.output',
    'traceloop.entity.output',
    'output.value',
    'ai.response.text',
    'ai.toolCall.result',
  ],
} as const;

const indexed = {
  input: /^(gen_ai\.prompt|llm\.prompts|llm\.input_messages)\.(\d+)\.(?:message\.)?(role|content)$/,
  output: /^(gen_ai\.completion|llm\.completions|llm\.output_messages)\.(\d+)\.(?:message\.)?(role|content)$/,
} as const;

/** Reads what a span says about GenAI; undefined where it says nothing. */
export function genAiOf(span: Span): GenAi | undefined {
  const attributes = attributesOf(span.attributes);
  const events = span.events ?? [];
  const metadata = attributesOf(events.find(({ name }) => name === 'metadata')?.attributes);
  const entities = entitiesOf(attributes);
  const facts = {
    model: first(attributes, keys.model) ?? entities.find(({ type }) => /^model\.(llm|embedding)/.test(type))?.name,
    agent: first(attributes, keys.agent) ?? entities.find(({ type }) => type.startsWith('agent.') && !/^agent\.oauth/.test(type))?.name,
    tool: first(attributes, keys.tool) ?? entities.find(({ type }) => type.startsWith('tool.'))?.name,
    inputTokens: tokens(attributes, keys.inputTokens) ?? numberOfValue(metadata.get('prompt_tokens')),
    outputTokens: tokens(attributes, keys.outputTokens) ?? numberOfValue(metadata.get('completion_tokens')),
  };
  const [asks, answers] = facts.tool === undefined ? ['user', 'assistant'] : ['input', 'output'];
  const said = { input: inputOf(attributes, events, asks), output: outputOf(attributes, events, answers) };
  const nothing = Object.values(facts).every((fact) => fact === undefined) && said.input.length + said.output.length === 0;
  return nothing ? undefined : { ...defined(facts), ...said };
}

function inputOf(attributes: Attributes, events: readonly Event[], role = 'user'): readonly Message[] {
  const system = messages(attributes, ['gen_ai.system_instructions', 'gen_ai.llm.input.system'], 'system');
  const found = firstOf(
    () => messages(attributes, keys.input, role),
    () => numbered(attributes, indexed.input, role),
    () => events.flatMap((event) => eventInput(event, role)),
  );
  return [...system, ...found];
}

function outputOf(attributes: Attributes, events: readonly Event[], role = 'assistant'): readonly Message[] {
  return firstOf(
    () => messages(attributes, keys.output, role),
    () => numbered(attributes, indexed.output, role),
    () => events.flatMap((event) => eventOutput(event, role)),
  );
}

function eventInput({ name = '', attributes }: Event, asks: string): readonly Message[] {
  const said = attributesOf(attributes);
  const role = /^gen_ai\.(system|user|assistant|tool)\.message$/.exec(name)?.[1];
  if (role) return messages(said, ['content', 'gen_ai.event.content'], textOfValue(said.get('role')) ?? role);
  if (name === 'gen_ai.content.prompt') return messages(said, ['gen_ai.prompt'], 'user');
  if (name === 'gen_ai.client.inference.operation.details') return inputOf(said, []);
  return name === 'data.input' ? messages(said, ['input'], asks) : [];
}

function eventOutput({ name = '', attributes }: Event, answers: string): readonly Message[] {
  const said = attributesOf(attributes);
  if (name === 'gen_ai.choice') return messages(said, ['message', 'content', 'gen_ai.event.content'], 'assistant');
  if (name === 'gen_ai.content.completion') return messages(said, ['gen_ai.completion'], 'assistant');
  if (name === 'gen_ai.client.inference.operation.details') return outputOf(said, []);
  return name === 'data.output' ? messages(said, ['response', 'output', 'error_code'], answers) : [];
}

/** `gen_ai.prompt.0.role`, `gen_ai.prompt.0.content`, and so on, in the order of their numbers. */
function numbered(attributes: Attributes, pattern: RegExp, role: string): readonly Message[] {
  const found = new Map<number, { role?: string; content?: AnyValue }>();
  for (const [key, value] of attributes) {
    const [, , number, part] = pattern.exec(key) ?? [];
    if (number === undefined) continue;
    const message = found.get(Number(number)) ?? {};
    if (part === 'role') message.role = textOfValue(value) ?? role;
    else message.content = value;
    found.set(Number(number), message);
  }
  return [...found].sort(([a], [b]) => a - b).flatMap(([, { role: by = role, content }]) => (content ? messagesOf(content, by) : []));
}

/** Monocle numbers what takes part in a span: `entity.1.name`, `entity.1.type`. */
function entitiesOf(attributes: Attributes): readonly { readonly name: string; readonly type: string }[] {
  const entities = [];
  for (let i = 1; ; i++) {
    const type = textOfValue(attributes.get(`entity.${i}.type`));
    const name = textOfValue(attributes.get(`entity.${i}.name`));
    if (type === undefined && name === undefined) return entities;
    if (type !== undefined && name !== undefined) entities.push({ type, name });
  }
}

function first(attributes: Attributes, names: readonly string[]): string | undefined {
  for (const name of names) {
    const text = textOfValue(attributes.get(name));
    if (text !== undefined) return text;
  }
  return undefined;
}

function tokens(attributes: Attributes, names: readonly string[]): number | undefined {
  const text = first(attributes, names);
  return text === undefined ? undefined : numberOfValue({ stringValue: text });
}

const messages = (attributes: Attributes, names: readonly string[], role: string): readonly Message[] =>
  firstOf(...names.map((name) => () => (attributes.has(name) ? messagesOf(attributes.get(name)!, role) : [])));

function firstOf(...tries: readonly (() => readonly Message[])[]): readonly Message[] {
  for (const attempt of tries) {
    const found = attempt();
    if (found.length > 0) return found;
  }
  return [];
}

/** The same object without the members that are undefined. */
function defined<T extends object>(value: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as { [K in keyof T]?: NonNullable<T[K]> };
}
