import type { z } from 'zod';
import { AppError } from '../errors/app-error.ts';
import { issuesText } from '../text/issue-text.ts';
import { events, requests } from './contract.ts';
import { requestCancelled } from './cancelled.ts';
import type { EventName, EventPayload, RequestName, RequestParams, RequestResult } from './contract.ts';
import type { RequestProgress } from './transport.ts';
import { Listeners } from './listeners.ts';
import type { Transport } from './transport.ts';

export interface RequestOptions {
  /** Aborts the request, which rejects at once with 'request/cancelled'. */
  readonly signal?: AbortSignal | undefined;
  /** Called at most ten times a second while the request runs. */
  readonly onProgress?: ((progress: RequestProgress) => void) | undefined;
}

/** The window's requests to core and core's events, over any transport. */
export interface LaminaClient {
  request<Name extends RequestName>(
    name: Name,
    params: RequestParams<Name>,
    options?: RequestOptions,
  ): Promise<RequestResult<Name>>;
  /** @returns A function that ends the subscription. */
  on<Name extends EventName>(name: Name, listener: (payload: EventPayload<Name>) => void): () => void;
  /** Called when the connection to core is lost and when it is back. */
  onConnection(listener: (connected: boolean) => void): () => void;
}

export interface ClientOptions {
  /**
   * Calls back once after a time and returns how to cancel it; `setTimeout` where there is
   * one. Absent: requests wait until they are answered or the connection is lost.
   */
  after?: (milliseconds: number, callback: () => void) => () => void;
  timeoutMs?: number;
  /** Of slow requests; counted from the last progress. */
  slowTimeoutMs?: number;
}

interface PendingRequest {
  /** Checks the result first. */
  resolve(result: unknown): void;
  reject(error: AppError): void;
  progress(progress: RequestProgress): void;
  /** Ends what watches the request. */
  end(): void;
}

/**
 * The window's side of the contract over any transport. Results and events are checked here, parameters by core.
 *
 * A request rejects with an AppError: core's own, 'request/cancelled' when its signal aborts,
 * 'connection/lost' when the connection breaks before the answer, 'connection/timeout' or 'contract/bad-result'. An event that breaks the
 * contract reaches no listener: the transport's frame listener throws 'contract/bad-event'.
 */
export function createClient(transport: Transport, options: ClientOptions = {}): LaminaClient {
  const { after, timeoutMs = 30_000, slowTimeoutMs = 15 * 60_000 } = options;
  const pending = new Map<number, PendingRequest>();
  const subscribers = new Map<EventName, Listeners<[unknown]>>();
  let nextId = 1;
  let lost = false;

  const settle = (id: number): PendingRequest | undefined => {
    const request = pending.get(id);
    pending.delete(id);
    request?.end();
    return request;
  };

  transport.onFrame((frame) => {
    if (frame.kind === 'response') settle(frame.id)?.resolve(frame.result);
    else if (frame.kind === 'error') settle(frame.id)?.reject(AppError.from(frame.error));
    else if (frame.kind === 'progress') pending.get(frame.id)?.progress(frame.progress);
    else if (frame.kind === 'event' && isEventName(frame.name)) {
      const listeners = subscribers.get(frame.name);
      if (listeners !== undefined && listeners.size > 0) listeners.call(checkedEvent(frame.name, frame.payload));
    }
  });

  transport.onConnection((connected) => {
    lost = !connected;
    if (connected) return;
    for (const id of [...pending.keys()]) settle(id)?.reject(connectionLost());
  });

  return {
    request<Name extends RequestName>(
      name: Name,
      params: RequestParams<Name>,
      { signal, onProgress }: RequestOptions = {},
    ): Promise<RequestResult<Name>> {
      if (signal?.aborted === true) return Promise.reject(requestCancelled(name));
      if (lost) return Promise.reject(connectionLost());
      const id = nextId++;
      const { slow, result: schema } = requests[name];
      const limitMs = slow ? slowTimeoutMs : timeoutMs;
      return new Promise((resolve, reject) => {
        const startTimeout = (): (() => void) => after?.(limitMs, timeout) ?? (() => {});
        const cancel = (error: AppError): void => {
          const request = settle(id);
          if (request === undefined) return;
          transport.send({ kind: 'abort', id });
          request.reject(error);
        };
        const timeout = (): void => cancel(timedOut(name, limitMs));
        const abort = (): void => cancel(requestCancelled(name));
        let endTimeout = startTimeout();
        const check = (result: unknown): void => {
          const checked = schema.safeParse(result);
          if (checked.success) resolve(checked.data as RequestResult<Name>);
          else reject(contractBroken('contract/bad-result', `result of '${name}'`, checked.error));
        };
        pending.set(id, {
          resolve: check,
          reject,
          progress(progress) {
            if (slow) {
              endTimeout();
              endTimeout = startTimeout();
            }
            onProgress?.(progress);
          },
          end() {
            endTimeout();
            signal?.removeEventListener('abort', abort);
          },
        });
        signal?.addEventListener('abort', abort, { once: true });
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

/** An event of a core of another version may have no name here. */
function isEventName(name: string): name is EventName {
  return Object.hasOwn(events, name);
}

function checkedEvent(name: EventName, payload: unknown): unknown {
  const checked = events[name].safeParse(payload);
  if (!checked.success) throw contractBroken('contract/bad-event', `event '${name}'`, checked.error);
  return checked.data;
}

function contractBroken(code: string, what: string, error: z.ZodError): AppError {
  return new AppError(
    code,
    `Lamina's core sent a bad ${what}: ${issuesText(error)}. The window and the core may be of different versions: restart Lamina.`,
    { what },
  );
}

function connectionLost(): AppError {
  return new AppError(
    'connection/lost',
    "The connection to Lamina's core was lost before it answered. It reconnects automatically; then try again.",
  );
}

function timedOut(name: RequestName, limitMs: number): AppError {
  return new AppError(
    'connection/timeout',
    `Lamina's core did not answer '${name}' within ${Math.round(limitMs / 1000)} seconds. Try again; if it stays so, restart Lamina.`,
    { name, limitMs },
  );
}
