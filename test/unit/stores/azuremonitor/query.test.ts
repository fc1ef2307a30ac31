import { describe, expect, test } from 'vitest';
import { eventsQuery, PROBE_QUERY, spansQuery } from '../../../../src/stores/azuremonitor/query.ts';
import { sliceOf } from '../../../../src/stores/slices/grid.ts';
import { allTables, judged, type Table } from '../../../support/platforms/kusto.ts';

const slice = sliceOf('2026-11-20T10:00:00Z/PT1M');

test('spans are asked for by the time of their ingestion, from where the page before ended', () => {
  const after = { ingestedAt: '2026-11-20T10:00:30.1234567Z', id: 'b7ad6b7169203331' };
  expect(spansQuery(slice, 'checkout-agents', after)).toMatchInlineSnapshot(`
    "union isfuzzy=true (datatable(Id:string, IngestedAt:datetime)[]), (AppRequests | extend IngestedAt = ingestion_time(), ItemTable = "AppRequests" | where IngestedAt >= datetime(2026-11-20T10:00:00.000Z) and IngestedAt < datetime(2026-11-20T10:01:00.000Z) | where AppRoleName == "checkout-agents"), (AppDependencies | extend IngestedAt = ingestion_time(), ItemTable = "AppDependencies" | where IngestedAt >= datetime(2026-11-20T10:00:00.000Z) and IngestedAt < datetime(2026-11-20T10:01:00.000Z) | where AppRoleName == "checkout-agents")
    | where IngestedAt > datetime(2026-11-20T10:00:30.1234567Z) or (IngestedAt == datetime(2026-11-20T10:00:30.1234567Z) and strcmp(Id, "b7ad6b7169203331") > 0)
    | order by IngestedAt asc, Id asc
    | take 5000
    | project TimeGenerated = column_ifexists("TimeGenerated", datetime(null)), Id = column_ifexists("Id", ""), OperationId = column_ifexists("OperationId", ""), ParentId = column_ifexists("ParentId", ""), Name = column_ifexists("Name", ""), Success = column_ifexists("Success", bool(null)), ResultCode = column_ifexists("ResultCode", ""), DurationMs = column_ifexists("DurationMs", real(null)), Url = column_ifexists("Url", ""), DependencyType = column_ifexists("DependencyType", ""), Data = column_ifexists("Data", ""), Target = column_ifexists("Target", ""), AppRoleName = column_ifexists("AppRoleName", ""), AppRoleInstance = column_ifexists("AppRoleInstance", ""), AppVersion = column_ifexists("AppVersion", ""), Properties = column_ifexists("Properties", dynamic(null)), Measurements = column_ifexists("Measurements", dynamic(null)), _ResourceId = column_ifexists("_ResourceId", ""), ItemTable = column_ifexists("ItemTable", ""), IngestedAt = column_ifexists("IngestedAt", datetime(null))"
  `);
});

test('events are asked for by the spans that they belong to', () => {
  expect(eventsQuery(slice, undefined, true, 5_000)).toMatchInlineSnapshot(`
    "let spans = union isfuzzy=true (datatable(Id:string)[]), (AppRequests | extend IngestedAt = ingestion_time(), ItemTable = "AppRequests" | where IngestedAt >= datetime(2026-11-20T10:00:00.000Z) and IngestedAt < datetime(2026-11-20T10:01:00.000Z)), (AppDependencies | extend IngestedAt = ingestion_time(), ItemTable = "AppDependencies" | where IngestedAt >= datetime(2026-11-20T10:00:00.000Z) and IngestedAt < datetime(2026-11-20T10:01:00.000Z))
    | project Id;
    union isfuzzy=true (datatable(ParentId:string, IngestedAt:datetime)[]), (AppExceptions | extend IngestedAt = ingestion_time(), ItemTable = "AppExceptions" | where ParentId in (spans)), (AppTraces | extend IngestedAt = ingestion_time(), ItemTable = "AppTraces" | where ParentId in (spans))
    | extend Tie = hash(tostring(pack_all()))
    | order by IngestedAt asc, ParentId asc, TimeGenerated asc, Tie asc
    | extend Row = row_number()
    | where Row > 5000
    | take 5000
    | project TimeGenerated = column_ifexists("TimeGenerated", datetime(null)), ParentId = column_ifexists("ParentId", ""), OperationId = column_ifexists("OperationId", ""), ExceptionType = column_ifexists("ExceptionType", ""), OuterMessage = column_ifexists("OuterMessage", ""), InnermostMessage = column_ifexists("InnermostMessage", ""), Details = column_ifexists("Details", dynamic(null)), Message = column_ifexists("Message", ""), SeverityLevel = column_ifexists("SeverityLevel", int(null)), Properties = column_ifexists("Properties", dynamic(null)), ItemTable = column_ifexists("ItemTable", ""), IngestedAt = column_ifexists("IngestedAt", datetime(null))"
  `);
});

const after = { ingestedAt: '2026-11-20T10:00:30.1234567Z', id: 'b7ad6b7169203331' };

const queries: readonly (readonly [what: string, query: string])[] = [
  ['the first page of spans', spansQuery(slice, undefined, undefined)],
  ['a later page of the spans of a service', spansQuery(slice, "it's a café | shop", after)],
  ['events', eventsQuery(slice, undefined, false, 0)],
  ['a later page of events and traces of a service', eventsQuery(slice, 'checkout-agents', true, 5_000)],
  ['the probe', PROBE_QUERY],
];

const workspaces: readonly (readonly [what: string, tables: readonly Table[]])[] = [
  ['all tables', allTables],
  ['requests alone', ['AppRequests']],
  ['no table of Application Insights', []],
];

describe("Microsoft's own parser of KQL, which knows names and types, takes every query", () => {
  test.each(workspaces.flatMap(([where, tables]) => queries.map(([what, query]) => ({ where, tables, what, query }))))(
    '$what, in a workspace with $where',
    ({ tables, query }) => {
      expect(judged(query, tables).errors).toEqual([]);
    },
  );

  test('and gives the columns that are read', () => {
    expect(judged(spansQuery(slice, undefined, after)).columns).toEqual(
      expect.arrayContaining(['Id', 'OperationId', 'IngestedAt', 'ItemTable']),
    );
  });

  test('while it would refuse what is no KQL: text, for one, has no order', () => {
    expect(judged('AppRequests | where Id > "b7ad6b7169203331"').errors).toEqual([expect.stringContaining("operator '>' is not defined")]);
    expect(judged('AppRequests | where NoSuchColumn == 1').errors).not.toEqual([]);
  });
});
