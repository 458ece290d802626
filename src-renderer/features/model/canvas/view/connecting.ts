import type { Connection, IsValidConnection, OnConnectEnd } from '@xyflow/svelte';
import { connect, reconnect } from '../../../../../src-shared/document/edits/edits.ts';
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

  /** @param cancel Ends the canvas library's drawing of a connection. */
  constructor({ model, editor }: Pick<Stores, 'model' | 'editor'>, view: CanvasView, cancel: () => void) {
    this.#model = model;
    this.#editor = editor;
    this.#view = view;
    this.#cancel = cancel;
  }

  readonly isValid: IsValidConnection<FlowEdge> = ({ source, target }) => {
    const { edges } = this.#model.document;
    return source !== target && !edges.some((edge) => edge.source === source && edge.target === target);
  };

  readonly start = (): void => {
    this.#drawing = true;
    this.#abandoned = false;
  };

  /** The document takes the connection, and the canvas has it from there. */
  readonly connect = ({ source, target }: Connection): false => {
    if (!this.#abandoned) this.#model.perform(connect(this.#model.document, source, target, createId));
    return false;
  };

  readonly reconnect = (edge: FlowEdge, old: FlowEdge): false => {
    if (this.#abandoned) return false;
    const { document } = this.#model;
    // The end that stays may be at the card of a folded group.
    const known = document.edges.find(({ id }) => id === old.id);
    const source = edge.source === old.source ? known?.source : edge.source;
    const target = edge.target === old.target ? known?.target : edge.target;
    this.#model.perform(reconnect(document, old.id, source ?? edge.source, target ?? edge.target));
    return false;
  };

  /** A connection dropped on nothing asks what to put there. */
  readonly end: OnConnectEnd = (event, { fromHandle, toNode }) => {
    this.#drawing = false;
    const isThere = this.#model.document.nodes.some(({ id }) => id === fromHandle?.nodeId);
    if (fromHandle === null || toNode !== null || !isThere || this.#abandoned || !('clientX' in event)) return;
    const at = { x: event.clientX, y: event.clientY };
    const from = { nodeId: fromHandle.nodeId, end: fromHandle.type };
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
