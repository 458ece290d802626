import { AppError } from '../errors/app-error.ts';
import { requests } from './contract.ts';
import type { CheckedParams, EventName, EventPayload, RequestName, RequestResult } from './contract.ts';
import { issuesText } from '../text/issue-text.ts';
import type { Transport } from './transport.ts';

/** Who asks; events caused by a request may leave its connection out. */
export interface RequestContext {
  readonly connection: Transport;
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
 * never ends a connection. Results and events are checked by the client, which receives them.
 */
export function createDispatcher(handlers: Handlers): Dispatcher {
  const connections = new Set<Transport>();

  const answer = async (name: string, params: unknown, connection: Transport): Promise<unknown> => {
    if (!isRequestName(name)) {
      throw new AppError(
        'contract/unknown-request',
        `Lamina's core has no request '${name}'. The window and the core may be of different versions: restart Lamina.`,
        { name },
      );
    }
    return answerRequest(handlers, name, params, { connection });
  };

  return {
    connect(transport) {
      connections.add(transport);
      const endFrames = transport.onFrame((frame) => {
        if (frame.kind !== 'request') return;
        const { id } = frame;
        answer(frame.name, frame.params, transport).then(
          (result) => transport.send({ kind: 'response', id, result }),
          (error: unknown) => transport.send({ kind: 'error', id, error: AppError.from(error).toJSON() }),
        );
      });
      const disconnect = (): void => {
        connections.delete(transport);
        endFrames();
        endConnection();
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
