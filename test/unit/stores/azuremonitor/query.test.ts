import { expect, test } from 'vitest';
import { eventsQuery, spansQuery } from '../../../../src/stores/azuremonitor/query.ts';
import { sliceOf } from '../../../../src/stores/slices/grid.ts';

const slice = sliceOf('2026-11-20T10:00:00Z/PT1M');

test('spans are asked for by the time of their ingestion, from where the page before ended', () => {
  const after = { ingestedAt: '2026-11-20T10:00:30.1234567Z', id: 'b7ad6b7169203331' };
  expect(spansQuery(slice, 'checkout-agents', after)).toMatchInlineSnapshot(`
    "union isfuzzy=true (datatable(Id:string, IngestedAt:datetime)[]), (AppRequests | extend IngestedAt = ingestion_time(), ItemTable = "AppRequests" | where IngestedAt >= datetime(2026-11-20T10:00:00.000Z) and IngestedAt < datetime(2026-11-20T10:01:00.000Z) | where AppRoleName == "checkout-agents"), (AppDependencies | extend IngestedAt = ingestion_time(), ItemTable = "AppDependencies" | where IngestedAt >= datetime(2026-11-20T10:00:00.000Z) and IngestedAt < datetime(2026-11-20T10:01:00.000Z) | where AppRoleName == "checkout-agents")
    | where IngestedAt > datetime(2026-11-20T10:00:30.1234567Z) or (IngestedAt == datetime(2026-11-20T10:00:30.1234567Z) and Id > "b7ad6b7169203331")
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
    | order by IngestedAt asc, ParentId asc, TimeGenerated asc
    | extend Row = row_number()
    | where Row > 5000
    | take 5000
    | project TimeGenerated = column_ifexists("TimeGenerated", datetime(null)), ParentId = column_ifexists("ParentId", ""), OperationId = column_ifexists("OperationId", ""), ExceptionType = column_ifexists("ExceptionType", ""), OuterMessage = column_ifexists("OuterMessage", ""), InnermostMessage = column_ifexists("InnermostMessage", ""), Details = column_ifexists("Details", dynamic(null)), Message = column_ifexists("Message", ""), SeverityLevel = column_ifexists("SeverityLevel", int(null)), Properties = column_ifexists("Properties", dynamic(null)), ItemTable = column_ifexists("ItemTable", ""), IngestedAt = column_ifexists("IngestedAt", datetime(null))"
  `);
});
