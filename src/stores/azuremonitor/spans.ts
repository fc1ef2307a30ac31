import { isRecord, textIn } from '../fields.ts';
import { parseJson } from '../slices/json.ts';
import {
  type Attributes,
  double,
  type Found,
  flattened,
  type Kind,
  noSpanId,
  noTraceId,
  put,
  type SpanEvent,
  type SpanLink,
} from '../slices/otlp.ts';
import { nanosOf } from '../slices/time.ts';
import { objectAt, type Row, textAt } from './rows.ts';

/** A row of AppRequests or AppDependencies as a span, with the rows of AppExceptions and AppTraces that belong to it. */
export function found(row: Row, events: readonly Row[], inferStepTypes: boolean): Found {
  const operation = textAt(row, 'OperationId');
  const start = nanosOf(textAt(row, 'TimeGenerated')) ?? 0n;
  const properties = new Map(flattened(objectAt(row, 'Properties')));
  const attributes = attributesOf(row, properties);
  const isException = events.some(isOfException);
  const isError = row.Success === false || row.Success === 'False';
  if (inferStepTypes) put(attributes, 'spanferry.step.type', stepType(row, isException, attributes));
  return {
    resource: resourceOf(row),
    scope: { name: text(properties.get('instrumentationlibrary.name')), version: text(properties.get('instrumentationlibrary.version')) },
    span: {
      traceId: idOf(operation?.replaceAll('-', ''), 32) ?? noTraceId,
      spanId: idOf(textAt(row, 'Id'), 16) ?? noSpanId,
      parentSpanId: parentOf(row),
      name: textAt(row, 'Name') ?? 'span',
      kind: kindOf(row),
      start,
      end: start + durationOf(row),
      attributes,
      events: events.map(eventOf),
      links: linksOf(properties.get('_MS.links')),
      ...(isError && { error: { message: events.filter(isOfException).map(messageOf)[0] } }),
    },
  };
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const idOf = (id: string | undefined, digits: number): string | undefined =>
  id !== undefined && id.length === digits && /^[0-9a-f]+$/i.test(id) ? id.toLowerCase() : undefined;

/** A request that began a trace has the trace for its parent. */
function parentOf(row: Row): string | undefined {
  const parent = textAt(row, 'ParentId');
  return parent === textAt(row, 'OperationId') ? undefined : idOf(parent, 16);
}

function durationOf({ DurationMs }: Row): bigint {
  const ms = Number(DurationMs);
  return Number.isFinite(ms) && ms > 0 ? BigInt(Math.round(ms * 1_000_000)) : 0n;
}

function kindOf(row: Row): Kind {
  if (row.ItemTable === 'AppRequests') return 'server';
  const type = textAt(row, 'DependencyType') ?? '';
  if (type.startsWith('InProc')) return 'internal';
  return type.startsWith('Queue Message') ? 'producer' : 'client';
}

function resourceOf(row: Row): Attributes {
  const resource: Attributes = new Map();
  put(resource, 'service.name', textAt(row, 'AppRoleName'));
  put(resource, 'service.instance.id', textAt(row, 'AppRoleInstance'));
  put(resource, 'service.version', textAt(row, 'AppVersion'));
  put(resource, 'azure.resource.id', textAt(row, '_ResourceId'));
  put(resource, 'cloud.provider', 'azure');
  return resource;
}

const databases = /sql|postgres|mongo|redis|cassandra|cosmos|documentdb|mariadb|oracle|sqlite/i;

function attributesOf(row: Row, properties: ReadonlyMap<string, unknown>): Attributes {
  const attributes: Attributes = new Map();
  const type = textAt(row, 'DependencyType') ?? '';
  const url = textAt(row, 'Url');
  const data = textAt(row, 'Data');
  const isHttp = /^https?\b/i.test(row.ItemTable === 'AppRequests' ? (url ?? '') : type);
  put(attributes, 'cloud.trace_id', textAt(row, 'OperationId'));
  put(attributes, 'url.full', url);
  put(attributes, isHttp ? 'url.full' : databases.test(type) ? 'db.query.text' : 'azure.data', data);
  put(attributes, isHttp ? 'http.response.status_code' : 'azure.result_code', textAt(row, 'ResultCode'));
  put(attributes, 'server.address', textAt(row, 'Target'));
  put(attributes, 'azure.dependency.type', type || undefined);
  for (const [key, value] of properties) if (key !== '_MS.links' && !key.startsWith('instrumentationlibrary.')) put(attributes, key, value);
  for (const [key, value] of flattened(objectAt(row, 'Measurements'))) {
    if (Number.isFinite(Number(value)) && !attributes.has(key)) attributes.set(key, double(Number(value)));
  }
  return attributes;
}

/** `[{"operation_Id": …, "id": …}]` */
function linksOf(value: unknown): readonly SpanLink[] {
  const list = typeof value === 'string' ? parseJson(value) : value;
  if (!Array.isArray(list)) return [];
  return list.flatMap((each) => {
    const [traceId, spanId] = [idOf(textIn(each, 'operation_Id')?.replaceAll('-', ''), 32), idOf(textIn(each, 'id'), 16)];
    return traceId !== undefined && spanId !== undefined ? [{ traceId, spanId }] : [];
  });
}

const isOfException = ({ ItemTable }: Row): boolean => ItemTable === 'AppExceptions';

const messageOf = (row: Row): string | undefined => textAt(row, 'OuterMessage') ?? textAt(row, 'InnermostMessage');

function eventOf(row: Row): SpanEvent {
  const attributes: Attributes = new Map();
  if (isOfException(row)) {
    put(attributes, 'exception.type', textAt(row, 'ExceptionType'));
    put(attributes, 'exception.message', messageOf(row));
    put(attributes, 'exception.stacktrace', stackOf(row));
  } else {
    put(attributes, 'message', textAt(row, 'Message'));
    put(attributes, 'azure.severity_level', row.SeverityLevel);
  }
  for (const [key, value] of flattened(objectAt(row, 'Properties'))) put(attributes, key, value);
  return { name: isOfException(row) ? 'exception' : 'log', time: nanosOf(textAt(row, 'TimeGenerated')) ?? 0n, attributes };
}

/** Details hold each exception of the chain, with its stack as text or in parsed form. */
function stackOf(row: Row): string | undefined {
  const details = objectAt(row, 'Details');
  const first: unknown = Array.isArray(details) ? details[0] : undefined;
  if (!isRecord(first)) return undefined;
  if (typeof first.rawStack === 'string') return first.rawStack;
  return Array.isArray(first.parsedStack) && first.parsedStack.length > 0 ? JSON.stringify(first.parsedStack) : undefined;
}

function stepType(row: Row, isException: boolean, attributes: Attributes): string | undefined {
  if (isException) return 'error';
  if ([...attributes.keys()].some((key) => key.startsWith('gen_ai.'))) return 'llm';
  return row.ItemTable === 'AppDependencies' ? 'tool' : undefined;
}
