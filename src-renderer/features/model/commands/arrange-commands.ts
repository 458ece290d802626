import { align, distribute, type Alignment } from '../../../../src-shared/document/geometry/align.ts';
import type { Stores } from '../../../state/stores.ts';
import { NEEDS_MODEL, type Command } from '../../../commands/command.ts';

const alignments: readonly { to: Alignment; title: string; key: string }[] = [
  { to: 'left', title: 'Align to the left', key: 'ArrowLeft' },
  { to: 'centre', title: 'Align in one column', key: 'C' },
  { to: 'right', title: 'Align to the right', key: 'ArrowRight' },
  { to: 'top', title: 'Align to the top', key: 'ArrowUp' },
  { to: 'middle', title: 'Align in one row', key: 'R' },
  { to: 'bottom', title: 'Align to the bottom', key: 'ArrowDown' },
];

/** Bringing several cards into order. */
export function arrangeCommands({ model, editor, steps }: Pick<Stores, 'model' | 'editor' | 'steps'>): Command[] {
  const needs = (count: number) => () => {
    if (steps.current !== 'model') return NEEDS_MODEL;
    return editor.selectedNodes.length < count ? `Select ${count} or more layers first.` : null;
  };
  return [
    ...alignments.map(({ to, title, key }): Command => ({
      id: `arrange.${to}`,
      title,
      group: 'Model',
      keys: [`Alt+Shift+${key}`],
      blocked: needs(2),
      run: () => model.perform(align(model.document, editor.selectedNodes, to)),
    })),
    ...(['x', 'y'] as const).map((axis): Command => ({
      id: `arrange.distribute-${axis}`,
      title: axis === 'x' ? 'Distribute from left to right' : 'Distribute from top to bottom',
      group: 'Model',
      blocked: needs(3),
      run: () => model.perform(distribute(model.document, editor.selectedNodes, axis)),
    })),
  ];
}
