import { AppError } from '../errors/app-error.ts';
import type { EventName, EventPayload, LaminaClient, RequestName, RequestParams, RequestResult } from './contract.ts';
import { Listeners } from './listeners.ts';
import type { Transport } from './transport.ts';

/** Requests that read a whole data set or start a program may take long; the others answer at once. */
const slowRequests: ReadonlySet<RequestName> = new Set<RequestName>([
  'project.open',
  'dataset.detect',
  'dataset.profile',
  'dataset.prepare',
  'training.start',
  'runs.evaluate',
  'runs.predict',
  'runs.samples',
  'runs.weightChanges',
  'runs.export',
  'engines.status',
]);

export interface ClientOptions {
  /**
   * Calls back once after a time and returns how to cancel it; `setTimeout` where there is
   * one. Absent: requests wait until they are answered or the connection is lost.
   */
  after?: (milliseconds: number, callback: () => void) => () => void;
  timeoutMs?: number;
  slowTimeoutMs?: number;
}

interface PendingRequest {
  resolve(result: unknown): void;
  reject(error: AppError): void;
  cancelTimeout(): void;
}

/**
 * The window's side of the contract over any transport.
 *
 * A request rejects with an AppError: core's own, 'connection/lost' when the connection
 * breaks before the answer, or 'connection/timeout'.
 */
export function createClient(transport: Transport, options: ClientOptions = {}): LaminaClient {
  const { after, timeoutMs = 30_000, slowTimeoutMs = 15 * 60_000 } = options;
  const pending = new Map<number, PendingRequest>();
  const subscribers = new Map<string, Listeners<[unknown]>>();
  let nextId = 1;
  let lost = false;

  const settle = (id: number): PendingRequest | undefined => {
    const request = pending.get(id);
    pending.delete(id);
    request?.cancelTimeout();
    return request;
  };

  transport.onFrame((frame) => {
    if (frame.kind === 'response') settle(frame.id)?.resolve(frame.result);
    else if (frame.kind === 'error') settle(frame.id)?.reject(AppError.from(frame.error));
    else if (frame.kind === 'event') subscribers.get(frame.name)?.call(frame.payload);
  });

  transport.onConnection((connected) => {
    lost = !connected;
    if (connected) return;
    for (const id of [...pending.keys()]) settle(id)?.reject(connectionLost());
  });

  return {
    request<Name extends RequestName>(name: Name, params: RequestParams<Name>): Promise<RequestResult<Name>> {
      if (lost) return Promise.reject(connectionLost());
      const id = nextId++;
      const limitMs = slowRequests.has(name) ? slowTimeoutMs : timeoutMs;
      return new Promise((resolve, reject) => {
        const cancelTimeout = after?.(limitMs, () => settle(id)?.reject(timedOut(name, limitMs))) ?? (() => {});
        pending.set(id, { resolve: (result) => resolve(result as RequestResult<Name>), reject, cancelTimeout });
        try {
          transport.send({ kind: 'request', id, name, params });
        } catch (error) {
          settle(id)?.reject(AppError.from(error));
        }
      });
    },

    on<Name extends EventName>(name: Name, listener: (payload: EventPayload<Name>) => void): () => void {
      const listeners = subscribers.get(name) ?? new Listeners<[unknown]>();
      subscribers.set(name, listeners);
      return listeners.add((payload) => listener(payload as EventPayload<Name>));
    },

    onConnection: (listener) => transport.onConnection(listener),
  };
}

function connectionLost(): AppError {
  return new AppError(
    'connection/lost',
    "The connection to Lamina's core was lost before it answered. It reconnects by itself; try again then.",
  );
}

function timedOut(name: RequestName, limitMs: number): AppError {
  return new AppError(
    'connection/timeout',
    `Lamina's core did not answer '${name}' within ${Math.round(limitMs / 1000)} seconds. Try again; if it stays so, restart Lamina.`,
    { name, limitMs },
  );
}
