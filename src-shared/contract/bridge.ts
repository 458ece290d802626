import { AppError } from '../errors/app-error.ts';
import type { LaminaClient } from './client.ts';
import type { RequestName, RequestParams, RequestResult } from './contract.ts';
import type { RequestProgress } from './transport.ts';

/**
 * A client whose calls can cross from Electron's preload script to the page: plain values, functions and promises.
 * An AbortSignal cannot, and an error loses its class and fields, so it rejects with AppErrorData.
 */
export interface ClientBridge extends Omit<LaminaClient, 'request'> {
  request<Name extends RequestName>(
    name: Name,
    params: RequestParams<Name>,
    /** Takes the function that aborts the request. */
    takeAbort?: (abort: () => void) => void,
    onProgress?: ((progress: RequestProgress) => void) | null,
  ): Promise<RequestResult<Name>>;
}

/** The preload script's side. */
export function bridgeOf(client: LaminaClient): ClientBridge {
  return {
    request(name, params, takeAbort, onProgress) {
      const controller = new AbortController();
      takeAbort?.(() => controller.abort());
      const options = { signal: controller.signal, ...(onProgress ? { onProgress } : {}) };
      return client
        .request(name, params, options)
        .catch((error: unknown) => Promise.reject(AppError.from(error).toJSON()));
    },
    on: (name, listener) => client.on(name, listener),
    onConnection: (listener) => client.onConnection(listener),
  };
}

/** The page's side. */
export function clientOf(bridge: ClientBridge): LaminaClient {
  return {
    request(name, params, { signal, onProgress } = {}) {
      let abort = (): void => {};
      const takeAbort = (given: () => void): void => {
        abort = given;
        if (signal?.aborted === true) abort();
      };
      const onAbort = (): void => abort();
      signal?.addEventListener('abort', onAbort, { once: true });
      return bridge
        .request(name, params, takeAbort, onProgress ?? null)
        .catch((error: unknown) => {
          throw AppError.from(error);
        })
        .finally(() => signal?.removeEventListener('abort', onAbort));
    },
    on: (name, listener) => bridge.on(name, listener),
    onConnection: (listener) => bridge.onConnection(listener),
  };
}
