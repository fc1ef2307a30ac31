/** What one panel shows: a query and how its lines are called. */
type Line = readonly [expr: string, legend: string];
type Panel = { readonly title: string; readonly says: string; readonly unit: string; readonly lines: readonly Line[] };

const of = 'namespace=~"$namespace", source=~"$source"';
const perSource = 'sum by (namespace, source)';
const sourceLegend = '{{namespace}}/{{source}}';
const rate = (metric: string, more = ''): string => `rate(${metric}{${of}${more}}[$__rate_interval])`;
/** The leader alone knows how sources stand; for a moment after a change there may be two that say so. */
const standing = (metric: string): string => `max by (namespace, source) (${metric}{${of}})`;

const rows: readonly (readonly [title: string, panels: readonly Panel[]])[] = [
  [
    'Throughput',
    [
      {
        title: 'Spans',
        says: 'Spans that destinations acknowledged.',
        unit: 'cps',
        lines: [[`${perSource} (${rate('spanferry_spans_total')})`, sourceLegend]],
      },
      {
        title: 'Files',
        says: 'Attempts that ended well.',
        unit: 'cps',
        lines: [[`${perSource} (${rate('spanferry_files_total', ', state="Completed"')})`, sourceLegend]],
      },
      {
        title: 'Bytes',
        says: 'Read from stores, decompressed.',
        unit: 'Bps',
        lines: [[`${perSource} (${rate('spanferry_bytes_total')})`, sourceLegend]],
      },
    ],
  ],
  [
    'What waits',
    [
      {
        title: 'Backlog',
        says: 'Files that match and have no record yet.',
        unit: 'short',
        lines: [[standing('spanferry_source_backlog_files'), sourceLegend]],
      },
      {
        title: 'Under way',
        says: 'Files with a record: waiting for their worker, or on the ferry.',
        unit: 'short',
        lines: [
          [`sum(${standing('spanferry_source_pending_files')})`, 'pending'],
          [`sum(${standing('spanferry_source_processing_files')})`, 'processing'],
        ],
      },
      {
        title: 'Oldest pending',
        says: 'How long the file that waits longest has waited.',
        unit: 's',
        lines: [[standing('spanferry_source_oldest_pending_seconds'), sourceLegend]],
      },
    ],
  ],
  [
    'What fails',
    [
      {
        title: 'Failures by reason',
        says: 'Files given up. docs/troubleshooting.md has each reason with its remedy.',
        unit: 'short',
        lines: [[`sum by (reason) (increase(spanferry_files_total{${of}, state="Failed"}[$__rate_interval]))`, '{{reason}}']],
      },
      {
        title: 'Retries and rejected spans',
        says: 'Attempts that failed by the fault of the file, and spans that were left out.',
        unit: 'cps',
        lines: [
          [`sum(${rate('spanferry_retries_total')})`, 'retries'],
          [`sum(${rate('spanferry_rejected_spans_total')})`, 'rejected spans'],
        ],
      },
      {
        title: 'Sources not ready',
        says: 'Their condition Ready says why.',
        unit: 'short',
        lines: [[`${standing('spanferry_source_ready')} == 0`, sourceLegend]],
      },
    ],
  ],
  [
    'Delivery',
    [
      {
        title: 'Latency',
        says: 'Time until a destination answered one request.',
        unit: 's',
        lines: ([0.5, 0.95, 0.99] as const).map(
          (quantile): Line => [
            `histogram_quantile(${quantile}, sum by (le) (rate(spanferry_delivery_request_duration_seconds_bucket[$__rate_interval])))`,
            `p${100 * quantile}`,
          ],
        ),
      },
      {
        title: 'Answers by status',
        says: 'Code 0 is no answer at all.',
        unit: 'cps',
        lines: [
          [
            'sum by (destination, code) (rate(spanferry_delivery_request_duration_seconds_count[$__rate_interval]))',
            '{{destination}} {{code}}',
          ],
        ],
      },
      {
        title: 'Breakers open',
        says: 'While a breaker is open, files for this destination wait and use no retries.',
        unit: 'short',
        lines: [['sum by (destination) (spanferry_delivery_breakers_open)', '{{destination}}']],
      },
    ],
  ],
  [
    'Ledger and API server',
    [
      {
        title: 'Ledger',
        says: 'Files remembered.',
        unit: 'short',
        lines: [[standing('spanferry_ledger_entries'), sourceLegend]],
      },
      {
        title: 'Size of the ledger',
        says: 'In the API server, about 16 bytes a file.',
        unit: 'bytes',
        lines: [[standing('spanferry_ledger_bytes'), sourceLegend]],
      },
      {
        title: 'API writes',
        says: 'By resource. operator.apiWritesPerSecond bounds them.',
        unit: 'cps',
        lines: [['sum by (verb, resource) (rate(spanferry_api_writes_total[$__rate_interval]))', '{{verb}} {{resource}}']],
      },
    ],
  ],
  [
    'Listing and controller',
    [
      {
        title: 'Objects listed',
        says: 'What scans cost: full ones, and those of the tail alone.',
        unit: 'cps',
        lines: [[`sum by (how) (${rate('spanferry_listed_objects_total')})`, '{{how}}']],
      },
      {
        title: 'Time of listings',
        says: 'p95, by kind of listing.',
        unit: 's',
        lines: [[`histogram_quantile(0.95, sum by (le, how) (${rate('spanferry_listing_duration_seconds_bucket')}))`, '{{how}}']],
      },
      {
        title: 'Requests to stores',
        says: 'What the store may send a bill for.',
        unit: 'cps',
        lines: [[`sum by (operation) (${rate('spanferry_store_requests_total')})`, '{{operation}}']],
      },
      {
        title: 'Work queue',
        says: 'Sources that wait for a round, and how many replicas lead (one).',
        unit: 'short',
        lines: [
          ['sum(workqueue_depth{name="ingestionsource"})', 'depth'],
          ['sum(leader_election_master_status{name="spanferry-leader"})', 'leaders'],
        ],
      },
    ],
  ],
];

