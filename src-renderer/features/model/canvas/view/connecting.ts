import type { Connection, IsValidConnection, OnConnectEnd } from '@xyflow/svelte';
import { connect, reconnect } from '../../../../../src-shared/document/edits/edits.ts';
import type { EdgeEnds } from '../../../../../src-shared/document/schema/ports.ts';
import { allowedEnds } from '../../../../../src-shared/layers/catalog/connecting.ts';
import type { Stores } from '../../../../state/stores.ts';
import type { FlowEdge } from '../../nodes/flow-edges.ts';
import { createId } from '../../../../state/ids.ts';
import type { CanvasView } from './canvas-view.svelte.ts';

/** Drawing a connection from a handle, and drawing its end elsewhere. */
export class Connecting {
  readonly #model: Stores['model'];
  readonly #editor: Stores['editor'];
  readonly #view: CanvasView;
  readonly #cancel: () => void;
  #drawing = false;
  #abandoned = false;
  /** The connection whose end is being moved. */
  #moved: FlowEdge | null = null;

  /** @param cancel Ends the canvas library's drawing of a connection. */
  constructor({ model, editor }: Pick<Stores, 'model' | 'editor'>, view: CanvasView, cancel: () => void) {
    this.#model = model;
    this.#editor = editor;
    this.#view = view;
    this.#cancel = cancel;
  }

  readonly isValid: IsValidConnection<FlowEdge> = (connection) =>
    allowedEnds(this.#model.document, this.#endsOf(connection), this.#moved?.id) !== null;

  readonly start = (): void => {
    this.#drawing = true;
    this.#abandoned = false;
  };

  readonly startMove = (_: unknown, edge: FlowEdge): void => {
    this.#moved = edge;
  };

  readonly endMove = (): void => {
    this.#moved = null;
  };

  /** The document takes the connection, and the canvas has it from there. */
  readonly connect = (connection: Connection): false => {
    const { document } = this.#model;
    const ends = this.#abandoned ? null : allowedEnds(document, this.#endsOf(connection));
    if (ends !== null) this.#model.perform(connect(document, ends, createId));
    return false;
  };

  readonly reconnect = (edge: FlowEdge, old: FlowEdge): false => {
    if (this.#abandoned) return false;
    const { document } = this.#model;
    const ends = allowedEnds(document, this.#endsOf(edge), old.id);
    if (ends !== null) this.#model.perform(reconnect(document, old.id, ends));
    return false;
  };

  /** Ends in the document. The end of a moved connection that stays may be at the card of a folded group. */
  #endsOf(connection: Connection | FlowEdge): EdgeEnds {
    const { source, target, targetHandle } = connection;
    const moved = this.#moved;
    const known = this.#model.document.edges.find(({ id }) => id === moved?.id);
    return {
      source: (source === moved?.source ? known?.source : undefined) ?? source,
      target: (target === moved?.target ? known?.target : undefined) ?? target,
      targetPort: targetHandle ?? undefined,
    };
  }

  /** A connection dropped on nothing asks what to put there. */
  readonly end: OnConnectEnd = (event, { fromHandle, toNode }) => {
    this.#drawing = false;
    const isThere = this.#model.document.nodes.some(({ id }) => id === fromHandle?.nodeId);
    if (fromHandle === null || toNode !== null || !isThere || this.#abandoned || !('clientX' in event)) return;
    const at = { x: event.clientX, y: event.clientY };
    const from = { nodeId: fromHandle.nodeId, end: fromHandle.type, port: fromHandle.id ?? undefined };
    this.#editor.insert = { query: '', at, place: this.#view.placeAt(at), from };
  };

  /** Escape cancels a connection that is being drawn. The library reports its end when the mouse moves or is released. */
  readonly abandon = (event: KeyboardEvent): void => {
    if (!this.#drawing || event.key !== 'Escape') return;
    event.stopPropagation();
    event.preventDefault();
    this.#abandoned = true;
    this.#cancel();
  };
}
