import type { Dispatcher } from 'undici';

/**
 * The same way to the server, with a last look at whether the request may still be sent: `fence` is called when a connection
 * is free and the next thing is the first byte, and what it throws is the answer. Before that a request may have waited for a
 * connection for as long as its process was stopped, and no timer or signal is sure to come first when it goes on.
 */
export const fenced = (via: Dispatcher, fence: () => void): Dispatcher =>
  via.compose((dispatch) => (options, handler) => dispatch(options, guarded(handler, fence)));

const guarded = (handler: Dispatcher.DispatchHandler, fence: () => void): Dispatcher.DispatchHandler => ({
  onRequestStart: (controller, context) => {
    fence();
    handler.onRequestStart?.(controller, context);
  },
  onResponseStart: (...told) => handler.onResponseStart?.(...told),
  onResponseData: (...told) => handler.onResponseData?.(...told),
  onResponseEnd: (...told) => handler.onResponseEnd?.(...told),
  onResponseError: (...told) => handler.onResponseError?.(...told),
});
