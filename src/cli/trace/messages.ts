import type { AnyValue } from './otlp.ts';
import { plain } from './values.ts';

/** Something that was said to a model, or by it. */
export type Message = { readonly role: string; readonly text: string };

/** Other names of the roles, as frameworks write them. */
const roles: Readonly<Record<string, string>> = { human: 'user', ai: 'assistant', bot: 'assistant', model: 'assistant', function: 'tool' };
const known: ReadonlySet<string> = new Set(['system', 'developer', 'user', 'assistant', 'tool', ...Object.keys(roles)]);
/** Values are nested this deep at most before they are shown as they are. */
const DEEPEST = 8;

/** The messages in an attribute: plain text, JSON in a string, a list of either, in the shape of any of the conventions. */
export const messagesOf = (value: AnyValue, role: string): readonly Message[] => fromJson(plain(value), role, 0);

function fromJson(value: unknown, role: string, depth: number): readonly Message[] {
  if (value === null || value === undefined || value === '') return [];
  if (typeof value === 'string') return fromText(value, role, depth);
  if (depth > DEEPEST || typeof value !== 'object')
    return [{ role, text: typeof value === 'object' ? JSON.stringify(value) : String(value) }];
  if (Array.isArray(value)) {
    // LangChain's short form of a message: ["user", "Where is my order?"].
    const said = value.length === 2 && typeof value[1] === 'string' ? roleOf(value[0]) : undefined;
    return said ? [{ role: said, text: value[1] as string }] : value.flatMap((each) => fromJson(each, role, depth + 1));
  }
  return fromObject(value as Readonly<Record<string, unknown>>, role, depth);
}

/** A string may hold JSON, which may hold messages. */
function fromText(text: string, role: string, depth: number): readonly Message[] {
  if (!/^\s*[[{"]/.test(text)) return [{ role, text }];
  try {
    return fromJson(JSON.parse(text), role, depth + 1);
  } catch {
    return [{ role, text }];
  }
}

function fromObject(value: Readonly<Record<string, unknown>>, role: string, depth: number): readonly Message[] {
  if (Array.isArray(value.messages)) return fromJson(value.messages, role, depth + 1);
  const wrapped = [value.inputs, value.outputs].find(isRecord);
  if (wrapped) return fromObject(wrapped, role, depth + 1);
  // LangChain writes a message as its constructor and what it was given.
  if (isRecord(value.kwargs)) return fromObject({ type: lastOf(value.id), ...value.kwargs }, role, depth + 1);
  const said = roleOf(value.role) ?? roleOf(value.type);
  const content = contentOf(value.parts ?? value.content ?? value.text);
  const text = [content, ...callsIn(value)].filter((part) => part !== '').join('\n');
  if (text !== '') return [{ role: said ?? role, text }];
  const keys = Object.keys(value);
  if (keys.length > 0 && keys.every((key) => known.has(key))) {
    return keys.flatMap((key) => fromJson(value[key], roles[key] ?? key, depth + 1));
  }
  return said ? [] : [{ role, text: JSON.stringify(value) }];
}

/** The text of a message's content: a string, or parts of several kinds. */
function contentOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return isRecord(content) ? JSON.stringify(content) : '';
  return content
    .map((part: unknown) => {
      if (typeof part === 'string') return part;
      if (!isRecord(part)) return '';
      if (part.type === 'tool_call' || part.type === 'tool_use') return call(part.name, part.arguments ?? part.input);
      const text = part.content ?? part.text ?? part.response ?? part.result;
      if (text !== undefined) return typeof text === 'string' ? text : JSON.stringify(text);
      return typeof part.type === 'string' ? `[${part.type}]` : '';
    })
    .filter((text) => text !== '')
    .join('\n');
}

/** Calls of tools beside the content, as chat APIs write them. */
function callsIn({ tool_calls }: Readonly<Record<string, unknown>>): readonly string[] {
  if (!Array.isArray(tool_calls)) return [];
  return tool_calls.filter(isRecord).map((each) => {
    const inner = isRecord(each.function) ? each.function : each;
    return call(inner.name, inner.arguments ?? inner.args);
  });
}

const call = (name: unknown, given: unknown): string =>
  `${String(name ?? 'tool')}(${typeof given === 'string' ? given : given === undefined ? '' : JSON.stringify(given)})`;

/** "user" from "user", "human", "HumanMessage". */
function roleOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const name = value.toLowerCase().replace(/message(chunk)?$/, '');
  return known.has(name) ? (roles[name] ?? name) : undefined;
}

const lastOf = (value: unknown): unknown => (Array.isArray(value) ? value.at(-1) : undefined);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
