import { type Draft, type Sample, type SpanId, spanIdOf, traceIdOf } from './spans.ts';

type Meaning = {
  readonly type: string;
  readonly entity?: { readonly name: string; readonly type: string };
  readonly input?: string;
  readonly output?: string;
  readonly tokens?: readonly [prompt: number, completion: number];
};

/** A trip that somebody asks a supervisor for, who hands its parts to other agents. */
export type Trip = { readonly from: string; readonly to: string; readonly hotel: string; readonly failing?: string };

export const trips: readonly Trip[] = [
  { from: 'Zürich', to: 'Lisbon', hotel: 'Hotel Tejo' },
  { from: 'Berlin', to: 'Oslo', hotel: 'Hotel Fjord' },
  { from: 'Paris', to: 'Kyoto', hotel: '京都旅館', failing: 'No room is free on these days.' },
];

/** A file as Monocle's exporter writes it to a bucket: one span a line, in the words of its Python library. */
export function supervisorFile(trip: Trip, startedAt: number): Sample & { readonly traceId: string } {
  const traceId = traceIdOf(`trip to ${trip.to}`);
  const lines = draftsOf(trip).map((draft, place) => JSON.stringify(lineOf(draft, place, traceId, startedAt)));
  const spans = lines.map((_, place): SpanId => `${traceId}:${spanIdOf(traceId, place)}`);
  return { traceId, body: Buffer.from(`${lines.join('\n')}\n`), spans };
}

function draftsOf({ from, to, hotel, failing }: Trip): readonly Draft<Meaning>[] {
  const question = `Book me a flight from ${from} to ${to} and a room at ${hotel}.`;
  const flight = `Flight ${from}–${to} is booked.`;
  const room = failing ?? `A room at ${hotel} is booked.`;
  const error = failing === undefined ? {} : { error: failing };
  return [
    { name: 'workflow', from: 0, to: 6_900, meaning: { type: 'workflow' } },
    {
      name: 'langgraph.turn',
      parent: 0,
      from: 20,
      to: 6_870,
      meaning: { type: 'agentic.turn', input: question, output: `${flight} ${room}` },
    },
    agent('supervisor', 1, 40, 6_840, question, `${flight} ${room}`),
    model(2, 60, 1_320, question, 'transfer_to_flight_assistant', [312, 18]),
    { name: 'delegate flight_assistant', parent: 2, from: 1_330, to: 1_350, meaning: { type: 'agentic.delegation' } },
    agent('flight_assistant', 2, 1_360, 3_410, `A flight from ${from} to ${to}`, flight),
    model(5, 1_380, 2_240, `A flight from ${from} to ${to}`, `book_flight("${from}", "${to}")`, [268, 24]),
    tool('book_flight', 5, 2_250, 3_390, JSON.stringify({ from, to }), flight),
    agent('hotel_assistant', 2, 3_430, 5_620, `A room at ${hotel}`, room),
    model(8, 3_450, 4_290, `A room at ${hotel}`, `book_hotel("${hotel}")`, [254, 21]),
    { ...tool('book_hotel', 8, 4_300, 5_600, JSON.stringify({ hotel }), room), ...error },
    model(2, 5_640, 6_820, `${flight} ${room}`, `${flight} ${room}`, [402, 37]),
  ];
}

const agent = (name: string, parent: number, from: number, to: number, input: string, output: string): Draft<Meaning> => ({
  name: `agent ${name}`,
  parent,
  from,
  to,
  meaning: { type: 'agentic.invocation', entity: { name, type: 'agent.langgraph' }, input, output },
});

const tool = (name: string, parent: number, from: number, to: number, input: string, output: string): Draft<Meaning> => ({
  name: `tool ${name}`,
  parent,
  from,
  to,
  meaning: { type: 'agentic.tool.invocation', entity: { name, type: 'tool.langgraph' }, input, output },
});

const model = (parent: number, from: number, to: number, input: string, output: string, tokens: readonly [number, number]) => ({
  name: 'openai.chat.completions',
  parent,
  from,
  to,
  meaning: { type: 'inference', entity: { name: 'gpt-4o', type: 'model.llm.gpt-4o' }, input, output, tokens },
});

function lineOf({ name, parent, from, to, meaning, error }: Draft<Meaning>, place: number, traceId: string, startedAt: number) {
  const time = (ms: number): string => new Date(startedAt + ms).toISOString().replace('Z', '000Z');
  const { type, entity, input, output, tokens } = meaning;
  const event = (called: string, ms: number, attributes: object) => ({ name: called, timestamp: time(ms), attributes });
  return {
    name,
    context: { trace_id: `0x${traceId}`, span_id: `0x${spanIdOf(traceId, place)}`, trace_state: '[]' },
    kind: 'SpanKind.INTERNAL',
    parent_id: parent === undefined ? null : `0x${spanIdOf(traceId, parent)}`,
    start_time: time(from),
    end_time: time(to),
    status: error === undefined ? { status_code: 'OK' } : { status_code: 'ERROR', description: error },
    attributes: {
      'monocle_apptrace.version': '0.7.4',
      'monocle_apptrace.language': 'python',
      'span.type': type,
      'workflow.name': 'travel_supervisor',
      ...(entity && { 'entity.count': 1, 'entity.1.name': entity.name, 'entity.1.type': entity.type }),
    },
    events: [
      ...(input === undefined ? [] : [event('data.input', from, { input: [JSON.stringify({ user: input })] })]),
      ...(output === undefined ? [] : [event('data.output', to, { response: JSON.stringify({ assistant: output }) })]),
      ...(tokens ? [event('metadata', to, { prompt_tokens: tokens[0], completion_tokens: tokens[1] })] : []),
    ],
    links: [],
    resource: { attributes: { 'service.name': 'travel_supervisor' }, schema_url: '' },
  };
}