const datasource = { type: 'prometheus', uid: '$datasource' };
/** Grafana's grid has so many columns. */
const WIDTH = 24;
const HEIGHT = 8;

const panel = ({ title, says, unit, lines }: Panel, id: number, gridPos: object) => ({
  id,
  type: 'timeseries',
  title,
  description: says,
  datasource,
  gridPos,
  fieldConfig: { defaults: { unit, min: 0, custom: { fillOpacity: 10, showPoints: 'never' } }, overrides: [] },
  options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
  targets: lines.map(([expr, legendFormat], at) => ({ refId: String.fromCharCode(65 + at), datasource, expr, legendFormat, range: true })),
});

const choice = (name: string, label: string, query: string) => ({
  name,
  label,
  type: 'query',
  datasource,
  query: { query, refId: name },
  definition: query,
  includeAll: true,
  multi: true,
  allValue: '.*',
  current: { selected: true, text: ['All'], value: ['$__all'] },
  refresh: 2,
  sort: 1,
});

/** The Grafana dashboard, as Grafana imports it. */
export function dashboardText(): string {
  let id = 0;
  const panels = rows.flatMap(([title, each], row) => {
    const y = row * (HEIGHT + 1);
    const w = WIDTH / each.length;
    const head = { id: ++id, type: 'row', title, collapsed: false, gridPos: { x: 0, y, w: WIDTH, h: 1 }, panels: [] };
    return [head, ...each.map((one, at) => panel(one, ++id, { x: at * w, y: y + 1, w, h: HEIGHT }))];
  });
  const dashboard = {
    uid: 'spanferry',
    title: 'Spanferry',
    description: 'Trace files from object stores to an OpenTelemetry collector',
    tags: ['spanferry', 'opentelemetry'],
    schemaVersion: 41,
    version: 1,
    editable: true,
    timezone: 'browser',
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    templating: {
      list: [
        { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus', current: {}, refresh: 1 },
        choice('namespace', 'Namespace', 'label_values(spanferry_source_ready, namespace)'),
        choice('source', 'Source', 'label_values(spanferry_source_ready{namespace=~"$namespace"}, source)'),
      ],
    },
    panels,
  };
  return `${JSON.stringify(dashboard, undefined, 2)}\n`;
}
