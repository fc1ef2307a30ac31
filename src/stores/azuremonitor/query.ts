import type { Slice } from '../slices/grid.ts';

/** Rows of a page: far below what the service gives at most (500,000), so that a page fits into memory. */
export const PAGE_ROWS = 5_000;

/** Where the page before ended. */
export type Keyset = { readonly ingestedAt: string; readonly id: string };

const spanColumns =
  'TimeGenerated, Id, OperationId, ParentId, Name, Success, ResultCode, DurationMs, Url, DependencyType, Data, Target, ' +
  'AppRoleName, AppRoleInstance, AppVersion, Properties, Measurements, _ResourceId, ItemTable, IngestedAt';

const eventColumns =
  'TimeGenerated, ParentId, OperationId, ExceptionType, OuterMessage, InnermostMessage, Details, Message, SeverityLevel, Properties, ItemTable, IngestedAt';

/**
 * Spans that were ingested in a slice. A row's ingestion time never changes, and a late row has a late one, so slices by it have no
 * overlap of their own.
 */
export function spansQuery(slice: Slice, service: string | undefined, after: Keyset | undefined): string {
  return [
    union(['AppRequests', 'AppDependencies'], `${ingested(slice)}${named(service)}`, 'Id:string, IngestedAt:datetime'),
    ...(after
      ? // Text has no order in KQL but that of strcmp.
        [
          `where IngestedAt > datetime(${after.ingestedAt}) or (IngestedAt == datetime(${after.ingestedAt}) and strcmp(Id, "${after.id}") > 0)`,
        ]
      : []),
    'order by IngestedAt asc, Id asc',
    `take ${PAGE_ROWS}`,
    `project ${columns(spanColumns)}`,
  ].join('\n| ');
}

/** Exceptions, and traces where they are asked for, of the spans of a slice, whenever they were ingested. */
export function eventsQuery(slice: Slice, service: string | undefined, appTraces: boolean, skip: number): string {
  const spans = `let spans = ${union(['AppRequests', 'AppDependencies'], `${ingested(slice)}${named(service)}`, 'Id:string')}\n| project Id;\n`;
  const rows = union(
    ['AppExceptions', ...(appTraces ? ['AppTraces'] : [])],
    '| where ParentId in (spans)',
    'ParentId:string, IngestedAt:datetime',
  );
  return `${spans}${rows}\n| ${[
    // Rows are counted over pages, so all that differ need an order.
    'extend Tie = hash(tostring(pack_all()))',
    'order by IngestedAt asc, ParentId asc, TimeGenerated asc, Tie asc',
    'extend Row = row_number()',
    `where Row > ${skip}`,
    `take ${PAGE_ROWS}`,
    `project ${columns(eventColumns)}`,
  ].join('\n| ')}`;
}

/** Costs next to nothing, and needs the same right as everything else. */
export const PROBE_QUERY =
  'union isfuzzy=true (datatable(Id:string)[]), (AppRequests | take 1 | project Id), (AppDependencies | take 1 | project Id)\n| take 1';

/** A workspace without one of the tables has no spans of that kind; one with none of them has no spans. */
const union = (tables: readonly string[], rest: string, none: string): string =>
  `union isfuzzy=true (datatable(${none})[]), ${tables
    .map((table) => `(${table} | extend IngestedAt = ingestion_time(), ItemTable = "${table}" ${rest})`)
    .join(', ')}`;

const ingested = ({ from, to }: Slice): string =>
  `| where IngestedAt >= datetime(${new Date(from).toISOString()}) and IngestedAt < datetime(${new Date(to).toISOString()})`;

/** `==` compares with regard to case. The schema takes no quotes and backslashes in a name. */
const named = (service: string | undefined): string => (service === undefined ? '' : ` | where AppRoleName == "${service}"`);

/** A column that no table of the union has is empty rather than an error. */
const columns = (names: string): string =>
  names
    .split(', ')
    .map((name) => `${name} = column_ifexists("${name}", ${nothing[name] ?? '""'})`)
    .join(', ');

/** Columns that are no text, with what stands for nothing there. */
const nothing: Readonly<Record<string, string>> = {
  TimeGenerated: 'datetime(null)',
  IngestedAt: 'datetime(null)',
  DurationMs: 'real(null)',
  Success: 'bool(null)',
  SeverityLevel: 'int(null)',
  Properties: 'dynamic(null)',
  Measurements: 'dynamic(null)',
  Details: 'dynamic(null)',
};
