import type { Position } from '../../src-shared/document/edits/edits.ts';

/** What a menu is about. */
export type MenuSubject = 'layers' | 'group' | 'note' | 'connection' | 'canvas';

/** A wish for the menu of a place of the canvas. */
export interface MenuRequest {
  readonly on: MenuSubject;
  /** Where it opens, in window pixels. */
  readonly at: Position;
}
