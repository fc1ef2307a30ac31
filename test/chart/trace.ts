/** A trace file as an application writes it. */
export const twoSpans = JSON.stringify({
  resourceSpans: [
    {
      scopeSpans: [
        {
          spans: ['00f067aa0ba902b7', '00f067aa0ba902b8'].map((spanId) => ({
            traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
            spanId,
            name: 'agent_invocation',
            startTimeUnixNano: '1744200000000000000',
            endTimeUnixNano: '1744200005500000000',
          })),
        },
      ],
    },
  ],
});
