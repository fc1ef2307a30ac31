import { createRequire } from 'node:module';

type Diagnostic = { readonly Severity: string; readonly Message: string; readonly Start: number; readonly Length: number };
type List<Item> = { readonly Count: number; readonly getItem: (at: number) => Item };

/** What is used of Microsoft's own parser of KQL, which is C# made into JavaScript, names and all. */
type Kusto = {
  readonly Language: {
    readonly Symbols: {
      readonly TableSymbol: { readonly $ctor7: new (name: string, schema: string) => object };
      readonly DatabaseSymbol: { readonly ctor: new (name: string, tables: readonly object[]) => object };
    };
    readonly GlobalState: { readonly Default: { readonly WithDatabase: (database: object) => object } };
    readonly KustoCode: {
      readonly ParseAndAnalyze: (
        query: string,
        globals: object,
      ) => { readonly GetDiagnostics: () => List<Diagnostic>; readonly ResultType: { readonly Columns: List<{ readonly Name: string }> } };
    };
  };
};

const require = createRequire(import.meta.url);
// Both set globals; the second needs those of the first.
require('@kusto/language-service-next/bridge.min.js');
require('@kusto/language-service-next/Kusto.Language.Bridge.min.js');
const { Kusto } = globalThis as unknown as { readonly Kusto: Kusto };

const common =
  'TimeGenerated:datetime, OperationId:string, ParentId:string, AppRoleName:string, AppRoleInstance:string, AppVersion:string, Properties:dynamic, _ResourceId:string';
const ofSpan = `${common}, Id:string, Name:string, Success:bool, ResultCode:string, DurationMs:real, Measurements:dynamic`;

/** The tables of Application Insights in a workspace, with those of their documented columns that we ask for. */
const schemas = {
  AppRequests: `(${ofSpan}, Url:string)`,
  AppDependencies: `(${ofSpan}, DependencyType:string, Data:string, Target:string)`,
  AppExceptions: `(${common}, ExceptionType:string, OuterMessage:string, InnermostMessage:string, Details:dynamic, SeverityLevel:int)`,
  AppTraces: `(${common}, Message:string, SeverityLevel:int)`,
} as const;

export type Table = keyof typeof schemas;
export const allTables = Object.keys(schemas) as readonly Table[];

/** What the parser has against a query in a workspace with these tables, and the columns of what it gives. */
export function judged(query: string, tables: readonly Table[] = allTables) {
  const { Symbols, GlobalState, KustoCode } = Kusto.Language;
  const database = new Symbols.DatabaseSymbol.ctor(
    'workspace',
    tables.map((name) => new Symbols.TableSymbol.$ctor7(name, schemas[name])),
  );
  const code = KustoCode.ParseAndAnalyze(query, GlobalState.Default.WithDatabase(database));
  const errors = all(code.GetDiagnostics()).filter(({ Severity }) => Severity === 'Error');
  return {
    errors: errors.map(({ Message, Start, Length }) => `${Message} (${query.slice(Start, Start + Length)})`),
    columns: all(code.ResultType.Columns).map(({ Name }) => Name),
  };
}

const all = <Item>(list: List<Item>): readonly Item[] => Array.from({ length: list.Count }, (_, at) => list.getItem(at));
