import type { Position } from '../../src-shared/document/edits/edits.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import type { Box } from '../../src-shared/document/geometry/groups.ts';
import type { InsertRequest } from './insert-request.ts';
import type { MenuRequest } from './menu-request.ts';

/** What the canvas can do for commands and panels; there while the canvas is on screen. */
export interface CanvasActions {
  fit(): void;
  zoom(direction: 1 | -1): void;
  /** Brings a node into view; with `focus` the keys go to its card. */
  reveal(nodeId: string, focus?: boolean): void;
  /** Puts a node in the middle of the view. */
  centreOn(nodeId: string): void;
  /** Opens the list of layers in the middle of the canvas. */
  insert(query: string): void;
  /** Middle of the visible part, in canvas pixels. */
  centre(): Position;
  /** The part in view, the toolbar left out, in canvas pixels. */
  view(): Box;
  focus(): void;
  /** A place of the window in canvas pixels. */
  placeAt(at: Position): Position;
  /** Opens the menu of what is selected, at its card. */
  openMenu(): void;
}

/** What a card shows at this zoom: all, a labelled block, a coloured strip. */
export type Distance = 'near' | 'far' | 'farther';

/** Selection and view of the editor; never part of the document or its history. */
export class EditorStore {
  /** In the order of the document. */
  selectedNodes: readonly string[] = $state.raw([]);
  selectedEdges: readonly string[] = $state.raw([]);
  selectedNotes: readonly string[] = $state.raw([]);
  /** The note whose words are being written on the canvas. */
  writing: string | null = $state(null);
  distance: Distance = $state('near');
  /** The list of layers that is open on the canvas. */
  insert: InsertRequest | null = $state.raw(null);
  /** The menu that is open on the canvas. */
  menu: MenuRequest | null = $state.raw(null);
  /** The search for layers of the model, while it is open; another object asks for its field again. */
  find: object | null = $state.raw(null);
  /** The dialog of lines and templates is open. */
  startingPoints = $state(false);
  /** The model of a file that is compared with the one on the canvas. */
  comparedFile: { readonly name: string; readonly document: ModelDocument } | null = $state.raw(null);
  canvas: CanvasActions | null = null;

  select(nodeIds: readonly string[], edgeIds: readonly string[] = [], noteIds: readonly string[] = []): void {
    if (!sameItems(this.selectedNodes, nodeIds)) this.selectedNodes = nodeIds;
    if (!sameItems(this.selectedEdges, edgeIds)) this.selectedEdges = edgeIds;
    if (!sameItems(this.selectedNotes, noteIds)) this.selectedNotes = noteIds;
  }

  get nothingSelected(): boolean {
    return this.selectedNodes.length + this.selectedEdges.length + this.selectedNotes.length === 0;
  }
}

function sameItems(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
