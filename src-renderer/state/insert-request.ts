import type { Position } from '../../src-shared/document/edits/edits.ts';

/** A wish to insert a layer at a place of the canvas. */
export interface InsertRequest {
  /** What was typed so far. */
  readonly query: string;
  /** Where the list opens, in window pixels. */
  readonly at: Position;
  /** Where the card goes, in canvas pixels; null: where a layer of the palette would go. */
  readonly place: Position | null;
  /** The node whose handle was dragged here, and which of its ends; null where none was. */
  readonly from: { readonly nodeId: string; readonly end: 'source' | 'target' } | null;
  /** The connection that the layer goes into. */
  readonly edge?: string;
}
