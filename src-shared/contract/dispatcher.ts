import { AppError } from '../errors/app-error.ts';
import { requestCancelled } from './cancelled.ts';
import { requests } from './contract.ts';
import type { CheckedParams, EventName, EventPayload, RequestName, RequestResult } from './contract.ts';
import type { RequestProgress } from './transport.ts';
import { issuesText } from '../text/issue-text.ts';
import type { Transport } from './transport.ts';

/** Minimum time between progress frames of one request with the same activity. */
const PROGRESS_MS = 100;

export interface RequestContext {
  /** Who asks; events caused by a request may leave it out. */
  readonly connection: Transport;
  /** Aborted when the window aborts the request or its connection is lost. A handler may ignore it. */
  readonly signal: AbortSignal;
  onProgress(progress: RequestProgress): void;
}

export type Handlers = {
  readonly [Name in RequestName]: (
    params: CheckedParams<Name>,
    context: RequestContext,
  ) => RequestResult<Name> | Promise<RequestResult<Name>>;
};

/** Core's side of the contract, for any number of connections. */
export interface Dispatcher {
  /** Answers this connection until it is lost. @returns A function that ends it sooner. */
  connect(transport: Transport): () => void;
  /** Sends an event to every connection but `except`. */
  emit<Name extends EventName>(name: Name, payload: EventPayload<Name>, except?: Transport): void;
}

/** Sends an event to every window but `except`. */
export type Emit = Dispatcher['emit'];

/**
 * Checks parameters, and turns whatever a handler throws into an error frame: one bad request
 * never ends a connection. An aborted request is answered at once, also if its handler ignores the signal. Results and events are checked by the client, which receives them.
 */
export function createDispatcher(handlers: Handlers): Dispatcher {
  const connections = new Set<Transport>();

  const answer = async (name: string, params: unknown, context: RequestContext): Promise<unknown> => {
    if (!isRequestName(name)) {
      throw new AppError(
        'contract/unknown-request',
        `Lamina's core has no request '${name}'. The window and the core may be of different versions: restart Lamina.`,
        { name },
      );
    }
    return answerRequest(handlers, name, params, context);
  };

  return {
    connect(transport) {
      connections.add(transport);
      const open = new Map<number, OpenRequest>();
      const endFrames = transport.onFrame((frame) => {
        if (frame.kind === 'abort') return open.get(frame.id)?.abort();
        if (frame.kind !== 'request') return;
        const { id, name, params } = frame;
        const controller = new AbortController();
        const isOpen = (): boolean => open.get(id) === request;
        const reject = (error: unknown): void => {
          if (!isOpen()) return;
          open.delete(id);
          transport.send({ kind: 'error', id, error: AppError.from(error).toJSON() });
        };
        const request: OpenRequest = {
          abort() {
            const cancelled = requestCancelled(name);
            reject(cancelled);
            controller.abort(cancelled);
          },
        };
        open.set(id, request);
        const send = limitProgress((progress) => transport.send({ kind: 'progress', id, progress }));
        const onProgress = (progress: RequestProgress): void => {
          if (isOpen()) send(progress);
        };
        answer(name, params, { connection: transport, signal: controller.signal, onProgress }).then((result) => {
          if (!isOpen()) return;
          open.delete(id);
          transport.send({ kind: 'response', id, result });
        }, reject);
      });
      const disconnect = (): void => {
        connections.delete(transport);
        endFrames();
        endConnection();
        for (const request of [...open.values()]) request.abort();
      };
      const endConnection = transport.onConnection((connected) => {
        if (!connected) disconnect();
      });
      return disconnect;
    },

    emit(name, payload, except) {
      for (const connection of connections) {
        if (connection !== except) connection.send({ kind: 'event', name, payload });
      }
    },
  };
}

interface OpenRequest {
  /** Answers with 'request/cancelled' at once, whatever the handler does. */
  abort(): void;
}

/** Leaves out progress that follows the last one too soon, unless the activity is another. */
function limitProgress(send: (progress: RequestProgress) => void): (progress: RequestProgress) => void {
  let sentAt = -Infinity;
  let activity = '';
  return (progress) => {
    const now = Date.now();
    if (progress.activity === activity && Math.abs(now - sentAt) < PROGRESS_MS) return;
    sentAt = now;
    activity = progress.activity;
    send(progress);
  };
}

function isRequestName(name: string): name is RequestName {
  return Object.hasOwn(requests, name);
}

async function answerRequest<Name extends RequestName>(
  handlers: Handlers,
  name: Name,
  params: unknown,
  context: RequestContext,
): Promise<unknown> {
  const checkedParams = requests[name].params.safeParse(params);
  if (!checkedParams.success) {
    throw new AppError(
      'contract/bad-params',
      `Request '${name}' has bad parameters: ${issuesText(checkedParams.error, params)}.`,
      {
        name,
      },
    );
  }
  return handlers[name](checkedParams.data as CheckedParams<Name>, context);
}
