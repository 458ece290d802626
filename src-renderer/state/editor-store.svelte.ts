import type { DroppedData } from './dataset-store.svelte.ts';
import type { Position } from '../../src-shared/document/edits/edits.ts';
import type { ModelDocument, ModelNode } from '../../src-shared/document/schema/model-document.ts';
import type { ImportLoss, LayerRow, WeightMatch } from '../../src-shared/interchange/import-report.ts';
import type { Box } from '../../src-shared/document/geometry/groups.ts';

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

/** A model of a file that is not on the canvas yet. */
export interface ModelFile {
  readonly name: string;
  /** Null if something in the file was refused. */
  readonly document: ModelDocument | null;
  /** What was changed, or could not be taken over. */
  readonly losses: readonly ImportLoss[];
  /** Where the tensors of a file with weights only go in the model; null: the file has a model. */
  readonly matches: readonly WeightMatch[] | null;
  /** What became of every layer of the file. */
  readonly rows: readonly LayerRow[];
}

/** The list of layers that is open on the canvas. */
export interface InsertRequest {
  /** Text typed so far. */
  readonly query: string;
  /** Where the list opens, in window pixels. */
  readonly at: Position;
  /** Where the card goes, in canvas pixels; null: where a layer of the palette would go. */
  readonly place: Position | null;
  /** The node whose handle was dragged here, which of its ends, and the handle's port; null: none. */
  readonly from: {
    readonly nodeId: string;
    readonly end: 'source' | 'target';
    readonly port?: string | undefined;
  } | null;
  /** The connection that the layer goes into. */
  readonly edge?: string;
}

/** What was selected to open the menu. */
export type MenuSubject = 'layers' | 'group' | 'note' | 'connection' | 'canvas';

/** The menu that is open on the canvas. */
export interface MenuRequest {
  readonly on: MenuSubject;
  /** Where it opens, in window pixels. */
  readonly at: Position;
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
  insert: InsertRequest | null = $state.raw(null);
  menu: MenuRequest | null = $state.raw(null);
  /** The search for layers of the model, while it is open; another object asks for its field again. */
  find: object | null = $state.raw(null);
  /** The dialog of lines and templates is open. */
  startingPoints = $state(false);
  /** The dialog that freezes all but the last layers is open. */
  freezesAllBut = $state(false);
  /** The last layer that the dialog for pretraining trains; null: it is closed. */
  pretraining: ModelNode | null = $state.raw(null);
  /** Ids of the cuts with which the dialog for a sweep over reused layers opens; null: it is closed. */
  reuseSweep: readonly string[] | null = $state.raw(null);
  /** The model of a file that is compared with the one on the canvas. */
  comparedFile: { readonly name: string; readonly document: ModelDocument } | null = $state.raw(null);
  /** The dialog that opens a model with its weights; null: closed. */
  openingModel: { readonly dropped: DroppedData | null } | null = $state.raw(null);
  /** A file with changes to accept, or one that was refused. */
  reportedFile: ModelFile | null = $state.raw(null);
  /** The model file that was opened last, for its report. */
  openedFile: ModelFile | null = $state.raw(null);
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
